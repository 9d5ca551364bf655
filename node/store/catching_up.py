"""The queries of catching up after a restore (spec FED-13)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from node.accounts.account import State
from node.accounts.names import INSTANCE
from node.federation.activities.shapes import Held
from node.federation.capabilities import RESEND
from node.federation.catching_up import Asked
from node.federation.peers import Actor
from node.federation.reading_back import behind
from node.store.federation import FederationUnit
from node.store.jobs import add_job
from node.store.notices import Notices
from node.store.of_host import of_host
from node.store.tables import (
    accounts,
    actors,
    follows,
    friendships,
    names,
    notices,
    peers,
    posts,
    resends,
)
from node.wire.ids import origin
from node.wire.times import from_micros, micros

_F, _L = friendships.c, follows.c
FOLLOWED = (
    select(_L.followed.label("id"))
    .where(_L.followed > bindparam("after"), _L.state == "accepted")
    .order_by(_L.followed)
    .limit(1)
)
BEFRIENDED = (
    select(_F.other.label("id"))
    .where(_F.other > bindparam("after"), _F.ours == "accepted", _F.theirs == "accepted")
    .order_by(_F.other)
    .limit(1)
)


_R, _N = resends.c, notices.c
ASKED = select(resends).where(_R.id == bindparam("resend"))
GIVEN = (
    select(_N.account, func.count().label("given"))
    .where(
        _N.account.in_(bindparam("accounts", expanding=True)),
        _N.kind == bindparam("kind"),
        _N.created >= bindparam("since"),
    )
    .group_by(_N.account)
)
# A deleted one is known: it left its tombstone.
KNOWN = select(posts.c.id).where(posts.c.id.in_(bindparam("ids", expanding=True)))
AUTHORS = select(accounts.c.id, accounts.c.actor).where(
    accounts.c.actor.in_(bindparam("authors", expanding=True)), accounts.c.state == State.ACTIVE
)


class CatchingUpUnit(FederationUnit):
    """What `federation.catching_up` asks for."""

    async def instance(self) -> str:
        asked = select(names.c.actor).where(names.c.name == INSTANCE)
        return (await self.connection.execute(asked)).scalar_one_or_none() or ""

    async def resenders(self, after: str, most: int) -> Sequence[str]:
        p = peers.c
        asked = (
            select(p.host)
            .where(p.host > after, p.capabilities.contains(RESEND), p.suspended.is_(None))
            .order_by(p.host)
            .limit(most)
        )
        return list((await self.connection.execute(asked)).scalars())

    async def someone_at(self, host: str) -> str | None:
        a, (above, below) = actors.c, of_host(host)
        asked = select(a.id).where(
            a.id > above, a.id < below, a.gone.is_(None), a.suspended.is_(None)
        )
        found = await self.connection.execute(asked.order_by(a.id).limit(1))
        return found.scalar_one_or_none()

    async def next_awaited(self, after: str, within: str = "") -> Actor | None:
        """See `federation.catching_up`. `within`: no further than ids that begin so."""
        ours = f"{self.context.origin}/"
        while True:
            asked = {"after": after}
            rows = await self.connection.fetch_all((FOLLOWED, asked), (BEFRIENDED, asked))
            following = sorted(row.id for some in rows for row in some)
            if not following or (within and not following[0].startswith(within)):
                return None
            after = following[0]
            if after.startswith(ours):
                after = behind(ours)
                continue
            found = await self.actor(after)
            if found is not None and found.gone is None and found.suspended is None:
                return found

    async def resends(self, actor: Actor) -> bool:
        peer = await self.peer(origin(actor.id).authority)
        return RESEND in (*actor.capabilities, *peer.capabilities)

    async def people(self, after: str, most: int) -> Sequence[tuple[str, str]]:
        a = accounts.c
        asked = select(a.id, a.actor).where(a.id > after, a.state == State.ACTIVE)
        found = await self.connection.execute(asked.order_by(a.id).limit(most))
        return [(row.id, row.actor) for row in found]

    async def keep_asked(self, asked: Asked) -> None:
        span = {"since": micros(asked.since), "restored": micros(asked.restored)}
        row = {"id": asked.id, "actor": asked.actor, **span}
        await self.connection.execute(resends.insert(), row)

    async def asked(self, resend: str) -> Asked | None:
        rows = await self.connection.fetch(ASKED, {"resend": resend})
        span = [from_micros(at) for row in rows for at in (row.since, row.restored)]
        return Asked(rows[0].id, rows[0].actor, *span) if rows else None

    async def count_named(self, resend: str, posts: int, most: int) -> bool:
        counted = await self.connection.execute(
            update(resends)
            .where(_R.id == resend, _R.named + posts <= most)
            .values(named=_R.named + posts)
        )
        return bool(counted.rowcount == 1)

    async def lost(self, held: Sequence[Held]) -> Sequence[tuple[str, Held]]:
        by_author = {row.actor: row.id for row in await self._accounts(held)}
        known = {row.id for row in await self._posts(held)}
        return [
            (by_author[one.author], one)
            for one in held
            if one.author in by_author and one.id not in known
        ]

    async def _accounts(self, held: Sequence[Held]) -> Sequence[Any]:
        authors = sorted({one.author for one in held})
        return await self.connection.fetch(AUTHORS, {"authors": authors}) if authors else []

    async def _posts(self, held: Sequence[Held]) -> Sequence[Any]:
        ids = sorted({one.id for one in held})
        return await self.connection.fetch(KNOWN, {"ids": ids}) if ids else []

    async def notices_since(
        self, accounts: Collection[str], kind: str, since: datetime
    ) -> Mapping[str, int]:
        if not accounts:
            return {}
        asked = {"accounts": sorted(accounts), "kind": kind, "since": micros(since)}
        return {row.account: row.given for row in await self.connection.fetch(GIVEN, asked)}

    async def notified(self, kind: str, objects: Iterable[str]) -> set[tuple[str, str]]:
        return await Notices(self).given(kind, objects)

    def notify_of(
        self, account: str, kind: str, actor: str, object: str, quiet: bool = False
    ) -> None:
        Notices(self).add_new(account, kind, actor, object, quiet)

    async def add_job(self, kind: str, subject: str) -> None:
        await add_job(self, kind, subject)
