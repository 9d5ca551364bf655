"""Pure: the device's seat: of two copies of one vault only one goes on (spec DEV-8, ACC-4.4)."""

from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from node.client import rows
from node.client.conversation_events import ConversationEvent
from node.client.device_outbox import DeviceOutbox
from node.client.device_state import DeviceState
from node.client.rows import SeatRow
from node.errors import Conflict, Refused

NONCE_BYTES: Final = 16
LEFT_BEHIND: Final = (
    "this vault is an older copy, or another copy of it is in use: log in again to make this"
    " machine a device of its own"
)
CLAUSES: Final = frozenset({"ACC-4.4", "ACC-4.5"})


@dataclass(frozen=True, slots=True)
class SeatAsked:
    """The seat that the vault has, its proof (ACC-4.7), and the nonce for the next one.

    `again`: it was asked for before. A copy may have been made since, so that another one is to be
    taken after it.
    """

    have: int
    proof: bytes
    nonce: bytes = field(repr=False)
    again: bool = False


class DeviceSeat:
    """What this vault knows of its seat, and what becomes of it."""

    def __init__(self, state: DeviceState, outbox: DeviceOutbox) -> None:
        self._state = state
        self._outbox = outbox

    @property
    def _row(self) -> SeatRow:
        return self._state.find(rows.SEAT, SeatRow) or SeatRow()

    @property
    def frozen(self) -> bool:
        """Whether another copy of this vault is the device."""
        return self._row.frozen

    def check(self) -> None:
        """Raises `Conflict` (ACC-4.4) for a vault that was left behind."""
        if self.frozen:
            raise Conflict("ACC-4.4", LEFT_BEHIND)

    def ask(self) -> SeatAsked:
        """The next seat to ask for; one that was asked for and not answered is asked for again."""
        row = self._row
        if row.nonce:
            return SeatAsked(row.have, row.proof, row.nonce, again=True)
        row = replace(row, nonce=self._state.entropy.draw(NONCE_BYTES))
        self._state.put(rows.SEAT, row)
        return SeatAsked(row.have, row.proof, row.nonce)

    def taken(self, number: int, proof: bytes) -> None:
        """The node has given us this seat."""
        self._state.put(rows.SEAT, SeatRow(have=number, proof=proof))

    def freeze(self, error: Refused) -> list[ConversationEvent]:
        """Another copy is the device: keys are erased, history stays, what was not sent is told."""
        found: list[ConversationEvent] = []
        self._state.put(rows.SEAT, SeatRow(have=self._row.have, frozen=True))
        for group in self._state.conversations():
            found += self._outbox.give_up(group, error)
        for name in [*self._state.names("package"), *self._parked()]:
            self._state.delete(name)
        return found

    def _parked(self) -> list[str]:
        groups = self._state.groups_with("parked")
        return [name for group in groups for name in self._state.names("parked", group)]
