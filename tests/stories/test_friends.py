"""Two people on two nodes become friends, whatever the network does."""

import asyncio
from datetime import timedelta
from itertools import cycle
from typing import Any

import aiohttp
import pytest

from node.graph import befriending
from node.graph import friendship_states as states
from node.graph.friendship_states import View
from node.graph.friendship_unit import mutual
from node.store.friends import FriendsUnit
from node.store.graph import GraphUnit
from node.testing.town import Fate, Town


async def view(town: Town, domain: str, actor: str, other: str) -> View:
    async def look(unit: GraphUnit) -> View:
        friendship = await unit.friendship(actor, other)
        return states.view(friendship.pair, await mutual(unit, actor, other))

    return await town.nodes[domain].node.stores.units.look(GraphUnit, look)


async def ask(town: Town, actor: str, domain: str, handle: str) -> None:
    node = town.nodes[domain].node
    other = await node.lines.discovery.find(handle)
    await node.stores.units.run(
        GraphUnit, lambda unit: befriending.request(unit, actor, other.id, "hello")
    )


@pytest.mark.clause("GRA-3.1")
async def test_a_request_is_accepted_across_nodes(town: Town) -> None:
    alice = (await town.sign_up("alice", "alpha.test")).account.actor
    bob = (await town.sign_up("bob", "beta.test")).account.actor
    await ask(town, alice, "alpha.test", "@bob@beta.test")
    await town.settle()
    assert await view(town, "beta.test", bob, alice) is View.INCOMING
    units = town.nodes["beta.test"].node.stores.units
    await units.run(GraphUnit, lambda unit: befriending.accept(unit, bob, alice))
    await town.settle()
    assert await view(town, "alpha.test", alice, bob) is View.FRIEND
    assert await view(town, "beta.test", bob, alice) is View.FRIEND


@pytest.mark.clause("API-6.5")
async def test_who_was_found_but_not_asked_when_the_node_stopped_is_asked_by_the_repetition(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Discovery commits what it found; that is not what the request is about."""
    alice = await town.sign_up("alice", "alpha.test")
    bob = (await town.sign_up("bob", "beta.test")).account.actor
    units = town.nodes["alpha.test"].node.stores.units
    run, stopped = units.run, []

    async def stop_once(kind: type[Any], *more: Any, **named: Any) -> Any:
        if kind is FriendsUnit and not stopped:
            stopped.append(await units.look(FriendsUnit, lambda unit: unit.knows(bob)))
            raise asyncio.CancelledError
        return await run(kind, *more, **named)

    monkeypatch.setattr(units, "run", stop_once)
    url = f"{town.nodes['alpha.test'].url}/api/kith/v1/friends/requests"
    sent = {"Authorization": f"Bearer {alice.token}", "Idempotency-Key": "k" * 32}
    body = {"actor": "@bob@beta.test"}
    async with aiohttp.ClientSession(headers=sent) as client:
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.post(url, json=body)
        assert stopped == [True], "bob was found and kept before the node stopped"
        answers = [await client.post(url, json=body) for _ in range(2)]
        assert [answer.status for answer in answers] == [200, 200]
        assert await answers[0].read() == await answers[1].read()
    await town.settle()
    assert await view(town, "beta.test", bob, alice.account.actor) is View.INCOMING


@pytest.mark.clause("GRA-3.1")
async def test_it_survives_bob_being_away_for_a_day(town: Town) -> None:
    alice = (await town.sign_up("alice", "alpha.test")).account.actor
    bob = (await town.sign_up("bob", "beta.test")).account.actor
    node = town.nodes["alpha.test"].node
    await node.lines.discovery.find("@bob@beta.test")
    town.down.add("beta.test")
    await ask(town, alice, "alpha.test", "@bob@beta.test")
    for _ in range(24):
        await town.settle(timedelta(hours=1))
    town.down.clear()
    await town.settle(timedelta(hours=15))
    assert await view(town, "beta.test", bob, alice) is View.INCOMING


@pytest.mark.clause("GRA-3.1")
async def test_answers_that_are_lost_and_requests_that_come_twice_change_nothing(
    town: Town,
) -> None:
    alice = (await town.sign_up("alice", "alpha.test")).account.actor
    bob = (await town.sign_up("bob", "beta.test")).account.actor
    await town.nodes["alpha.test"].node.lines.discovery.find("@bob@beta.test")
    await town.nodes["beta.test"].node.lines.discovery.find("@alice@alpha.test")
    fates = cycle([Fate.UNANSWERED, Fate.TWICE, Fate.LOST, Fate.ARRIVES])
    town.weather = lambda request: next(fates) if request.method == "POST" else Fate.ARRIVES
    await ask(town, alice, "alpha.test", "@bob@beta.test")
    await ask(town, bob, "beta.test", "@alice@alpha.test")
    for _ in range(10):
        await town.settle(timedelta(hours=2))
    assert await view(town, "alpha.test", alice, bob) is View.FRIEND
    assert await view(town, "beta.test", bob, alice) is View.FRIEND
