"""The log of what administrators did, as rows that are only added (spec API-11.8)."""

from collections.abc import Sequence

from sqlalchemy import select

from node.accounts.audit import Act, Deed
from node.store.paging import Pages
from node.store.tables import admin_log
from node.store.unit import Unit
from node.wire.api.cursor import Cursor
from node.wire.times import from_micros, micros

_L = admin_log.c
# Every line was written after 1970: said so that the index is used from where a page begins.
LOG = Pages(select(admin_log).where(_L.created > 0), _L.created, _L.id)


class AuditUnit(Unit):
    """Beside the unit that does what is written down."""

    def log(self, who: str, deed: Deed, object: str, note: str = "") -> None:
        row = {"id": self.fresh(), "who": who, "deed": str(deed), "object": object, "note": note}
        self.connection.later(admin_log.insert(), {**row, "created": micros(self.now)})

    async def logged(self, limit: int, after: Cursor | None) -> Sequence[Act]:
        """The newest first: one more than `limit`, if there are."""
        rows = await self.connection.fetch(*LOG.page(limit, after))
        return [
            Act(row.id, row.who, Deed(row.deed), row.object, row.note, from_micros(row.created))
            for row in rows
        ]
