"""Actors, keys, peers, and what an actor's collections hold."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import and_, bindparam, delete, exists, func, or_, select, update

from node.errors import Forbidden
from node.federation.peers import Actor, Found, Peer
from node.federation.profile_links import ProfileLink
from node.store import tables
from node.store.grant_ends import end_grants
from node.store.keyring import public_key, public_row
from node.store.paging import older
from node.store.unit import Unit
from node.store.upserts import insert, put, put_keeping
from node.wire.api.cursor import Cursor
from node.wire.httpsig import Dialect
from node.wire.ids import covering, origin
from node.wire.keys import PublicKey
from node.wire.times import from_micros, micros

_ACTOR_TEXTS = (
    "kind", "inbox", "name", "domain", "display_name", "summary", "icon", "header", "url",
    "shared_inbox", "outbox", "followers", "following", "friends", "key_packages",
    "manually_approves",
)  # fmt: skip

REFUSED_AT_ONCE = 500  # actors of one statement
_FOLLOWS, _FRIENDS = tables.follows.c, tables.friendships.c
# At each activity of a peer, unless they are remembered.
ACTOR = select(tables.actors).where(tables.actors.c.id == bindparam("id"))
PEER = select(tables.peers).where(tables.peers.c.host == bindparam("host"))
KEY = select(tables.keys).where(tables.keys.c.id == bindparam("id"))
_OURS = tables.accounts.c
FAMILY = select(
    _OURS.actor,
    _OURS.channel,
    _OURS.identity_key,
    exists().where(tables.account_keys.c.actor == _OURS.actor).label("has_devices"),
).where(_OURS.id == bindparam("account"))
SUSPENDED_ACTORS = select(tables.actors.c.id).where(tables.actors.c.suspended > 0)
SUSPENDED_HOSTS = select(tables.peers.c.host).where(tables.peers.c.suspended > 0)
AWAITED = select(
    or_(
        exists().where(_FOLLOWS.followed == bindparam("actor"), _FOLLOWS.state != "declined"),
        exists().where(
            _FRIENDS.other == bindparam("actor"), _FRIENDS.ours.in_(("asked", "accepted"))
        ),
    ).label("awaited")
)


class Relation(Struct, frozen=True):
    """What a viewer is to an actor of ours."""

    friend: bool = False
    follower: bool = False
    blocked: bool = False


class Kept(Struct, frozen=True):
    """An activity of ours. `public`: it is listed in the outbox."""

    actor: str
    body: bytes
    public: bool


class Family(Struct, frozen=True):
    """The Person and the Group of one account. `identity_key` is 32 bytes, or none yet;
    `has_devices`: a signed list of devices is published (KEY-7.6)."""

    person: str
    channel: str
    identity_key: bytes
    has_devices: bool = False


class FederationUnit(Unit):
    """The queries of the federation room."""

    # -- actors --------------------------------------------------------------------------------

    async def actor(self, id: str) -> Actor | None:
        rows = await self.connection.fetch(ACTOR, {"id": id})
        return _actor(rows[0]) if rows else None

    async def named(self, name: str, domain: str) -> Actor | None:
        """The actor that is `@name@domain`, as far as it is known."""
        t = tables.actors
        query = select(t).where(t.c.name == name, t.c.domain == domain, t.c.gone.is_(None))
        row = (await self.connection.execute(query.limit(1))).first()
        return None if row is None else _actor(row)

    async def local_named(self, name: str) -> Actor | None:
        """Our actor of this name: people, channels and the node share one name space."""
        t, n = tables.actors, tables.names
        query = select(t).join(n, n.c.actor == t.c.id).where(n.c.name == name.lower())
        row = (await self.connection.execute(query.where(t.c.local.is_(True)))).first()
        return None if row is None else _actor(row)

    async def put_found(self, found: Found) -> None:
        """Keep a fetched actor: the row is replaced, and so is the set of its keys.

        Raises `Forbidden` (FED-10.9) for one of ours.
        """
        actor = found.actor
        known = await self.actor(actor.id)
        if known is not None and known.local:
            raise Forbidden("FED-10.9", "an actor of this node is not read from the network")
        values: dict[str, Any] = {name: getattr(actor, name) for name in _ACTOR_TEXTS}
        if not actor.domain:
            del values["domain"]  # not asked this time: what WebFinger once confirmed stays
        await self.connection.execute(
            put_keeping(
                self.connection,
                tables.actors,
                {"number": self.fresh_number()},
                id=actor.id,
                local=False,
                capabilities=json.dumps(actor.capabilities),
                links=msgspec.json.encode(actor.links).decode(),
                document=found.document,
                fetched=micros(self.now),
                gone=None,
                **values,
            )
        )
        kept = [key.id for key in found.keys]
        k = tables.keys
        await self.connection.execute(
            delete(k).where(k.c.actor == actor.id, k.c.id.not_in(kept), k.c.private.is_(None))
        )
        for key in found.keys:
            await self.connection.execute(
                put(
                    self.connection,
                    k,
                    created=micros(self.now),
                    fetched=micros(self.now),
                    **public_row(key),
                )
            )

    async def confirm(self, id: str, name: str, domain: str) -> None:
        """WebFinger confirmed `@name@domain`. Whoever had that handle before has it no more."""
        t = tables.actors
        await self.connection.execute(
            update(t)
            .where(t.c.name == name, t.c.domain == domain, t.c.id != id, t.c.local.is_(False))
            .values(domain="")
        )
        await self.connection.execute(
            update(t).where(t.c.id == id, t.c.local.is_(False)).values(name=name, domain=domain)
        )

    async def mark_gone(self, id: str) -> None:
        """The actor's own server says that there is none any more."""
        t = tables.actors
        await self.connection.execute(
            update(t)
            .where(t.c.id == id, t.c.local.is_(False), t.c.gone.is_(None))
            .values(gone=micros(self.now))
        )

    async def key(self, id: str) -> PublicKey | None:
        """The public key of this id."""
        rows = await self.connection.fetch(KEY, {"id": id})
        if not rows:
            return None
        row = rows[0]
        return public_key(row.id, row.actor, row.public, row.expires, row.revoked)

    # -- peers ---------------------------------------------------------------------------------

    async def peer(self, host: str) -> Peer:
        rows = await self.connection.fetch(PEER, {"host": host})
        if not rows:
            return Peer(host)
        row = rows[0]
        return Peer(
            host,
            Dialect(row.dialect) if row.dialect else None,
            tuple(json.loads(row.capabilities)),
            row.suspended is not None,
        )

    async def put_peer(self, peer: Peer) -> None:
        """Keep what a server said of itself, and the dialect that it showed."""
        values = {
            "dialect": peer.dialect.value if peer.dialect else "",
            "capabilities": json.dumps(peer.capabilities),
        }
        await self.connection.execute(put(self.connection, tables.peers, host=peer.host, **values))

    async def suspend(self, host: str, suspended: bool) -> None:
        """Neither hear this server nor send to it; or do so again."""
        at = micros(self.now) if suspended else None
        statement = insert(self.connection, tables.peers).values(host=host, suspended=at)
        await self.connection.execute(
            statement.on_conflict_do_update(index_elements=["host"], set_={"suspended": at})
        )
        if suspended:
            t = tables.deliveries
            await self.connection.execute(
                update(t)
                .where(t.c.host == host, t.c.state == "due")
                .values(state="gave_up", settled=at, reason="the server is suspended here")
            )
            arrived = tables.arrivals.c
            waiting = await self.connection.execute(
                select(arrived.actor).where(arrived.state == "new").distinct()
            )
            await self._refuse(
                [one for one in waiting.scalars() if host in covering(origin(one).authority)]
            )
            grants = tables.media_grants.c
            watching = await self.connection.execute(
                select(grants.actor).where(grants.expires > micros(self.now))
            )
            await self._end_watching(
                [one for one in {*watching.scalars()} if host in covering(origin(one).authority)]
            )
            await end_grants(self, host)

    async def suspend_actor(self, id: str, suspended: bool) -> None:
        """Neither hear this actor of another server nor send to their inbox; or do so again."""
        t, at = tables.actors, micros(self.now) if suspended else None
        changed = await self.connection.execute(
            update(t)
            .where(t.c.id == id, t.c.local.is_(False))
            .values(suspended=at)
            .returning(t.c.inbox)
        )
        inbox = changed.scalar_one_or_none()
        if suspended and inbox:
            # A shared inbox is their neighbours' too: what is due there goes on.
            d = tables.deliveries
            await self.connection.execute(
                update(d)
                .where(d.c.inbox == inbox, d.c.state == "due")
                .values(state="gave_up", settled=at, reason="the actor is suspended here")
            )
        if suspended:
            await self._refuse([id])
            await self._end_watching([id])
            await end_grants(self, id)

    async def _refuse(self, actors: Sequence[str]) -> None:
        """Refuse what came of these before, and was not applied yet (FED-7.7)."""
        t = tables.arrivals
        for start in range(0, len(actors), REFUSED_AT_ONCE):
            of_some = t.c.actor.in_(actors[start : start + REFUSED_AT_ONCE])
            refused = update(t).where(t.c.state == "new", of_some)
            why = "FED-7.7: suspended here since it came"
            await self.connection.execute(refused.values(state="refused", body=b"", reason=why))

    async def _end_watching(self, actors: Sequence[str]) -> None:
        """By what these play videos ends, and does not come back with them (VID-7.3)."""
        t = tables.media_grants
        for start in range(0, len(actors), REFUSED_AT_ONCE):
            some = actors[start : start + REFUSED_AT_ONCE]
            await self.connection.execute(t.delete().where(t.c.actor.in_(some)))

    async def suspended_actors(self) -> frozenset[str]:
        return frozenset(row.id for row in await self.connection.fetch(SUSPENDED_ACTORS, {}))

    async def suspended_hosts(self) -> frozenset[str]:
        return frozenset(row.host for row in await self.connection.fetch(SUSPENDED_HOSTS, {}))

    # -- admission -----------------------------------------------------------------------------

    async def awaited(self, actor: str) -> bool:
        """Whether someone here follows `actor`, asked to, or is or wants to be their friend."""
        [row] = await self.connection.fetch(AWAITED, {"actor": actor})
        return bool(row.awaited)

    # -- collections ---------------------------------------------------------------------------

    async def relation(self, viewer: str, actor: str) -> Relation:
        """What `viewer` is to `actor`, one of ours. A block of a person closes their channel."""
        f, r = tables.follows.c, tables.friendships.c
        account = tables.accounts.c
        person = select(account.actor).where(account.channel == actor).scalar_subquery()
        pairs = await self.connection.execute(
            select(r.actor, r.ours, r.theirs).where(
                or_(r.actor == actor, r.actor == person), r.other == viewer
            )
        )
        friendships = pairs.all()
        follow = await self.connection.execute(
            select(f.state).where(f.follower == viewer, f.followed == actor)
        )
        return Relation(
            friend=any(t.actor == actor and t.ours == t.theirs == "accepted" for t in friendships),
            follower=follow.scalar_one_or_none() == "accepted",
            blocked=any("blocked" in (t.ours, t.theirs) for t in friendships),
        )

    async def members(self, actor: str, collection: str, after: str, most: int) -> list[str]:
        """A page of `followers`, `following` or `friends`: actor ids in their order."""
        f, r = tables.follows.c, tables.friendships.c
        queries: dict[str, tuple[Any, Any]] = {
            "followers": (f.follower, and_(f.followed == actor, f.state == "accepted")),
            "following": (f.followed, and_(f.follower == actor, f.state == "accepted")),
            "friends": (
                r.other,
                and_(r.actor == actor, r.ours == "accepted", r.theirs == "accepted"),
            ),
        }
        column, condition = queries[collection]
        query = select(column).where(condition, column > after).order_by(column).limit(most)
        return list((await self.connection.execute(query)).scalars())

    async def outbox(
        self, actor: str, after: Cursor | None, most: int
    ) -> tuple[list[bytes], Cursor | None]:
        """A page of the public activities, newest first, and where the next one begins."""
        t = tables.outbox.c
        query = (
            select(t.created, t.id, t.body)
            .where(t.actor == actor, t.public.is_(True), older(t.created, t.id, after))
            .order_by(t.created.desc(), t.id.desc())
            .limit(most + 1)
        )
        rows = (await self.connection.execute(query)).all()
        last = rows[most - 1] if len(rows) > most else None
        return [row.body for row in rows[:most]], Cursor(last.created, last.id) if last else None

    async def outbox_count(self, actor: str) -> int:
        t = tables.outbox.c
        query = select(func.count()).where(t.actor == actor, t.public.is_(True))
        return int((await self.connection.execute(query)).scalar_one())

    async def activity(self, id: str) -> Kept | None:
        """An activity of ours, as it went out."""
        t = tables.outbox.c
        query = select(t.actor, t.body, t.public).where(t.id == id)
        row = (await self.connection.execute(query)).first()
        return None if row is None else Kept(row.actor, row.body, row.public)

    async def locked(self, actor: str) -> bool:
        """Whether one of ours is suspended: nothing that they said is shown (INB-1.8)."""
        t = tables.accounts.c
        mine = or_(t.actor == actor, t.channel == actor)
        query = select(exists().where(mine, t.state == "suspended"))
        return bool((await self.connection.execute(query)).scalar_one())

    async def family(self, account: str) -> Family | None:
        """The actors of an account that belong together, and its identity key."""
        found = await self.connection.fetch(FAMILY, {"account": account})
        if not found:
            return None
        row = found[0]
        return Family(row.actor, row.channel, row.identity_key or b"", bool(row.has_devices))

    # -- what NodeInfo tells -------------------------------------------------------------------

    async def usage(self) -> tuple[int, int]:
        """How many accounts are active, and how many posts are theirs."""
        accounts, posts = tables.accounts.c, tables.posts.c
        people = select(func.count()).where(accounts.state == "active")
        written = select(func.count()).where(posts.local.is_(True), posts.deleted.is_(None))
        return (
            int((await self.connection.execute(people)).scalar_one()),
            int((await self.connection.execute(written)).scalar_one()),
        )


def _instant(count: int | None) -> datetime | None:
    return None if count is None else from_micros(count)


def _actor(row: Any) -> Actor:
    return Actor(
        id=row.id,
        number=row.number,
        account=row.account,
        local=row.local,
        capabilities=tuple(json.loads(row.capabilities)),
        links=msgspec.json.decode(row.links, type=tuple[ProfileLink, ...]),
        fetched=_instant(row.fetched),
        gone=_instant(row.gone),
        suspended=_instant(row.suspended),
        **{name: getattr(row, name) for name in _ACTOR_TEXTS},
    )
