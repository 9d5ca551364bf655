"""Linkings over a `MemoryTables`."""

from node.e2ee.account_keys import KeptKeys
from node.e2ee.links import Link
from node.testing.memory.accounts import AccountsUnit


class LinksUnit(AccountsUnit):
    """A transaction of linking."""

    async def link(self, code: str, hold: bool = False) -> Link | None:
        return self.tables.links.get(code)

    async def add_link(self, link: Link) -> bool:
        return self.tables.links.setdefault(link.code, link) is link

    async def put_link(self, link: Link) -> None:
        self.tables.links[link.code] = link

    async def is_device(self, id: str) -> bool:
        return id in self.tables.devices

    async def account_keys(self, actor: str) -> KeptKeys | None:
        return self.tables.account_keys.get(actor)
