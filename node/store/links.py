"""Linkings as rows (LNK-5)."""

from sqlalchemy import select, update

from node.e2ee.account_keys import KeptKeys
from node.e2ee.links import Link
from node.store.account_keys import AccountKeysUnit
from node.store.accounts import AccountsUnit
from node.store.tables import devices, links
from node.store.upserts import insert_ignore
from node.wire.times import from_micros, micros


class LinksUnit(AccountsUnit):
    """A transaction of linking: it ends with a device and a session."""

    async def link(self, code: str, hold: bool = False) -> Link | None:
        wanted = select(links).where(links.c.code == code)
        found = await self.connection.execute(wanted.with_for_update() if hold else wanted)
        row = found.one_or_none()
        if row is None:
            return None
        return Link(
            row.code,
            row.commit,
            row.shower,
            from_micros(row.created),
            from_micros(row.expires),
            # An empty default comes back as text from SQLite.
            *(bytes(slot or b"") for slot in (row.reader, row.read, row.shown, row.grant)),
        )

    async def add_link(self, link: Link) -> bool:
        """False where the code is taken."""
        done = await self.connection.execute(
            insert_ignore(self.connection, links).values(
                code=link.code,
                commit=link.commit,
                shower=link.shower,
                created=micros(link.created),
                expires=micros(link.expires),
            )
        )
        return bool(done.rowcount == 1)

    async def put_link(self, link: Link) -> None:
        """What was written to it since it was held."""
        await self.connection.execute(
            update(links)
            .where(links.c.code == link.code)
            .values(
                reader=link.reader,
                read=link.read,
                shown=link.shown,
                grant=link.grant,
                expires=micros(link.expires),
            )
        )

    async def is_device(self, id: str) -> bool:
        """Whether that is, or was, a device of anybody."""
        found = await self.connection.execute(select(devices.c.id).where(devices.c.id == id))
        return found.first() is not None

    async def account_keys(self, actor: str) -> KeptKeys | None:
        return await self.beside(AccountKeysUnit).account_keys(actor)
