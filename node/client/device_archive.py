"""Pure: a device and its account's archive, each happening a step (spec DEV-14)."""

from node.client.archiving import Archiving, Due, Erasing
from node.client.device_state import DeviceState
from node.client.restoring import ArchivedPage, Restored, Restoring
from node.client.rows import ArchivedRow, ArchiveRow
from node.client.said import Said
from node.client.said_rows import NotErasedRow
from node.errors import Refused


class DeviceArchive:
    """What the program may ask of a device about the archive."""

    def __init__(self, state: DeviceState, archiving: Archiving, said: Said) -> None:
        self._state = state
        self._archiving = archiving
        self._restoring = Restoring(state, archiving, said)

    @property
    def is_on(self) -> bool:
        """Whether what is said is kept."""
        return self._archiving.is_on

    @property
    def place(self) -> ArchiveRow:
        """How far the archive was read."""
        return self._archiving.row

    @property
    def waiting(self) -> int:
        """How many records the home node has not."""
        return self._state.count("due")

    @property
    def is_due(self) -> bool:
        """Whether there is something to send, or to remove there."""
        return bool(self._state.groups_with("due") or self._state.groups_with("erase"))

    def erasing(self) -> Erasing:
        """What to remove there now."""
        return self._archiving.erasing()

    def erased(self, done: Erasing) -> None:
        """It is removed there."""
        with self._state.step():
            self._archiving.sent(done.rows)
            self._archiving.erase_on()

    @property
    def not_erased(self) -> NotErasedRow:
        """Why what is to be removed there is not, and until when."""
        return self._archiving.not_erased

    def hold_erasing(self, clause: str, until: int) -> None:
        """Nothing is removed there until then."""
        with self._state.step():
            self._archiving.hold_erasing(clause, until)

    def switch(self, on: bool) -> None:
        """Keep what is said from now on, or nothing any more."""
        with self._state.step():
            self._archiving.switch(on)

    def adopt(self, generation: int, key: bytes) -> None:
        """Another device of the account gave us an archive key."""
        with self._state.step():
            self._archiving.adopt(generation, key)

    def due(self, now: int) -> Due:
        """What to send now. What cannot be sealed is set aside, and missing there."""
        while True:
            due, aside = self._archiving.due(now)
            if not aside:
                return due
            with self._state.step():
                self._archiving.miss(aside)

    def hold(self, error: Refused, until: int) -> None:
        """The home node takes nothing before then."""
        with self._state.step():
            self._archiving.hold(error, until)

    def seen_missing(self) -> None:
        """The person knows how many are missing."""
        with self._state.step():
            self._archiving.seen_missing()

    def sent(self, due: Due) -> None:
        """The home node has it. After a kill it goes out again, which changes nothing."""
        with self._state.step():
            self._archiving.sent(due.rows)
            self._archiving.go_on()
            self._state.postpone()

    def take(self, page: ArchivedPage, now: int) -> Restored:
        """Make history of a page; on disk when this returns."""
        with self._state.step():
            return self._restoring.take(page, now)

    def between(self, actor: str) -> list[str]:
        """Those of just us and `actor`, of which this device has the history only."""
        pair = {self._state.actor, actor}
        return [group for group, who in self.conversations().items() if {*who} == pair]

    def conversations(self) -> dict[str, list[str]]:
        """Who was in the conversations of which this device has the history only."""
        names = self._state.names("archived")
        found = {name.partition("/")[2]: name for name in names}
        return {group: self._state.get(name, ArchivedRow).members for group, name in found.items()}
