"""Notices and their events, for whichever unit has something to say to one of our people."""

from sqlalchemy import ColumnElement, bindparam, delete, select

from node.store.tables import notices
from node.store.unit import Unit
from node.wire.times import micros

_N = notices.c
SAME = (
    select(_N.id)
    .where(
        _N.account == bindparam("account"),
        _N.kind == bindparam("kind"),
        _N.actor == bindparam("actor"),
        _N.object == bindparam("object"),
    )
    .limit(1)
)
SAME_UNREAD = SAME.where(_N.read.is_(None))


class Notices:
    """Those of one unit."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def add(
        self,
        account: str,
        kind: str,
        actor: str,
        object: str,
        once: bool = False,
        quiet: bool = False,
    ) -> bool:
        """A notice and its event, unless the same one waits to be read. Whether it is new.

        `once`: nor when it was read, as a like that is said again is no news. `quiet`: no event.
        """
        said = {"account": account, "kind": kind, "actor": actor, "object": object}
        same = await self._unit.connection.execute(SAME if once else SAME_UNREAD, said)
        if same.first() is not None:
            return False
        id = self._unit.fresh()
        row = {"id": id, **said, "created": micros(self._unit.now)}
        await self._unit.connection.execute(notices.insert(), row)
        if not quiet:
            told = {"id": id, "kind": kind, "actor": actor, "object": object}
            self._unit.tell_each([account], "notice", told, about=id)
        return True

    async def take_back(self, *which: ColumnElement[bool]) -> int:
        """Remove notices, and their events from streams that did not show them yet. How many."""
        gone = await self._unit.connection.execute(
            delete(notices).where(*which).returning(_N.account, _N.id)
        )
        rows = gone.all()
        for row in rows:
            self._unit.retract_events(row.account, "notice", [row.id])
        return len(rows)
