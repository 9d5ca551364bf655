"""Who sees which post, in whose feed it stands, and to whom it is sent (spec INB-2, GRA-6)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec.structs import replace
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
)

from node.graph.visibility import Audience, AudienceKind, Viewer, may_see
from node.inbox.audiences import Author
from node.inbox.posts import Known
from node.store.graph import GraphUnit
from node.store.tables import (
    accounts,
    actors,
    audiences,
    follows,
    friendships,
    peers,
    posts,
    reactions,
)
from node.store.unit import Unit
from node.wire.ids import origin

GROUPS = {AudienceKind.PUBLIC, AudienceKind.FOLLOWERS}

_P = posts.c
_KEY: BindParameter[str] = bindparam("key")
POST = (
    select(_P.id, _P.author, _P.local, _P.thread, _P.deleted, _P.in_reply_to)
    .where(or_(_P.id == _KEY, _P.video == _KEY))
    .order_by((_P.id == _KEY).desc(), _P.id)
)
AUTHOR = select(actors.c.followers, actors.c.friends).where(actors.c.id == bindparam("actor"))
AUDIENCES = select(audiences).where(audiences.c.post.in_(bindparam("posts", expanding=True)))
AWAY = select(actors.c.id).where(
    actors.c.id.in_(bindparam("actors", expanding=True)),
    or_(
        actors.c.gone.is_not(None),
        actors.c.suspended.is_not(None),
        exists().where(
            accounts.c.id == actors.c.account,
            actors.c.local.is_(True),
            accounts.c.state != "active",
        ),
    ),
)
REFUSED = select(peers.c.host).where(
    peers.c.host.in_(bindparam("hosts", expanding=True)), peers.c.suspended.is_not(None)
)


@lru_cache(None)
def _readers(groups: bool, friends: bool, named: bool) -> "Select[Any] | None":
    """Accounts in whose feed it stands, by how wide it is meant; None for nobody."""
    author: BindParameter[str] = bindparam("author")
    tied = (friendships.c.actor == accounts.c.actor, friendships.c.other == author)
    friend = exists().where(*tied, _friends())
    follower = exists().where(
        follows.c.follower == accounts.c.actor,
        follows.c.followed == author,
        follows.c.state == "accepted",
    )
    ways: list[ColumnElement[bool]] = []
    if groups:
        ways.append(or_(friend, follower))
    if friends:
        ways.append(friend)
    if named:
        # Who is neither cannot write into somebody's feed by naming them.
        them = accounts.c.actor.in_(bindparam("named", expanding=True))
        ways.append(and_(them, or_(friend, follower)))
    if not ways:
        return None
    blocked = exists().where(
        *tied, or_(friendships.c.ours == "blocked", friendships.c.theirs == "blocked")
    )
    return (
        select(accounts.c.id)
        .where(or_(*ways), ~blocked, accounts.c.actor != author, accounts.c.state == "active")
        .order_by(accounts.c.id)
    )


class VisibilityUnit(Unit):
    """Looks only."""

    async def post(self, id: str) -> Known | None:
        """The post with this id, or the one whose Video has it."""
        if not id:
            return None
        found = await self.connection.execute(POST, {"key": id})
        row = found.first()
        if row is None:
            return None
        return Known(
            row.id, row.author, row.local, row.thread, row.deleted is not None, row.in_reply_to
        )

    async def author(self, actor: str) -> Author:
        """The actor with the names of their collections."""
        found = await self.connection.execute(AUTHOR, {"actor": actor})
        row = found.first()
        return Author(actor, row.followers, row.friends) if row else Author(actor)

    async def audience(self, post: str) -> list[Audience]:
        """Whom the post is for, as it was first said."""
        return (await self._audiences([post])).get(post, [])

    async def _audiences(self, ids: Iterable[str]) -> dict[str, list[Audience]]:
        found = await self.connection.execute(AUDIENCES, {"posts": list(ids)})
        lines: dict[str, list[Audience]] = {}
        for row in found.all():
            lines.setdefault(row.post, []).append(Audience(AudienceKind(row.kind), row.ref))
        return lines

    # -- who sees ----------------------------------------------------------------------------------

    async def sees(self, actor: str, post: str) -> bool:
        """The one rule `may_see`, on the facts about `actor` ("": anybody) and this post."""
        return post in await self.visible(actor, [post])

    async def visible(self, actor: str, ids: Iterable[str]) -> set[str]:
        """Those of the posts that `actor` may see, with a fixed number of queries.

        Of a comment they must see the post at the root as well. What is left of a deleted post
        is for whom the post was for; what someone gone or suspended wrote, for nobody.
        """
        rows = await self._rows(ids)
        wanted = set(ids) & set(rows)
        rows |= await self._rows({row.thread for row in rows.values()} - set(rows))
        lines = await self._audiences(rows)
        authors = {row.author for row in rows.values()}
        towards = await self.beside(GraphUnit).viewers(actor, authors)
        hidden = await self._hidden(authors)

        def standing(row: "Row[Any]") -> bool:
            return row.deleted is not None or row.author not in hidden or row.author == actor

        def judge(row: "Row[Any]", root: bool | None) -> bool:
            viewer: Viewer = replace(towards[row.author], root=root)
            return standing(row) and may_see(viewer, lines.get(row.id, ()))

        def shown(row: "Row[Any]") -> bool:
            if row.thread in ("", row.id):
                return judge(row, None)
            root = rows.get(row.thread)
            return judge(row, root is not None and root.deleted is None and judge(root, None))

        return {id for id in wanted if shown(rows[id])}

    async def _rows(self, ids: Iterable[str]) -> dict[str, "Row[Any]"]:
        found = await self.connection.execute(
            select(posts.c.id, posts.c.author, posts.c.thread, posts.c.deleted).where(
                posts.c.id.in_(list(ids))
            )
        )
        rows: Sequence[Any] = found.all()
        return {row.id: row for row in rows}

    async def hidden(self, actor: str) -> bool:
        """Whether the actor, or their server, is gone or suspended."""
        return actor in await self._hidden({actor})

    async def _hidden(self, wanted: set[str]) -> set[str]:
        found = await self.connection.execute(AWAY, {"actors": list(wanted)})
        hosts = {id: origin(id).authority for id in wanted}
        refused = await self.connection.execute(REFUSED, {"hosts": list(set(hosts.values()))})
        refused_hosts = set(refused.scalars())
        return {*found.scalars(), *(id for id in wanted if hosts[id] in refused_hosts)}

    # -- whose feed, and who is sent it ------------------------------------------------------------

    async def readers(self, author: str, audience: Iterable[Audience]) -> list[str]:
        """Accounts here whose feed shows it: of those it is for, the friends and followers."""
        meant = list(audience)
        kinds = {one.kind for one in meant}
        named = [one.ref for one in meant if one.kind is AudienceKind.ACTOR]
        query = _readers(bool(kinds & GROUPS), AudienceKind.FRIENDS in kinds, bool(named))
        if query is None:
            return []
        wanted = {"author": author} | ({"named": named} if named else {})
        found = await self.connection.execute(query, wanted)
        return list(found.scalars())

    async def recipients(self, author: str, audience: Iterable[Audience]) -> list[str]:
        """The actors to whom a post of ours for `audience` is sent."""
        meant = list(audience)
        kinds = {one.kind for one in meant}
        found = {one.ref for one in meant if one.kind is AudienceKind.ACTOR}
        tied = await self._ties(author)
        if kinds & {*GROUPS, AudienceKind.FRIENDS}:
            found |= {other for other, barred in tied.items() if not barred}
        if kinds & GROUPS:
            rows = await self.connection.execute(
                select(follows.c.follower).where(
                    follows.c.followed == author, follows.c.state == "accepted"
                )
            )
            found |= set(rows.scalars())
        barred = {other for other, is_barred in tied.items() if is_barred}
        return sorted(await self.reachable(found - barred - {author}))

    async def _ties(self, author: str) -> Mapping[str, bool]:
        """Friends of one of ours (False), and those with a block between them (True)."""
        blocked = or_(friendships.c.ours == "blocked", friendships.c.theirs == "blocked")
        found = await self.connection.execute(
            select(friendships.c.other, blocked.label("barred")).where(
                friendships.c.actor == author, or_(_friends(), blocked)
            )
        )
        return {row.other: bool(row.barred) for row in found.all()}

    async def reachable(self, ids: Iterable[str]) -> set[str]:
        """Those of the actors who are known here and not gone."""
        found = await self.connection.execute(
            select(actors.c.id).where(actors.c.id.in_(list(ids)), actors.c.gone.is_(None))
        )
        return set(found.scalars())

    async def reached(self, post: str) -> list[str]:
        """Everyone to whom it is sent, and everyone who answered or liked it."""
        found = await self.connection.execute(select(posts.c.author).where(posts.c.id == post))
        author = found.scalar_one_or_none()
        if author is None:
            return []
        sent = await self.recipients(author, await self.audience(post))
        answered = await self.connection.execute(
            select(posts.c.author).where(or_(posts.c.thread == post, posts.c.in_reply_to == post))
        )
        liked = await self.connection.execute(
            select(reactions.c.actor).where(reactions.c.object == post)
        )
        others: Sequence[str] = [*answered.scalars(), *liked.scalars()]
        return sorted({*sent, *await self.reachable(others)} - {author})


def _friends() -> ColumnElement[bool]:
    return and_(friendships.c.ours == "accepted", friendships.c.theirs == "accepted")
