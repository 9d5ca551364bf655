"""The graph room's unit on paper, and two nodes between which a test carries every activity."""

import copy
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from node.errors import Refused
from node.federation.activities.shapes import (
    Accept,
    Activity,
    Block,
    EndFriendship,
    Follow,
    OfferFriendship,
    Reject,
    Undo,
)
from node.graph import blocking, following, hearing
from node.graph.room import Following
from node.graph.tie import Tie
from node.testing.fakes import NEW_YEAR

HANDLERS: dict[type, Callable[[Any, Any], Coroutine[Any, Any, None]]] = {
    OfferFriendship: hearing.on_offer,
    Accept: hearing.on_accept,
    Reject: hearing.on_reject,
    Undo: hearing.on_undo,
    EndFriendship: hearing.on_end,
    Block: blocking.on_block,
    Follow: following.on_follow,
}


def drive(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run what never really waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("the room waited for something that is not its unit")


@dataclass
class Rows:
    """What a node has on disk."""

    ties: dict[tuple[str, str], Tie] = field(default_factory=dict)
    follows: dict[tuple[str, str], Following] = field(default_factory=dict)
    graves: set[tuple[str, str]] = field(default_factory=set)
    owed: list[tuple[Activity, tuple[str, ...]]] = field(default_factory=list)
    told: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    notices: list[tuple[str, str]] = field(default_factory=list)
    count: int = 0


class Paper:
    """`Room` over dictionaries, for one person of one node."""

    now: datetime = NEW_YEAR

    def __init__(self, actor: str, kith: bool = True) -> None:
        self.actor = actor
        self.kith = kith  # whether all others are
        self.rows = Rows()

    def do(self, work: Callable[["Paper"], Coroutine[Any, Any, None]]) -> bool:
        """One unit: all or nothing. False when it was refused."""
        before = copy.deepcopy(self.rows)
        try:
            drive(work(self))
        except Refused:
            self.rows = before
            return False
        return True

    def hear(self, activity: Activity) -> bool:
        return self.do(lambda unit: HANDLERS[type(activity)](activity, unit))

    def mint_activity(self) -> str:
        self.rows.count += 1
        return f"{self.actor.rsplit('/', 2)[0]}/t/{self.rows.count}"

    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None:
        self.rows.owed.append((activity, tuple(to)))

    async def tell(
        self, account: str, kind: str, data: dict[str, object], device: str = ""
    ) -> None:
        self.rows.told.append((account, kind, data))

    async def account_of(self, actor: str) -> str | None:
        return "account" if actor == self.actor else None

    person = account_of

    async def owner(self, actor: str) -> str | None:
        return actor if actor == self.actor else None

    async def channel(self, actor: str) -> str:
        return ""

    async def knows(self, actor: str) -> bool:
        return True

    async def speaks_friendship(self, actor: str) -> bool:
        return self.kith or actor == self.actor

    async def tie(self, actor: str, other: str) -> Tie:
        return self.rows.ties.get((actor, other), Tie(actor, other))

    async def tie_by_offer(self, id: str, other: str) -> Tie | None:
        ties = self.rows.ties.values()
        return next((t for t in ties if id and t.our_offer == id and t.other == other), None)

    async def ties_by_statement(self, id: str, other: str) -> list[Tie]:
        return [
            tie
            for tie in self.rows.ties.values()
            if tie.other == other and id in (*tie.their_offers, *tie.their_blocks)
        ]

    async def put_tie(self, tie: Tie) -> None:
        self.rows.ties[tie.actor, tie.other] = tie

    async def following(self, follower: str, followed: str) -> Following | None:
        return self.rows.follows.get((follower, followed))

    async def following_by_id(self, id: str, follower: str) -> Following | None:
        rows = self.rows.follows.values()
        return next((row for row in rows if id in row.ids and row.follower == follower), None)

    async def following_to(self, id: str, followed: str) -> Following | None:
        row = self.rows.follows.get((self.actor, followed))
        return row if row and id in row.ids else None

    async def put_following(self, row: Following) -> None:
        self.rows.follows[row.follower, row.followed] = row

    async def drop_following(self, follower: str, followed: str) -> None:
        self.rows.follows.pop((follower, followed), None)

    async def buried(self, id: str, actor: str) -> bool:
        return (id, actor) in self.rows.graves

    async def bury(self, id: str, actor: str) -> None:
        self.rows.graves.add((id, actor))

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None:
        self.rows.notices.append((kind, actor))

    async def unnotify(self, account: str, kind: str, actor: str) -> None:
        self.rows.notices = [one for one in self.rows.notices if one != (kind, actor)]

    async def forget(self, actor: str) -> None:
        self.rows.ties = {key: tie for key, tie in self.rows.ties.items() if actor not in key}
        self.rows.follows = {key: row for key, row in self.rows.follows.items() if actor not in key}


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

    def tie(self, who: str) -> Tie:
        other = BOB if who == ANN else ANN
        return self.nodes[who].rows.ties.get((who, other), Tie(who, other))

    def _collect(self, who: str) -> None:
        rows = self.nodes[who].rows
        for activity, to in rows.owed:
            self.air.extend((each, activity) for each in to if each != who)
        rows.owed.clear()
