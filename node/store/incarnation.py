"""Which life of the database this is: a restored one is another, and says so (API-7.2, E2E-4.8)."""

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select, update

from node.federation.catching_up import CATCH_UP, subject
from node.store import tables
from node.store.jobs import add_job
from node.store.unit import Unit
from node.store.upserts import put
from node.wire.times import from_micros, micros

INCARNATION: Final = "incarnation"
INCARNATION_BYTES: Final = 16
AS_OF: Final = "as_of"  # when that copy was made
RESTORED: Final = "restored"  # when the present life began, if it is not the first

SETTING = select(tables.settings.c.value).where(tables.settings.c.key == bindparam("name"))


class IncarnationUnit(Unit):
    """Queries over the one row of `settings` that names the database's life."""

    async def incarnation(self) -> str:
        """32 hexadecimal digits; "" before the first start."""
        return await self._setting(INCARNATION)

    async def restored_at(self) -> int:
        """When the database was last put back from a copy, in microseconds; 0 for never."""
        return int(await self._setting(RESTORED) or 0)

    async def _setting(self, name: str) -> str:
        rows = await self.connection.fetch(SETTING, {"name": name})
        return str(rows[0].value) if rows else ""

    async def as_of(self) -> datetime | None:
        """Of when the copy was that the present life began with; None for the first life."""
        at = await self._setting(AS_OF)
        return from_micros(int(at)) if at else None

    async def renew_incarnation(self, as_of: datetime | None = None) -> str:
        """Begin another life: what was given out since the copy was made is not known here.

        Numbers of mailboxes and events may go back, so clients read anew; single-use key packages
        may be with somebody already, so they are handed out no more and devices publish others.
        `as_of` is when the copy was made; where nobody knows, the last that arrived says it. Other
        servers are asked for what they sent since (FED-13.1).
        """
        name = self.context.entropy.draw(INCARNATION_BYTES).hex()
        if await self.incarnation():
            at = str(micros(self.now))
            since = as_of or await self._last_arrival()
            for key, value in ((RESTORED, at), (AS_OF, str(micros(since)))):
                await self.connection.execute(
                    put(self.connection, tables.settings, key=key, value=value)
                )
            await add_job(self, CATCH_UP, subject(since, self.now))
        await self.connection.execute(
            put(self.connection, tables.settings, key=INCARNATION, value=name)
        )
        packages = tables.key_packages
        await self.connection.execute(
            update(packages)
            .where(packages.c.claimed.is_(None), packages.c.last_resort.is_(False))
            .values(claimed=micros(self.now))
        )
        return name

    async def _last_arrival(self) -> datetime:
        a = tables.arrivals.c
        newest = select(func.max(a.seq)).scalar_subquery()
        asked = select(a.received).where(a.seq == newest)
        found = (await self.connection.execute(asked)).scalar_one_or_none()
        return from_micros(found) if found else self.now
