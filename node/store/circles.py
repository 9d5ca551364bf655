"""Who knows an actor of ours, page by page: for what all of them are told (FED-8.16)."""

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, exists, or_, select, union

from node.federation.copies import Copy, copy_for
from node.federation.telling import Page
from node.graph.friendship_unit import FollowState
from node.store.jobs import add_job
from node.store.paging import near
from node.store.tables import actors, arrivals, follows, friendships, outbox
from node.store.unit import Unit
from node.store.upserts import insert_ignore
from node.wire.times import micros

_F, _L, _A = friendships.c, follows.c, actors.c
_AUTHOR: BindParameter[str] = bindparam("author")
# A public post goes to friends and followers of its author.
READERS = select(
    _A.id,
    _A.capabilities,
    or_(
        exists().where(
            _F.actor == _AUTHOR, _F.other == _A.id, _F.ours == "accepted", _F.theirs == "accepted"
        ),
        exists().where(_L.follower == _A.id, _L.followed == _AUTHOR, _L.state == "accepted"),
    ).label("hears_note"),
).where(_A.id.in_(bindparam("ids", expanding=True)))


class Circles:
    """The unit of `federation.telling`, over any unit."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def circle(self, of: Sequence[str], followers: bool, after: str, most: int) -> Page:
        """By their ids: friends, who was asked, who follows and who is followed."""
        asked: dict[str, Any] = {f"own{n}": id for n, id in enumerate(of)}
        query = _circle(len(of), followers)
        rows = await self._unit.connection.fetch(query, {**asked, "after": after, "most": most})
        reached = [row.actor for row in rows if row.gone is None]
        return reached, rows[-1].actor if len(rows) == most else ""

    async def reading(self, actors: Sequence[str], copy: Copy, author: str) -> Sequence[str]:
        """Those of `actors` to whom a public video of `author` goes as this copy."""
        asked = {"ids": list(actors), "author": author}
        return [
            row.id
            for row in await self._unit.connection.fetch(READERS, asked)
            if copy_for(json.loads(row.capabilities), row.hears_note) is copy
        ]

    async def send_on(self, activity: str, actor: str, to: Iterable[str], priority: int) -> None:
        await self._unit.send_on(activity, actor, to, priority)

    async def come_home(self, activity: str, actor: str, priority: int) -> None:
        found = await self._unit.connection.execute(
            select(outbox.c.body).where(outbox.c.id == activity)
        )
        at = micros(self._unit.now)
        self._unit.connection.later(
            insert_ignore(self._unit.connection, arrivals),
            {
                "actor": actor,
                "activity": activity,
                "body": found.scalar_one(),
                "priority": priority,
                "received": at,
                "due": at,
            },
        )
        self._unit.wakes.add("arrivals")

    async def add_job(self, kind: str, subject: str) -> None:
        await add_job(self._unit, kind, subject)


@lru_cache(None)
def _circle(count: int, followers: bool) -> "Select[Any]":
    """A page of those who know one of `count` actors."""
    arms: list[Select[Any]] = []
    for n in range(count):
        own: BindParameter[str] = bindparam(f"own{n}")
        # One arm for each state: so the index has them in order.
        states = [FollowState.ACCEPTED] if followers else list(FollowState)
        follower = [(_L.followed == own) & (_L.state == state.value) for state in states]
        arms += [near(_L.follower, each) for each in follower]
        if not followers:
            arms += [near(_F.other, _F.actor == own), near(_L.followed, _L.follower == own)]
    people = union(*arms).subquery()
    return (
        select(people.c.actor, actors.c.gone)
        .join_from(people, actors, actors.c.id == people.c.actor, isouter=True)
        .order_by(people.c.actor)
        .limit(bindparam("most"))
    )
