"""The queries of the archive. Sealed bodies only."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, select, update

from node.e2ee.archive import Kept, Offered, Shelf, end_of
from node.store.erasing import ERASE_ARCHIVE
from node.store.jobs import have_job
from node.store.tables import account_keys, archive_records, archive_tombstones, archives
from node.store.unit import IN_ORDER, Unit
from node.store.upserts import insert_ignore
from node.wire.times import micros

_R, _T, _S = archive_records.c, archive_tombstones.c, archives.c
_MINE = _R.account == bindparam("account")
_NAMED: BindParameter[bytes] = bindparam("names", expanding=True)
SHELF = select(_S.generation, _S.bytes, _S.records, _S.off).where(_S.account == bindparam("whose"))
KEY_BOX = select(account_keys.c.box).where(account_keys.c.account == bindparam("whose"))
STANDING = select(_R.name, _R.body).where(_MINE, _R.name.in_(_NAMED))
BURIED = select(_T.name).where(_T.account == bindparam("account"), _T.name.in_(_NAMED))
A_RECORD = select(_R.pos).where(_MINE).limit(1)
A_TOMBSTONE = select(_T.name).where(_T.account == bindparam("account")).limit(1)
DROP = delete(archive_records).where(_MINE, _R.name == bindparam("gone"))
PUT_SHELF = (
    update(archives)
    .where(_S.account == bindparam("whose"))
    .values(
        generation=bindparam("newest"),
        bytes=bindparam("size"),
        records=bindparam("count"),
        off=bindparam("is_off"),
    )
)
_SIZES = select(_R.pos, _R.size).limit(bindparam("count"))
SIZES_BEFORE = _SIZES.where(_MINE, _R.pos < bindparam("place")).order_by(_R.pos.desc())
SIZES_AFTER = _SIZES.where(_MINE, _R.pos > bindparam("place")).order_by(_R.pos)
CHOSEN = select(_R.pos, _R.name, _R.generation, _R.day, _R.body).where(
    _R.pos.in_(bindparam("chosen", expanding=True))
)


class ArchiveUnit(Unit):
    """A transaction of the archive."""

    async def shelf(self, account: str) -> Shelf:
        if self.connection.dialect.name != "sqlite":
            self.connection.later(IN_ORDER, {"account": account})
        self.connection.later(
            insert_ignore(self.connection, archives), {"account": account, "generation": 0}
        )
        return await self.shelf_as_it_is(account)

    async def shelf_as_it_is(self, account: str) -> Shelf:
        """For whoever only looks."""
        rows = await self.connection.fetch(SHELF, {"whose": account})
        return Shelf(*rows[0]) if rows else Shelf()

    async def key_box(self, account: str) -> bytes | None:
        rows = await self.connection.fetch(KEY_BOX, {"whose": account})
        return bytes(rows[0].box) if rows else None

    async def standing(self, account: str, names: Sequence[bytes]) -> dict[bytes, bytes]:
        asked = {"account": account, "names": list(names)}
        if not names:
            return {}
        buried, written = await self.connection.fetch_all((BURIED, asked), (STANDING, asked))
        found = {bytes(row.name): b"" for row in buried}
        return found | {bytes(row.name): bytes(row.body) for row in written}

    async def write(self, account: str, records: Sequence[Offered]) -> None:
        for one in records:
            # A state comes in the place of another, at a new end of the list.
            if one.was:
                self.connection.later(DROP, {"account": account, "gone": one.name})
        for one in records:
            self.connection.later(
                insert_ignore(self.connection, archive_records),
                {
                    "account": account,
                    "name": one.name,
                    "generation": one.generation,
                    "day": one.day,
                    "ends": micros(end_of(one.day)) if one.day else None,
                    "size": len(one.body),
                    "body": one.body,
                },
            )

    async def bury(self, account: str, names: Sequence[bytes]) -> None:
        for name in names:
            self.connection.later(DROP, {"account": account, "gone": name})
        for name in names:
            self.connection.later(
                insert_ignore(self.connection, archive_tombstones),
                {"account": account, "name": name},
            )

    async def put_shelf(self, account: str, shelf: Shelf) -> None:
        self.connection.later(
            PUT_SHELF,
            {
                "whose": account,
                "newest": shelf.generation,
                "size": shelf.bytes,
                "count": shelf.records,
                "is_off": shelf.off,
            },
        )

    async def clear(self, account: str) -> None:
        """A job does it: a large archive would hold the writer for too long."""
        await have_job(self, ERASE_ARCHIVE, account)

    async def is_cleared(self, account: str) -> bool:
        asked = {"account": account}
        return not any(await self.connection.fetch_all((A_RECORD, asked), (A_TOMBSTONE, asked)))

    async def newest(self, account: str, before: int, count: int, most: int) -> list[Kept]:
        return await self._page(SIZES_BEFORE, account, before, count, most)

    async def oldest(self, account: str, after: int, count: int, most: int) -> list[Kept]:
        return await self._page(SIZES_AFTER, account, after, count, most)

    async def _page(
        self, sizes: Any, account: str, place: int, count: int, most: int
    ) -> list[Kept]:
        asked = {"account": account, "place": place, "count": count}
        chosen: list[int] = []
        total = 0
        for row in await self.connection.fetch(sizes, asked):
            total += row.size
            if chosen and total > most:
                break
            chosen.append(row.pos)
        rows = {row.pos: row for row in await self.connection.fetch(CHOSEN, {"chosen": chosen})}
        found = (rows[pos] for pos in chosen if pos in rows)
        return [
            Kept(row.pos, bytes(row.name), row.generation, row.day, bytes(row.body))
            for row in found
        ]
