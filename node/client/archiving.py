"""Pure: what a device keeps in its account's archive, until the home node has it (spec DEV-14).

Each lasting word becomes a record in the step that writes its row, so that nothing is forgotten.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final

from msgspec.structs import replace

from node.client import content as inner
from node.client import rows
from node.client.device_state import DeviceState
from node.client.rows import ArchivedRow, ArchiveRow, MessageRow
from node.client.said_rows import NOT_ERASED, EraseRow, NotErasedRow, stands, words_of
from node.e2ee.mls.private.events import ApplicationMessage
from node.e2ee.records.days import day_of
from node.e2ee.records.record import Kind, Record, read
from node.e2ee.records.seals import ArchiveKey, Keyring, Sealed
from node.errors import Malformed, Missing, Refused, TooMuch
from node.wire.times import from_seconds

MOST_AT_ONCE: Final = 100
MOST_BYTES: Final = 2**20
MOST_NAMED: Final = 1_000  # to remove, at once (ARC-7.2)
MOST_DUE: Final = 10_000  # the home node may take nothing for ever
KINDS: Final = {
    inner.UPDATE: Kind.UPDATE,
    inner.LIKE: Kind.LIKE,
    inner.UNDO: Kind.UNDO,
    inner.DELETE: Kind.DELETE,
}
NO_KEY: Final = (
    "this device has no key of the archive: use kith recovery use with the recovery key, or go on"
    " at a device that has it"
)


@dataclass(frozen=True, slots=True)
class Due:
    """Records to send: sealed, and by which rows they wait."""

    rows: list[str] = field(default_factory=list)
    records: list[Sealed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Erasing:
    """Records to remove: their names, and by which rows that waits."""

    rows: list[str] = field(default_factory=list)
    names: list[bytes] = field(default_factory=list)


class Archiving:
    """The archive's side of one device. Nothing of it happens without an archive key."""

    def __init__(self, state: DeviceState) -> None:
        self._state = state

    @property
    def row(self) -> ArchiveRow:
        return self._state.find(rows.ARCHIVE, ArchiveRow) or ArchiveRow()

    @property
    def is_on(self) -> bool:
        """Whether what is said is kept."""
        return self._state.first("archive_key") is not None and not self.row.off

    def switch(self, on: bool) -> None:
        """Begin; or end, and forget what waits. Raises `Missing` (DEV-14.5) without a key."""
        if on and self._state.first("archive_key") is None:
            raise Missing("DEV-14.5", NO_KEY)
        if not on:
            erased = (self._state.names("erase", one) for one in self._state.groups_with("erase"))
            self.sent([*self.waiting(), *(name for some in erased for name in some)])
            self.erase_on()
        row = replace(self.row, off=not on, held="", held_until=0, why="")
        self._state.put(rows.ARCHIVE, row)

    def adopt(self, generation: int, key: bytes) -> None:
        """Another device of the account gave us an archive key."""
        self._state.write(rows.archive_key_row(generation), key)

    def keyring(self) -> Keyring:
        """The account's archive keys. Nothing is sealed for a day yet."""
        names = self._state.names("archive_key")
        found = ((name.partition("/")[2], self._state.read(name) or b"") for name in names)
        return Keyring(ArchiveKey(int(generation), key) for generation, key in found)

    # -- what is kept ----------------------------------------------------------------------------

    def heard(
        self, group: str, event: ApplicationMessage, message: MessageRow, at: int = 0
    ) -> None:
        """What somebody said, as it was sealed; `at` (microseconds) is when it came, where the row
        does not say it."""
        if not self.is_on:
            return
        at = (at or message.at) // 1000
        record = Record(
            kind=KINDS.get(message.kind, Kind.CREATE),
            group=bytes.fromhex(group),
            actor=event.sender.identity.decode(),
            device=event.sender.signature_key,
            id=message.id,
            epoch=event.epoch,
            t=at,
            received=at,
            data=event.data,
        )
        self._keep(group, message, record)

    def said(self, group: str, message: MessageRow) -> None:
        """Words of ours that the home node has now; not when they are only sealed anew."""
        if not self.is_on or message.kind == inner.FAILURE or message.mended:
            return
        if not stands(self._state, group, message):
            return
        members = self._state.conversation(group).members
        at = message.at // 1000
        kind, words = KINDS.get(message.kind, Kind.CREATE), words_of(message)
        if kind is Kind.CREATE:
            data = inner.write_bare_note(words, message.actor, members)
        else:
            data = inner.write_act(message.kind, words, message.actor, message.edit)
        record = Record(
            kind=kind,
            group=bytes.fromhex(group),
            actor=self._state.actor,
            device=self._state.groups.me.signature.public,
            id=message.id,
            epoch=message.epoch,
            t=at,
            received=at,
            data=data,
        )
        self._keep(group, message, record)

    def again(self, group: str, message: MessageRow) -> None:
        """What is here, for a node that may have lost its record (DEV-14.7)."""
        fresh = message.number < 0  # it came by the archive, or has no number
        number = self._state.number() if fresh else message.number
        if self._state.has(rows.due_row(group, number)):
            return
        kind, words = KINDS.get(message.kind, Kind.CREATE), words_of(message)
        try:
            if kind is not Kind.CREATE:
                data = inner.write_act(message.kind, words, message.actor, message.edit)
            elif message.raw and not message.edit:
                data = message.raw.encode()
            else:
                data = inner.write_bare_note(words, message.actor, self._members(group))
        except TooMuch:  # in our form it is longer than in its author's
            self._count_missing(1)
            return
        at = message.at // 1000
        record = Record(
            kind=kind,
            group=bytes.fromhex(group),
            actor=message.actor,
            id=message.id,
            epoch=message.epoch,
            t=at,
            received=at,
            data=data,
        )
        self._keep(group, replace(message, number=number), record)

    def _members(self, group: str) -> list[str]:
        if self._state.has(rows.conversation_row(group)):
            return self._state.conversation(group).members
        known = self._state.find(rows.archived_row(group), ArchivedRow)
        return known.members if known else []

    def _keep(self, group: str, message: MessageRow, record: Record) -> None:
        """Not what nobody could read: that is missing there, and told so (DEV-14.6)."""
        try:
            data = record.checked()
        except Malformed:
            self._count_missing(1)
            return
        if self._state.count("due") >= MOST_DUE:
            self.miss(self._oldest(MOST_AT_ONCE))
        self._state.write(rows.due_row(group, message.number), data)

    # -- what the home node does not take --------------------------------------------------------

    def hold(self, error: Refused, until: int) -> None:
        """Nothing goes out until then."""
        row = replace(self.row, held=error.clause, held_until=until, why=error.reason)
        self._state.put(rows.ARCHIVE, row)

    @property
    def not_erased(self) -> NotErasedRow:
        return self._state.find(NOT_ERASED, NotErasedRow) or NotErasedRow()

    def hold_erasing(self, clause: str, until: int) -> None:
        """Nothing is removed there until then."""
        self._state.put(NOT_ERASED, NotErasedRow(clause=clause, until=until))

    def erase_on(self) -> None:
        """It removes what is to be removed."""
        self._state.delete(NOT_ERASED)

    def go_on(self) -> None:
        """It takes records again."""
        if self.row.held:
            row = replace(self.row, held="", held_until=0, why="")
            self._state.put(rows.ARCHIVE, row)

    def miss(self, names: list[str]) -> None:
        """These are never kept there."""
        self.sent(names)
        self._count_missing(len(names))

    def _count_missing(self, more: int) -> None:
        self._state.put(rows.ARCHIVE, replace(self.row, missing=self.row.missing + more))

    def seen_missing(self) -> None:
        """The person knows how many are missing."""
        if self.row.missing:
            self._state.put(rows.ARCHIVE, replace(self.row, missing=0))

    # -- what goes out ---------------------------------------------------------------------------

    def waiting(self) -> Iterator[str]:
        """The rows of what the home node has not."""
        for group in self._state.groups_with("due"):
            yield from self._state.names("due", group)

    def _oldest(self, count: int) -> list[str]:
        return nsmallest(count, self.waiting(), key=lambda name: name.rpartition("/")[2])

    def due(self, now: int) -> tuple[Due, list[str]]:
        """What to send next, in the order in which it was said; and rows that nobody can send."""
        keyring, due, aside, size = self.keyring(), Due(), list[str](), 0
        today = day_of(from_seconds(now))
        for name in self._oldest(MOST_AT_ONCE):
            try:
                record, _ = read(self._state.read(name) or b"")
                sealed = keyring.seal(record, self._state.entropy, today)
            except Refused:
                aside.append(name)
                continue
            size += len(sealed.body)
            if due.rows and size > MOST_BYTES:
                break
            due.rows.append(name)
            due.records.append(sealed)
        return due, aside

    def sent(self, names: list[str]) -> None:
        """The home node has these."""
        for name in names:
            self._state.delete(name)

    def erasing(self) -> Erasing:
        """What has to be removed there next, by the names that it may have (DEV-18.5)."""
        names, keys = self._state.names("archive_key"), list[ArchiveKey]()
        for name in names:
            generation, key = int(name.partition("/")[2]), self._state.read(name) or b""
            keys.append(ArchiveKey(generation, key))
        found = Erasing()
        for group in self._state.groups_with("erase"):
            for name in self._state.names("erase", group):
                if len(found.names) + len(keys) > MOST_NAMED:
                    return found
                row = self._state.get(name, EraseRow)
                found.rows.append(name)
                where = bytes.fromhex(group)
                found.names.extend(key.name(where, row.actor, row.id) for key in keys)
        return found
