"""The pages that peers ask, over HTTP, and what is asked of peers."""

import base64

import pytest
from aiohttp.test_utils import TestClient

from node.config import Config
from node.e2ee import envelope
from node.e2ee.peers import Answer, check_answer, read_receipt
from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch, Unreachable
from node.federation.activities.shapes import CreateSealed
from node.net.asking import Asking
from node.ports import Request, Response
from node.store import tables
from node.web.activitypub.surface import surface
from node.web.routes import Call
from node.wire.api.e2ee import RemovedDevice, ref_of, url_of
from tests.e2ee.harness import Harness, befriend, commit, words
from tests.e2ee.test_key_packages import fill
from tests.e2ee.test_relay import begin, invitation, mail, pair, send
from tests.served import as_document, serve


async def _prove(call: Call, body: bytes) -> str | None:
    return call.headers.get("X-Test-Actor")


def served(harness: Harness) -> TestClient:
    config = Config(origin=harness.origin)
    return serve(surface(harness.pages.routes(_prove), config, as_document))


async def test_peers_list_and_claim_over_http(alpha: Harness, beta: Harness) -> None:
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await fill(alice)
    async with served(alpha) as client:
        listed = await client.get("/a/alice/key_packages")
        assert listed.content_type == "application/activity+json"
        assert (await listed.json())["totalItems"] == 1
        path = "/a/alice/key_packages/claim"
        unsigned = await client.post(path, json={"suite": 1})
        assert unsigned.status == 401
        signed = {"X-Test-Actor": bob.actor}
        claimed = await client.post(path, json={"suite": 1}, headers=signed)
        (found,) = (await claimed.json())["items"]
        assert found["attributedTo"] == alice.actor
        for body in (b"[]", b"x" * 5000, b'{"suite":"1"}'):
            assert (await client.post(path, data=body, headers=signed)).status in {400, 413}
        eve = {"X-Test-Actor": f"{beta.origin}/a/eve"}
        assert (await client.post(path, json={}, headers=eve)).status == 403
        assert (await client.get("/a/alice/messages", headers=signed)).status == 404
        mine = await client.get("/a/alice/messages", headers={"X-Test-Actor": alice.actor})
        assert (await mine.json())["totalItems"] == 0


async def test_a_peer_forwards_over_http(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    path = url_of(ref).removeprefix(alpha.origin)
    headers = {"X-Test-Actor": bob.actor}
    async with served(alpha) as client:
        for body, status in (
            (commit(1, b"a"), 200),
            (commit(1, b"b"), 409),
            (commit(1, b"a"), 200),
        ):
            content = base64.b64encode(body).decode()
            said = await client.post(path, json={"content": content}, headers=headers)
            assert said.status == status
            if status == 409:
                assert (await said.json())["params"]["epoch"] == 2
    assert [item.kind for item in await mail(alice)] == ["commit"]


async def test_strangers_are_looked_up_before_they_are_written_to(alpha, beta) -> None:
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await fill(bob)
    begun = await begin(alice, bob)
    assert alpha.asked == [bob.actor]
    await send(alice, begun.ref, commit(0), await invitation(alice, bob))
    await alpha.carry()
    await send(bob, begun.ref, words(1))
    assert beta.asked == [alice.actor]


async def test_a_member_whose_server_is_gone_can_be_let_go(alpha: Harness, beta: Harness) -> None:
    alice, bob, ref = await pair(alpha, beta)
    await alpha.write(tables.actors.delete().where(tables.actors.c.id == bob.actor))
    alpha.cut = True
    with pytest.raises(Unreachable):
        await send(alice, ref, words(1))
    await send(alice, ref, commit(1), removed=[RemovedDevice(actor=bob.actor)])
    await send(alice, ref, words(2))


async def test_sealed_group_info_is_kept_for_members(alpha: Harness) -> None:
    alice, bob, ref = await pair(alpha)
    await send(alice, ref, commit(1), group_info=b"sealed by the members")
    shown = (await bob.call("GET", f"/conversations/{ref}")).value
    assert shown.group_info == b"sealed by the members"
    assert shown.members == sorted([alice.actor, bob.actor])


async def test_a_welcome_without_an_address_is_taken(alpha: Harness, beta: Harness) -> None:
    alice, bob = await alpha.person("alice"), await beta.person("bob")
    await befriend(alice, bob)
    await fill(alice)
    ((_, body),) = await invitation(bob, alice)
    seen = envelope.read(body)
    object = f"{beta.origin}/o/1"
    await alpha.receive(
        CreateSealed(f"{beta.origin}/t/1", bob.actor, object, seen.label, body, (alice.actor,))
    )
    (item,) = await mail(alice)
    assert item.url == object


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Malformed),
        (403, Forbidden),
        (404, Missing),
        (409, Conflict),
        (413, TooMuch),
        (429, TooMuch),
        (500, Unreachable),
        (302, Unreachable),
    ],
)
def test_what_a_peer_refuses_is_refused_to_the_device(status, error) -> None:
    said = {"clause": "E2E-3.3", "params": {"epoch": 4, "head": "ab", "sha256": "<b>", "x": 1}}
    with pytest.raises(error) as caught:
        check_answer(Answer(status, said), "E2E-3.9")
    if status == 409:
        assert (caught.value.clause, caught.value.params) == ("E2E-3.3", {"epoch": 4, "head": "ab"})


def test_a_ruling_about_something_else_is_no_ruling() -> None:
    seen = envelope.read(commit(1))
    for said in ({}, {"group": 1}, {"epoch": -1}):
        with pytest.raises(Unreachable):
            read_receipt(Answer(200, said), seen)


def test_refs_are_addresses() -> None:
    url = "https://alpha.test/o/019b76da-a800-7080-8d42-d4a318722143"
    assert url_of(ref_of(url)) == url
    for bad in ("%", "a", "_w"):
        with pytest.raises(Missing):
            url_of(bad)


async def test_asking_signs_and_reads_objects_only() -> None:
    seen: list[tuple[str, Request]] = []

    class Fetch:
        def __init__(self, actor: str = "") -> None:
            self.actor = actor

        def named(self, actor: str) -> "Fetch":
            return Fetch(actor)

        async def fetch(self, request: Request) -> Response:
            seen.append((self.actor, request))
            body = b'{"ok":true}' if request.method == "POST" else b"<html>"
            return Response(200, request.url, {}, body)

    asking = Asking(Fetch(), None)
    assert await asking.ask("me", "https://b.test/x", {"suite": 1}) == Answer(200, {"ok": True})
    assert await asking.look("me", "https://b.test/x") == Answer(200, {})
    assert [actor for actor, _ in seen] == ["me", "me"]
    assert seen[0][1].body == b'{"suite":1}'
