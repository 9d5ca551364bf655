"""The queries of catching up after a restore (spec FED-13)."""

from collections.abc import Sequence

from sqlalchemy import select

from node.accounts.account import State
from node.accounts.names import INSTANCE
from node.federation.capabilities import RESEND
from node.store.jobs import add_job
from node.store.notices import Notices
from node.store.tables import accounts, actors, names, peers
from node.store.unit import Unit


class CatchingUpUnit(Unit):
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
        a, prefix = actors.c, f"https://{host}/"
        asked = select(a.id).where(
            a.id > prefix, a.id < prefix[:-1] + "0", a.gone.is_(None), a.suspended.is_(None)
        )
        found = await self.connection.execute(asked.order_by(a.id).limit(1))
        return found.scalar_one_or_none()

    async def people(self, after: str, most: int) -> Sequence[tuple[str, str]]:
        a = accounts.c
        asked = select(a.id, a.actor).where(a.id > after, a.state == State.ACTIVE)
        found = await self.connection.execute(asked.order_by(a.id).limit(most))
        return [(row.id, row.actor) for row in found]

    async def notify_of(self, account: str, kind: str, actor: str, object: str) -> None:
        await Notices(self).add(account, kind, actor, object, once=True)

    async def add_job(self, kind: str, subject: str) -> None:
        await add_job(self, kind, subject)
