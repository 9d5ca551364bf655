"""Pure: what the archive gives back becomes history again (spec DEV-14).

A page is one step. What cannot be opened is counted and told, and does not stop the rest.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from node.client import content as inner
from node.client import rows
from node.client.archiving import Archiving
from node.client.device_state import DeviceState
from node.client.rows import ArchivedRow, ArchiveRow, MessageRow
from node.client.said import Said, act_of, message_of
from node.e2ee.records.days import day_of
from node.e2ee.records.record import Kind, Record
from node.e2ee.records.seals import Keyring, Sealed
from node.errors import Refused
from node.wire.json import decode
from node.wire.times import from_seconds

NO_KEY: Final = "ARC-2.1"
# From here numbers go down as the past is read, and up as it goes on; all of them are below 0.
BEGINNING: Final = -(2**52)
OVER: Final = ("ARC-3.2", "ARC-3.4")


class ArchivedPage(msgspec.Struct, frozen=True):
    """Records as the home node gave them, with their positions; none of them: the list ended.

    `backwards`: the newest first, else the oldest first.
    """

    records: Sequence[tuple[int, Sealed]]
    backwards: bool
    incarnation: str = ""


class Restored(msgspec.Struct):
    """What came of pages. `locked` are under keys that this device does not have, `over` were of a
    day that has ended, `broken` were altered, swapped or not understood."""

    new: int = 0
    known: int = 0
    locked: int = 0
    over: int = 0
    broken: int = 0

    def add(self, other: "Restored") -> None:
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Restoring:
    """Reads the archive of one device's account."""

    def __init__(self, state: DeviceState, archiving: Archiving, said: Said) -> None:
        self._state = state
        self._archiving = archiving
        self._said = said

    def take(self, page: ArchivedPage, now: int) -> Restored:
        """Take a page in. What is here already stays as it is."""
        came, row = Restored(), self._placed(page)
        today, keyring = day_of(from_seconds(now)), self._archiving.keyring()
        opened = [
            record
            for _, sealed in page.records
            if (record := _open(keyring, sealed, today, came)) is not None
        ]
        if page.backwards:
            opened.reverse()
        # What was read in one burst has one time: it stays in its order.
        opened.sort(key=lambda record: record.received)
        many = len(opened)
        first = BEGINNING - row.earlier - many if page.backwards else BEGINNING + row.later
        for place, record in enumerate(opened):
            self._put(record, first + place, came)
        earlier, later = (many, 0) if page.backwards else (0, many)
        row = replace(row, earlier=row.earlier + earlier, later=row.later + later)
        self._state.put(rows.ARCHIVE, row)
        return came

    def _placed(self, page: ArchivedPage) -> ArchiveRow:
        """How far the archive was read, with this page."""
        row = self._archiving.row
        if page.incarnation and page.incarnation != row.incarnation:
            # Positions of another life of the database mean nothing.
            row = replace(row, incarnation=page.incarnation, since=0, done=False)
        if not page.records:
            return replace(row, done=row.done or page.backwards)
        return replace(row, since=max(row.since, *(pos for pos, _ in page.records)))

    def _put(self, record: Record, number: int, came: Restored) -> None:
        group = record.group.hex()
        name = rows.message_row(group, record.actor, record.id)
        said = None if record.kind is Kind.STATE else _said(record)
        is_act = said is not None and said.kind in inner.ACTS
        if record.kind is Kind.STATE or (not is_act and self._is_here(group, record, name)):
            came.known += 1
            return
        if said is None or (record.kind is not Kind.CREATE and not is_act):
            came.broken += 1
            return
        self._meet(group, record)
        at = record.received * 1000
        if is_act:
            act = act_of(said, record.actor, number)
            # What named no time happened when it came.
            timed = act if act.at or act.kind == inner.DELETE else replace(act, at=at)
            self._happened(group, timed, at, came)
            return
        row = self._said.meet(group, message_of(said, record.actor, at, number, record.epoch))
        if row is None:  # it was taken back
            came.known += 1
            return
        self._state.put(name, row)
        self._said.came(group, said.id, at)
        came.new += 1

    def _happened(self, group: str, act: MessageRow, at: int, came: Restored) -> None:
        """To what was said, whichever of the two is read first."""
        try:
            self._said.take(group, act, at, bounded=False)
            came.known += 1
        except Refused:
            came.broken += 1

    def _is_here(self, group: str, record: Record, name: str) -> bool:
        """Words of ours that nobody could read were said again elsewhere, under the same id."""
        if self._state.has(name) or record.actor != self._state.actor:
            return self._state.has(name)
        others = self._state.groups_with("message")
        named = (rows.message_row(other, record.actor, record.id) for other in others)
        return any(self._state.has(each) for each in named)

    def _meet(self, group: str, record: Record) -> None:
        """Who is in a conversation of which this device has the history only."""
        if self._state.has(rows.conversation_row(group)):
            return
        name = rows.archived_row(group)
        known = self._state.find(name, ArchivedRow) or ArchivedRow(members=[])
        found = {*known.members, record.actor, self._state.actor}
        if record.actor == self._state.actor:
            found |= {*_addressed(record.data)}
        if (members := sorted(found)) != known.members:
            self._state.put(name, ArchivedRow(members=members))


def _open(keyring: Keyring, sealed: Sealed, today: int, came: Restored) -> Record | None:
    try:
        return keyring.open(sealed, today)
    except Refused as error:
        if error.clause == NO_KEY:
            came.locked += 1
        elif error.clause in OVER:
            came.over += 1
        else:
            came.broken += 1
    return None


def _said(record: Record) -> inner.Content | None:
    """What stands in a record; None for what is not understood, or is of another id. It goes by
    what it says: an earlier version of a device kept changes as if they were words."""
    try:
        said = inner.read(record.data)
    except Refused:
        return None
    is_taken_back = said.kind == inner.DELETE and said.about == (record.id,)
    return said if said.id == record.id or is_taken_back else None


def _addressed(data: bytes) -> list[str]:
    """To whom our own words went; a record is ours only if an archive key sealed it."""
    document = decode(data)
    to = document.get("to") if isinstance(document, Mapping) else None
    return [each for each in to if isinstance(each, str)] if isinstance(to, list) else []
