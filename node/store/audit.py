"""The log of what administrators did, as rows that are only added (spec API-11.8)."""

from collections.abc import Sequence

from sqlalchemy import bindparam, or_, select

from node.accounts.audit import Act, Deed
from node.store.paging import Pages
from node.store.tables import admin_log
from node.store.unit import Unit
from node.wire.api.cursor import Cursor
from node.wire.times import from_micros, micros

_L = admin_log.c
# Every line was written after 1970: said so that the index is used from where a page begins.
LOG = Pages(
    select(admin_log).where(_L.created > 0, or_(_L.about == "", _L.about != bindparam("but"))),
    _L.created,
    _L.id,
)


class AuditUnit(Unit):
    """Beside the unit that does what is written down."""

    def log(self, who: str, deed: Deed, object: str, about: str = "") -> None:
        """`about`: an actor who is not shown this line (INB-10.4)."""
        row = {"id": self.fresh(), "who": who, "deed": str(deed), "object": object, "about": about}
        self.connection.later(admin_log.insert(), {**row, "created": micros(self.now)})

    async def logged(self, but: str, limit: int, after: Cursor | None) -> Sequence[Act]:
        """What the actor `but` may read, the newest first: one more than `limit`, if there are."""
        rows = await self.connection.fetch(*LOG.page(limit, after, but=but))
        return [
            Act(row.id, row.who, Deed(row.deed), row.object, from_micros(row.created), row.about)
            for row in rows
        ]
