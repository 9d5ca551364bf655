"""Who sees which post, in whose feed it stands, and to whom it is sent (spec INB-2, GRA-6)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    union,
)

from node.federation.telling import Page
from node.graph.visibility import STRANGER, Audience, AudienceKind, Viewer, may_see
from node.inbox.audiences import Author
from node.inbox.known import Known
from node.store.graph import GraphUnit
from node.store.paging import near
from node.store.pipeline import Step
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
from node.wire.ids import covering, origin

GROUPS = {AudienceKind.PUBLIC, AudienceKind.FOLLOWERS}

_P, _F, _L = posts.c, friendships.c, follows.c
_KEY: BindParameter[str] = bindparam("key")
POST = (
    select(_P.id, _P.author, _P.local, _P.thread, _P.deleted, _P.in_reply_to)
    .where(or_(_P.id == _KEY, _P.video == _KEY))
    .order_by((_P.id == _KEY).desc(), _P.id)
)
STANDING = select(_P.id, _P.author, _P.thread, _P.deleted).where(
    _P.id.in_(bindparam("posts", expanding=True))
)
REACHABLE = select(actors.c.id).where(
    actors.c.id.in_(bindparam("ids", expanding=True)), actors.c.gone.is_(None)
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
def _people(ours: bool, groups: bool, friends: bool, named: bool) -> "Select[Any] | None":
    """A page of those for whom something is, by how wide it is meant; None for nobody.

    `ours`: as its author's node sends it on, and named ones count alone. Else as a reader's node
    shows it: who is neither friend nor follower cannot be written to by being named.
    """
    author: BindParameter[str] = bindparam("author")
    them: BindParameter[Any] = bindparam("named", expanding=True)
    other = _F.other if ours else _F.actor
    friend = and_((_F.actor if ours else _F.other) == author, _friends())
    follower = and_(_L.followed == author, _L.state == "accepted")
    arms: list[Select[Any]] = []
    if groups or friends:
        arms.append(near(other, friend))
    elif named and not ours:
        arms.append(near(other, and_(friend, other.in_(them))))
    if groups:
        arms.append(near(_L.follower, follower))
    elif named and not ours:
        arms.append(near(_L.follower, and_(follower, _L.follower.in_(them))))
    if named and ours:
        arms.append(near(actors.c.id, actors.c.id.in_(them)))
    if not arms:
        return None
    people = union(*arms).subquery()
    tied = friendships.alias("tied")
    mine, theirs = (author, people.c.actor) if ours else (people.c.actor, author)
    barred = exists().where(
        tied.c.actor == mine,
        tied.c.other == theirs,
        or_(tied.c.ours == "blocked", tied.c.theirs == "blocked"),
    )
    return (
        select(
            people.c.actor,
            accounts.c.id.label("account"),
            accounts.c.state,
            actors.c.gone,
            actors.c.local,
            barred.label("barred"),
        )
        .select_from(people)
        .join(accounts, accounts.c.actor == people.c.actor, isouter=True)
        .join(actors, actors.c.id == people.c.actor, isouter=True)
        .order_by(people.c.actor)
        .limit(bindparam("most"))
    )


class Seen(Struct, frozen=True):
    """`ids` of posts that someone may see, for whom all of them are, and what `also` answered."""

    ids: set[str]
    audiences: Mapping[str, list[Audience]]
    also: Sequence[Sequence[Any]]


def audiences_of(rows: Sequence[Any]) -> dict[str, list[Audience]]:
    lines: dict[str, list[Audience]] = {}
    for row in rows:
        lines.setdefault(row.post, []).append(Audience(AudienceKind(row.kind), row.ref))
    return lines


def _ask_hidden(actors: Sequence[str]) -> tuple[Step, Step]:
    hosts = sorted({name for id in actors for name in covering(origin(id).authority)})
    return (AWAY, {"actors": list(actors)}), (REFUSED, {"hosts": hosts})


def _hidden(actors: Sequence[str], away: Sequence[Any], refused: Sequence[Any]) -> set[str]:
    """Those who are gone or suspended, or whose server is."""
    hosts = {row.host for row in refused}
    shut = (id for id in actors if not hosts.isdisjoint(covering(origin(id).authority)))
    return {*(row.id for row in away), *shut}


class VisibilityUnit(Unit):
    """Looks only."""

    async def post(self, id: str) -> Known | None:
        """The post with this id, or the one whose Video has it."""
        if not id:
            return None
        found = await self.connection.fetch(POST, {"key": id})
        return known_post(found[0]) if found else None

    async def author(self, actor: str) -> Author:
        """The actor with the names of their collections."""
        found = await self.connection.fetch(AUTHOR, {"actor": actor})
        return Author(actor, found[0].followers, found[0].friends) if found else Author(actor)

    async def audience(self, post: str) -> list[Audience]:
        """Whom the post is for, as it was first said."""
        return (await self._audiences([post])).get(post, [])

    async def _audiences(self, ids: Iterable[str]) -> dict[str, list[Audience]]:
        return audiences_of(await self.connection.fetch(AUDIENCES, {"posts": list(ids)}))

    # -- who sees ----------------------------------------------------------------------------------

    async def sees(self, actor: str, post: str) -> bool:
        """The one rule `may_see`, on the facts about `actor` ("": anybody) and this post."""
        return post in await self.visible(actor, [post])

    async def visible(self, actor: str, ids: Iterable[str]) -> set[str]:
        """Those of the posts that `actor` may see, with a fixed number of queries."""
        wanted = list(ids)
        if not wanted:
            return set()
        return (
            await self.seen(actor, await self.connection.fetch(STANDING, {"posts": wanted}))
        ).ids

    async def seen(self, actor: str, rows: Sequence[Any], *also: Step) -> "Seen":
        """Which of these posts `actor` may see, and what `also` answers in the same trip.

        Of a comment they must see the post at the root as well. What is left of a deleted post
        is for whom the post was for; what someone gone or suspended wrote, for nobody.
        """
        known = {row.id: row for row in rows}
        roots = sorted({row.thread for row in rows} - set(known) - {""})
        if roots:
            above = await self.connection.fetch(STANDING, {"posts": roots})
            known |= {row.id: row for row in above}
        authors = sorted({row.author for row in known.values()})
        graph = self.beside(GraphUnit)
        ties = graph.ask_viewers(actor, authors) if actor else ()
        meant, away, refused, *rest = await self.connection.fetch_all(
            (AUDIENCES, {"posts": list(known)}), *_ask_hidden(authors), *ties, *also
        )
        lines = audiences_of(meant)
        towards = (
            graph.read_viewers(actor, authors, rest.pop(0), rest.pop(0))
            if actor
            else dict.fromkeys(authors, STRANGER)
        )
        hidden = _hidden(authors, away, refused)

        def standing(row: Any) -> bool:
            return row.deleted is not None or row.author not in hidden or row.author == actor

        def judge(row: Any, root: bool | None) -> bool:
            viewer: Viewer = replace(towards[row.author], root=root)
            return standing(row) and may_see(viewer, lines.get(row.id, ()))

        def shown(row: Any) -> bool:
            if row.thread in ("", row.id):
                return judge(row, None)
            root = known.get(row.thread)
            return judge(row, root is not None and root.deleted is None and judge(root, None))

        return Seen({row.id for row in rows if shown(row)}, lines, rest)

    async def hidden(self, actor: str) -> bool:
        """Whether the actor, or their server, is gone or suspended."""
        return actor in await self.hidden_among({actor})

    async def hidden_among(self, wanted: set[str]) -> set[str]:
        """Those who are gone or suspended, or whose server is."""
        away, refused = await self.connection.fetch_all(*_ask_hidden(sorted(wanted)))
        return _hidden(sorted(wanted), away, refused)

    async def named(self, name: str, domain: str) -> str | None:
        """The id of the actor that was last confirmed to be `name` @ `domain`."""
        return await self.beside(GraphUnit).named(name, domain)

    async def named_here(self, name: str) -> str | None:
        """One of our people, by name alone."""
        return await self.beside(GraphUnit).named_here(name)

    # -- whose feed, and who is sent it ------------------------------------------------------------

    async def readers(
        self, author: str, audience: Iterable[Audience], after: str, most: int
    ) -> Page:
        """Accounts here whose feed shows it: of those it is for, the friends and followers."""
        asked = ask_people_of(False, author, audience, after, most)
        if asked is None:
            return [], ""
        return read_readers(author, await self.connection.fetch(*asked), most)

    async def recipients(
        self, author: str, audience: Iterable[Audience], after: str, most: int
    ) -> Page:
        """The actors elsewhere to whom a post of ours for `audience` is sent."""
        asked = ask_people_of(True, author, audience, after, most)
        if asked is None:
            return [], ""
        rows, place = _people_page(author, await self.connection.fetch(*asked), most)
        return [row.actor for row in rows if row.local is False and row.gone is None], place

    async def reachable(self, ids: Iterable[str]) -> set[str]:
        """Those of the actors who are known here and not gone."""
        wanted = sorted(set(ids))
        if not wanted:
            return set()
        return {row.id for row in await self.connection.fetch(REACHABLE, {"ids": wanted})}

    async def respondents(self, post: str) -> list[str]:
        """The inboxes elsewhere of everyone of the thread, and of who liked the post."""
        said = union(
            select(posts.c.author.label("actor")).where(posts.c.thread == post),
            select(posts.c.author).where(posts.c.in_reply_to == post),
            select(reactions.c.actor).where(reactions.c.object == post),
        ).subquery()
        inbox = func.coalesce(func.nullif(actors.c.shared_inbox, ""), actors.c.inbox)
        found = await self.connection.execute(
            select(inbox)
            .distinct()
            .join_from(said, actors, actors.c.id == said.c.actor)
            .where(actors.c.local.is_(False), actors.c.gone.is_(None), actors.c.suspended.is_(None))
        )
        return sorted(found.scalars())


def ask_people_of(
    ours: bool, author: str, audience: Iterable[Audience], after: str, most: int
) -> Step | None:
    """The question behind a page of `readers`, or of `recipients` (`ours`); None: it is empty."""
    meant = list(audience)
    kinds = {one.kind for one in meant}
    named = [one.ref for one in meant if one.kind is AudienceKind.ACTOR]
    wide, friends = bool(kinds & GROUPS), AudienceKind.FRIENDS in kinds
    query = _people(ours, wide, friends, bool(named))
    if query is None:
        return None
    asked: dict[str, Any] = {"author": author, "after": after, "most": most}
    if named and (ours or not wide):
        asked["named"] = named
    return query, asked


def _people_page(author: str, rows: Sequence[Any], most: int) -> tuple[list[Any], str]:
    people = [row for row in rows if row.actor != author and not row.barred]
    return people, rows[-1].actor if len(rows) == most else ""


def read_readers(author: str, rows: Sequence[Any], most: int) -> Page:
    """The page of `readers` that `ask_people_of` was answered."""
    people, place = _people_page(author, rows, most)
    return [row.account for row in people if row.state == "active"], place


def known_post(row: Any) -> Known:
    """A row of `posts` as the rules know it."""
    deleted = row.deleted is not None
    return Known(row.id, row.author, row.local, row.thread, deleted, row.in_reply_to)


def _friends() -> ColumnElement[bool]:
    return and_(friendships.c.ours == "accepted", friendships.c.theirs == "accepted")
