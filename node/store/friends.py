"""Friends, requests, blocks and followers as pages, each seen from one of our people."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, or_, select

from node.federation.capabilities import FRIENDSHIP, VIDEOS
from node.graph.friendship import Friendship
from node.graph.friendship_states import View, view
from node.graph.friendship_unit import FollowState
from node.store.graph import GraphUnit, read_friendship
from node.store.paging import Pages
from node.store.people import ask_people, named, people
from node.store.tables import actors, follows, friendships, peers
from node.wire.api.cursor import Cursor
from node.wire.api.graph import Relation
from node.wire.api.inbox import Person
from node.wire.ids import origin
from node.wire.times import from_micros

Page: TypeAlias = tuple[list[Relation], Cursor | None]
_OURS, _THEIRS = friendships.c.ours, friendships.c.theirs
STATES: dict[str, ColumnElement[bool]] = {
    View.FRIEND: and_(_OURS == "accepted", _THEIRS == "accepted"),
    View.REQUESTED: and_(_OURS == "asked", _THEIRS == "none"),
    View.INCOMING: and_(_OURS == "none", _THEIRS == "asked"),
    View.DECLINED: and_(_OURS == "none", _THEIRS == "declined"),
    View.BLOCKED: _OURS == "blocked",
}


_VIEWER: BindParameter[str] = bindparam("viewer")
_OTHERS: BindParameter[Any] = bindparam("others", expanding=True)
TIES = select(friendships).where(friendships.c.actor == _VIEWER, friendships.c.other.in_(_OTHERS))
THERE = select(follows.c.followed.label("id"), follows.c.state).where(
    follows.c.follower == _VIEWER, follows.c.followed.in_(_OTHERS)
)
BACK = select(follows.c.follower.label("id"), follows.c.state).where(
    follows.c.followed == _VIEWER, follows.c.follower.in_(_OTHERS)
)
SPEAKING = select(peers.c.host).where(
    peers.c.host.in_(bindparam("hosts", expanding=True)),
    peers.c.capabilities.contains(FRIENDSHIP, autoescape=True),
)
SPEAKERS = select(actors.c.id, actors.c.local, actors.c.capabilities, actors.c.moved_to).where(
    actors.c.id.in_(_OTHERS)
)


def _since(other: Any, at: Any, *which: ColumnElement[bool]) -> Pages:
    """The people in `other` of whom `which` holds, whom it came to be last first."""
    return Pages(select(other.label("id"), at.label("at")).where(*which), at, other)


_F, _L = friendships.c, follows.c
STANDING = {
    state: _since(_F.other, _F.updated, _F.actor == _VIEWER, which)
    for state, which in STATES.items()
}
FOLLOWERS = _since(_L.follower, _L.updated, _L.followed == _VIEWER, _L.state == "accepted")
FOLLOWED = _since(_L.followed, _L.updated, _L.follower == _VIEWER, _L.state != "declined")
_BACK = follows.alias()
_SETTLED = select(_F.other).where(
    _F.actor == _VIEWER,
    or_(_OURS.in_(("accepted", "blocked")), _THEIRS.in_(("asked", "blocked"))),
)
MUTUALS = Pages(
    select(_L.followed.label("id"), _L.updated.label("at"))
    .join(_BACK, and_(_BACK.c.follower == _L.followed, _BACK.c.followed == _L.follower))
    .join(actors, and_(actors.c.id == _L.followed, actors.c.local.is_(False)))
    .where(
        _L.follower == _VIEWER,
        _L.state == "accepted",
        _BACK.c.state == "accepted",
        _L.followed.not_in(_SETTLED),
        ~actors.c.capabilities.contains(FRIENDSHIP, autoescape=True),
    ),
    _L.updated,
    _L.followed,
)


MOST_UNREACHED = 100  # who are named; who has more knows by then
SHOWING_VIDEOS_ALONE = (
    select(_F.other)
    .join(actors, actors.c.id == _F.other)
    .where(
        _F.actor == _VIEWER,
        STATES[View.FRIEND],
        actors.c.local.is_(False),
        actors.c.gone.is_(None),
        actors.c.capabilities.contains(VIDEOS, autoescape=True),
    )
    .order_by(_F.updated.desc(), _F.other.desc())
    .limit(MOST_UNREACHED)
)


class FriendsUnit(GraphUnit):
    """Looks; what changes is in `GraphUnit`."""

    async def unreached(self, actor: str) -> list[Person]:
        """The friends of `actor` whose servers show no posts, the latest first (INB-4.9)."""
        rows = await self.connection.fetch(SHOWING_VIDEOS_ALONE, {"viewer": actor})
        known = await people(self.connection, [row.other for row in rows])
        return [known[row.other] for row in rows]

    async def standing(self, actor: str, state: str, limit: int, after: Cursor | None) -> Page:
        """Those who stand to `actor` as `state` says (a key of STATES)."""
        return await self._page(STANDING[state], actor, limit, after)

    async def mutuals(self, actor: str, limit: int, after: Cursor | None) -> Page:
        """Those of foreign servers who follow back and are no friends yet."""
        relations, cursor = await self._page(MUTUALS, actor, limit, after)
        # What a peer says of all its actors is known only now.
        return [one for one in relations if one.state == View.MUTUAL], cursor

    async def followers(self, actor: str, limit: int, after: Cursor | None) -> Page:
        """Those who follow `actor`."""
        return await self._page(FOLLOWERS, actor, limit, after)

    async def followed(self, actor: str, limit: int, after: Cursor | None) -> Page:
        """Those whom `actor` follows or asked to."""
        return await self._page(FOLLOWED, actor, limit, after)

    async def _page(self, pages: Pages, actor: str, limit: int, after: Cursor | None) -> Page:
        rows = await self.connection.fetch(*pages.page(limit, after, viewer=actor))
        shown = rows[:limit]
        cursor = Cursor(shown[-1].at, shown[-1].id) if len(rows) > limit else None
        relations = await self.relations(actor, [row.id for row in shown])
        return [relations[row.id] for row in shown], cursor

    async def relations(self, actor: str, others: Iterable[str]) -> dict[str, Relation]:
        """How `actor` stands to each of `others`, with a fixed number of queries."""
        ids = list(others)
        if not ids:
            return {}
        values = {"viewer": actor, "others": ids}
        hosts = sorted({origin(id).authority for id in ids})
        ties, there_rows, back_rows, known, speaking, speakers = await self.connection.fetch_all(
            (TIES, values),
            (THERE, values),
            (BACK, values),
            ask_people(ids),
            (SPEAKING, {"hosts": hosts}),
            (SPEAKERS, {"others": ids}),
        )
        rows = {row.other: row for row in ties}
        there = {row.id: row.state for row in there_rows}
        back = {row.id: row.state for row in back_rows}
        persons = named(ids, known)
        foreign = _foreign(ids, speaking, speakers)
        moved = {row.id: row.moved_to for row in speakers}
        relations = {}
        for id in ids:
            row = rows.get(id)
            friendship = read_friendship(row) if row else Friendship(actor, id)
            both = there.get(id) == back.get(id) == FollowState.ACCEPTED
            state = view(friendship.pair, mutual=both and id in foreign)
            following = there.get(id, "")
            relations[id] = Relation(
                person=persons[id],
                state=state.value,
                following=following if following != FollowState.DECLINED else "",
                follower=back.get(id) == FollowState.ACCEPTED,
                text=friendship.text if state is View.INCOMING else "",
                # The instant at which someone blocked us is not for us to know.
                since=from_micros(row.updated)
                if row and view(friendship.pair) is not View.NONE
                else None,
                moved_to=moved.get(id, ""),
            )
        return relations

    async def relation(self, actor: str, other: str) -> Relation:
        """How `actor` stands to `other`."""
        return (await self.relations(actor, [other]))[other]


def _foreign(ids: Iterable[str], hosts: Sequence[Any], actors: Sequence[Any]) -> set[str]:
    """Those of `ids` whose server does not speak our friendship."""
    speaking = {row.host for row in hosts}
    speakers = {row.id for row in actors if row.local or FRIENDSHIP in json.loads(row.capabilities)}
    return {id for id in ids if id not in speakers and origin(id).authority not in speaking}
