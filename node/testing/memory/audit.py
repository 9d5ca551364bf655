"""The log of administrators, as in `store.audit`."""

from collections.abc import Sequence

from node.accounts.audit import Act, Deed
from node.testing.memory.paging import page
from node.testing.memory.unit import Unit
from node.wire.api.cursor import Cursor
from node.wire.times import micros


class AuditUnit(Unit):
    """Beside the unit that does what is written down."""

    def log(self, who: str, deed: Deed, object: str, about: str = "") -> None:
        act = Act(self.fresh(), who, deed, object, self.now, about)
        self.tables.admin_log[act.id] = act

    async def logged(self, but: str, limit: int, after: Cursor | None) -> Sequence[Act]:
        log = self.tables.admin_log
        kept = {id: one for id, one in log.items() if not one.about or one.about != but}
        ids, _ = page([(micros(one.at), id) for id, one in kept.items()], limit + 1, after)
        return [kept[id] for id in ids]
