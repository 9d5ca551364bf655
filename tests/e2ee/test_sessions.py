"""A session without a device: it is logged in, and has no part in sealed messages."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from msgspec.structs import replace

from node.store import tables
from node.wire.api import e2ee as api
from tests.e2ee.harness import GROUP, Harness, Person, words
from tests.e2ee.test_key_packages import fill

BODIES = {
    "/device/seat": api.TakeSeat(have=0, nonce=bytes(16)),
    "/key-packages": api.NewKeyPackages(packages=[]),
    "/key-packages/claim": api.ClaimRequest(actor="https://alpha.test/a/alice"),
    "/conversations": api.NewConversation(group_id=GROUP),
    "/conversations/{ref}/messages": api.NewSealed(content=words(0)),
    "/conversations/{ref}/gone": api.GoneMembers(actors=[], seq=0),
    "/mailbox/ack": api.Acknowledgement(seq=1),
}


@pytest.mark.clause("ACC-3.3", "ACC-4.1")
async def test_every_route_of_sealed_messages_needs_a_device(
    alpha: Harness, refused: Callable[[str], AbstractContextManager[None]]
) -> None:
    alice = await alpha.person("alice")
    await fill(alice)
    app = Person(alpha, replace(alice.caller, session="app", device=""))
    before = {table: await alpha.rows(table) for table in tables.METADATA.sorted_tables}
    for route in alpha.routes:
        path = route.path.replace("{ref}", api.ref_of("https://alpha.test/o/talk"))
        body = BODIES[route.path] if route.method == "POST" else None
        with refused("ACC-3.3"):
            await app.call(route.method, path, body)
    assert before == {table: await alpha.rows(table) for table in tables.METADATA.sorted_tables}
