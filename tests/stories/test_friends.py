"""Two people on two nodes become friends, whatever the network does."""

from datetime import timedelta
from itertools import cycle

import pytest

from node.graph import befriending
from node.graph.friendship_states import View
from node.graph.friendship_unit import seen_as
from node.store.graph import GraphUnit
from node.testing.town import Fate, Town


async def view(town: Town, domain: str, actor: str, other: str) -> View:
    units = town.nodes[domain].node.stores.units
    return await units.look(GraphUnit, lambda unit: seen_as(unit, actor, other))


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
