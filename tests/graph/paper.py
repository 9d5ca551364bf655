"""The graph unit on tables in memory, and two nodes between which a test carries every activity."""

import json
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from node.accounts.account import Account, Role, State
from node.errors import Refused
from node.federation.activities.shapes import Activity
from node.federation.activities.table import render
from node.federation.capabilities import FRIENDSHIP
from node.graph.friendship import Friendship
from node.graph.friendship_unit import Following
from node.store import graph as sql
from node.store.unit import UnitContext
from node.testing.fakes import FakeClock, FakeEntropy
from node.testing.memory import MemoryTables
from node.testing.memory.graph import GraphUnit
from node.testing.memory.kinds import at_once
from node.testing.memory.tables import Actor
from node.testing.stores import HANDLERS


class Paper(GraphUnit):
    """The graph's unit over tables in memory, for one person of one node, who knows Ann and Bob."""

    def __init__(self, actor: str) -> None:
        origin = actor.partition("/a/")[0]
        super().__init__(
            MemoryTables(), UnitContext(origin, FakeClock(), FakeEntropy(actor), render)
        )
        self.owed: list[tuple[Activity, tuple[str, ...]]] = []
        for id in (ANN, BOB):
            self.tables.actors[id] = Actor(id, local=id == actor, capabilities=(FRIENDSHIP,))
        self.tables.accounts["account"] = Account(
            "account", "name", actor, "", "", Role.MEMBER, State.ACTIVE, self.now
        )

    def do(self, work: Callable[["Paper"], Coroutine[Any, Any, None]]) -> bool:
        """One unit: all or nothing. False when it was refused."""
        before, owed = self.tables.cut(), list(self.owed)
        try:
            at_once(work(self))
        except Refused:
            self.tables.back(before)
            self.owed = owed
            return False
        return True

    def hear(self, activity: Activity) -> bool:
        """What this room makes of it, by the node's own table."""
        (handler,) = (each for each in HANDLERS.of(activity) if each.unit is sql.GraphUnit)
        return self.do(lambda unit: handler.hear(activity, unit))

    @property
    def noticed(self) -> list[tuple[str, str]]:
        """The kinds of the notices, and who they are of."""
        return [(one.kind, one.actor) for one in self.tables.notices.values()]

    @property
    def told(self) -> list[dict[str, object]]:
        """What was told of friendships."""
        events = self.tables.events.values()
        return [json.loads(one.data) for one in events if one.kind == "friendship"]

    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None:
        self.owed.append((activity, tuple(to)))


ANN = "https://a.test/a/ann"
BOB = "https://b.test/a/bob"


class Two:
    """Ann's node and Bob's; `air` holds what one has said and the other has yet to hear."""

    def __init__(self) -> None:
        self.nodes = {ANN: Paper(ANN), BOB: Paper(BOB)}
        self.air: list[tuple[str, Activity]] = []
        self.refused: list[Activity] = []

    def do(self, who: str, command: Callable[..., Coroutine[Any, Any, None]]) -> bool:
        other = BOB if who == ANN else ANN
        done = self.nodes[who].do(lambda unit: command(unit, who, other))
        self._collect(who)
        return done

    def deliver(self, index: int, again: bool) -> None:
        """One of the activities in the air arrives; `again`: a copy stays in the air."""
        to, activity = self.air[index]
        if not again:
            del self.air[index]
        if not self.nodes[to].hear(activity):
            self.refused.append(activity)
        self._collect(to)

    def heal(self, order: Callable[[int], int]) -> None:
        """Everything in the air arrives, and all that it brings about, in any order."""
        for _ in range(2000):
            if not self.air:
                return
            self.deliver(order(len(self.air)), again=False)
        raise AssertionError("the two never stop talking")

    def friendship(self, who: str) -> Friendship:
        other = BOB if who == ANN else ANN
        return at_once(self.nodes[who].friendship(who, other))

    def follow(self, who: str, follower: str, followed: str) -> Following | None:
        """What the node of `who` knows of one following the other."""
        return at_once(self.nodes[who].following(follower, followed))

    def _collect(self, who: str) -> None:
        node = self.nodes[who]
        for activity, to in node.owed:
            self.air.extend((each, activity) for each in to if each != who)
        node.owed.clear()
