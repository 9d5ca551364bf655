"""Which life of the database this is: a restored one is another, and says so (API-7.2, E2E-4.8)."""

from typing import Final

from sqlalchemy import bindparam, select, update

from node.store import tables
from node.store.unit import Unit
from node.store.upserts import put
from node.wire.times import micros

INCARNATION: Final = "incarnation"
INCARNATION_BYTES: Final = 16
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

    async def renew_incarnation(self) -> str:
        """Begin another life: what was given out since the copy was made is not known here.

        Numbers of mailboxes and events may go back, so clients read anew; single-use key packages
        may be with somebody already, so they are handed out no more and devices publish others.
        """
        name = self.context.entropy.draw(INCARNATION_BYTES).hex()
        if await self.incarnation():
            at = str(micros(self.now))
            await self.connection.execute(
                put(self.connection, tables.settings, key=RESTORED, value=at)
            )
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
