"""Notices and their events, for whichever unit has something to say to one of our people."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, delete, select

from node.inbox.mutes import UNMUTED
from node.store.hushed import HUSHED
from node.store.tables import notices, tombstones
from node.store.unit import Unit
from node.store.upserts import put
from node.wire.times import micros

REST = timedelta(days=1)  # in which what was taken back and is said again rings for nobody

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
ABOUT = select(_N.account, _N.object).where(
    _N.object.in_(bindparam("objects", expanding=True)), _N.kind == bindparam("kind")
)
GIVE = notices.insert()
FLAPPING = select(tombstones.c.id).where(
    tombstones.c.id == bindparam("grave"),
    tombstones.c.actor == bindparam("actor"),
    tombstones.c.deleted > bindparam("since"),
)


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

        `once`: nor when it was read, as a like that is said again is no news. `quiet`: no event;
        nor has one that was taken back a short time ago (`rests`), or of who or what is muted.
        """
        said = {"account": account, "kind": kind, "actor": actor, "object": object}
        since = micros(self._unit.now - REST)
        flap = {"grave": _grave(account, kind, object), "actor": actor, "since": since}
        tie = {"account": account, "actor": actor, "object": object, "now": micros(self._unit.now)}
        same, flapping, hushed = await self._unit.connection.fetch_all(
            (SAME if once else SAME_UNREAD, said), (FLAPPING, flap), (HUSHED, tie)
        )
        if same:
            return False
        unheard = bool(flapping) or (bool(hushed) and kind not in UNMUTED)
        self.add_new(account, kind, actor, object, quiet or unheard)
        return True

    async def given(self, kind: str, objects: Iterable[str]) -> set[tuple[str, str]]:
        """Who has one of this kind about which of these, read or not."""
        asked = sorted({*objects})
        if not asked:
            return set()
        rows = await self._unit.connection.fetch(ABOUT, {"kind": kind, "objects": asked})
        return {(row.account, row.object) for row in rows}

    def add_new(
        self, account: str, kind: str, actor: str, object: str, quiet: bool = False
    ) -> None:
        """As `add`, of which the caller knows that it is new: many are one statement."""
        id = self._unit.fresh()
        told = {"kind": kind, "actor": actor, "object": object}
        row = {"id": id, "account": account, **told, "created": micros(self._unit.now)}
        self._unit.connection.later(GIVE, row)
        if not quiet:
            self._unit.tell_each([account], "notice", {"id": id, **told}, about=id)

    async def take_back(self, *which: ColumnElement[bool], rests: bool = False) -> int:
        """Remove notices, and their events from streams that did not show them yet. How many.

        `rests`: who gave them may have them given anew at once, and tells nobody by it for a day.
        """
        gone = await self._unit.connection.execute(
            delete(notices).where(*which).returning(_N.account, _N.id, _N.kind, _N.actor, _N.object)
        )
        rows = gone.all()
        for row in rows:
            self._unit.retract_events(row.account, "notice", [row.id])
            if rests:
                key = {"id": _grave(row.account, row.kind, row.object), "actor": row.actor}
                await self._unit.connection.execute(
                    put(self._unit.connection, tombstones, **key, deleted=micros(self._unit.now))
                )
        return len(rows)


def _grave(account: str, kind: str, object: str) -> str:
    return f"notice {account} {kind} {object}"
