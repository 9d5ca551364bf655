"""Who is suspended: what they sent before that, and lies there, is not applied any more."""

import json

import pytest
from sqlalchemy import select

from node.federation.receiving import ProvenActivity
from node.store import tables
from node.store.federation import FederationUnit
from node.testing.town import Town

HOSTS = ("evil.test", "sub.evil.test", "evil.test:8443", "notevil.test", "test.evil")


async def waiting(town: Town) -> dict[str, tuple[str, bool]]:
    """By actor: how what they sent stands, and whether its words are still there."""
    async with town.nodes["alpha.test"].node.stores.database.read() as connection:
        t = tables.arrivals.c
        found = await connection.execute(select(t.actor, t.state, t.body))
        return {row.actor: (row.state, bool(row.body)) for row in found}


async def arrive(town: Town, actor: str, whom: str) -> None:
    said = {"id": f"{actor}/f", "type": "Follow", "actor": actor, "object": whom}
    body = json.dumps(said).encode()
    proven = ProvenActivity(said["id"], said["type"], actor, said, body)
    await town.nodes["alpha.test"].node.stores.door.add(proven, again=True)


@pytest.mark.clause("FED-7.7")
async def test_what_waits_of_a_suspended_server_is_refused(town: Town) -> None:
    alice = (await town.sign_up("alice", "alpha.test")).account.actor
    units = town.nodes["alpha.test"].node.stores.units
    actors = [f"https://{host}/a/1" for host in HOSTS]
    for actor in actors:
        await arrive(town, actor, alice)
    await units.run(FederationUnit, lambda unit: unit.suspend("evil.test", suspended=True))
    refused, waits = ("refused", False), ("new", True)
    assert await waiting(town) == dict(
        zip(actors, (refused, refused, refused, waits, waits), strict=True)
    )
    await units.run(FederationUnit, lambda unit: unit.suspend("evil.test", suspended=False))
    assert (await waiting(town))[actors[0]] == refused, "what was refused does not come back"
    await units.run(FederationUnit, lambda unit: unit.suspend_actor(actors[3], suspended=True))
    assert [(await waiting(town))[actor] for actor in actors[3:]] == [refused, waits]
