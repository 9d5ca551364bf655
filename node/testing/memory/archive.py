"""The archive's unit over a `MemoryTables`. What was deleted has an empty body."""

from collections.abc import Sequence

from node.e2ee.archive import Kept, Offered, Shelf
from node.testing.memory.unit import Unit


class ArchiveUnit(Unit):
    """A transaction of the archive."""

    async def shelf(self, account: str) -> Shelf:
        return await self.shelf_as_it_is(account)

    async def shelf_as_it_is(self, account: str) -> Shelf:
        return self.tables.archives.get(account, Shelf())

    async def key_box(self, account: str) -> bytes | None:
        known = self.tables.accounts.get(account)
        kept = self.tables.account_keys.get(known.actor) if known else None
        return kept.keys.box if kept else None

    async def standing(self, account: str, names: Sequence[bytes]) -> dict[bytes, bytes]:
        found = ((name, self.tables.archive.get((account, name))) for name in names)
        return {name: kept.body for name, kept in found if kept is not None}

    async def write(self, account: str, records: Sequence[Offered]) -> None:
        for one in records:
            kept = Kept(self.tables.number(), one.name, one.generation, one.day, one.body)
            self.tables.archive[account, one.name] = kept

    async def bury(self, account: str, names: Sequence[bytes]) -> None:
        for name in names:
            self.tables.archive[account, name] = Kept(self.tables.number(), name, 0, 0, b"")

    async def put_shelf(self, account: str, shelf: Shelf) -> None:
        self.tables.archives[account] = shelf

    async def clear(self, account: str) -> None:
        for key in [key for key in self.tables.archive if key[0] == account]:
            del self.tables.archive[key]

    async def is_cleared(self, account: str) -> bool:
        return not any(owner == account for owner, _ in self.tables.archive)

    async def newest(self, account: str, before: int, count: int, most: int) -> list[Kept]:
        found = [one for one in self._of(account) if one.pos < before]
        return _page(found[::-1], count, most)

    async def oldest(self, account: str, after: int, count: int, most: int) -> list[Kept]:
        return _page([one for one in self._of(account) if one.pos > after], count, most)

    def _of(self, account: str) -> list[Kept]:
        kept = self.tables.archive.items()
        found = [one for (owner, _), one in kept if owner == account and one.body]
        return sorted(found, key=lambda one: one.pos)


def _page(found: Sequence[Kept], count: int, most: int) -> list[Kept]:
    page: list[Kept] = []
    for one in found[:count]:
        if page and sum(len(each.body) for each in (*page, one)) > most:
            break
        page.append(one)
    return page
