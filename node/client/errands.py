"""Pure: what a device tells its home node of its conversations (spec DEV-11).

Of whom a commit left no leaf, so that they get nothing more; and what a node forgot that was put
back from a copy.
"""

from collections.abc import Iterable
from typing import Final

from node.client import home, rows
from node.client.conversation_events import ConversationEvent, ConversationLeft
from node.client.device_outbox import DeviceOutbox
from node.client.device_state import DeviceState
from node.client.exchange import Create, Created, Outcome, TellGone
from node.client.rows import GoneRow
from node.errors import Conflict, Refused, Unreachable

READ_FIRST: Final = "changes of the conversation wait to be read"


class Errands:
    """Those of one device."""

    def __init__(self, state: DeviceState, outbox: DeviceOutbox) -> None:
        self._state = state
        self._outbox = outbox

    def next(self) -> Create | TellGone | None:
        """The next of them."""
        for group in self._ready("forgotten"):
            return self._create(group)
        for group in self._ready("gone"):
            row = self._state.conversation(group)
            if row.ref:
                name = rows.gone_row(group)
                actors = tuple(self._state.get(name, GoneRow).actors)
                seq = int(self._state.read(rows.CURSOR) or b"0")
                return TellGone(name, group, row.ref, actors, seq)
        return None

    def _ready(self, kind: str) -> list[str]:
        held = self._outbox.obstacles.of
        return [group for group in self._state.groups_with(kind) if held(group) is None]

    def _create(self, group: str) -> Create:
        row = self._state.conversation(group)
        others = tuple(actor for actor in row.members if actor != self._state.actor)
        epoch = self._state.groups.session(group).epoch
        return Create(
            rows.forgotten_row(group), group, row.group_id, others, url=row.url, epoch=epoch
        )

    def outcome(self, asked: Create | TellGone, outcome: Outcome) -> list[ConversationEvent]:
        """What came of one."""
        obstacles = self._outbox.obstacles
        if isinstance(asked, TellGone) and isinstance(outcome, Conflict):
            outcome = Unreachable(READ_FIRST, beyond=True, held="unread")
        if obstacles.takes(asked, outcome):
            return []
        self._state.delete(asked.row)
        if isinstance(asked, TellGone):
            return []  # done, or there is no such conversation any more
        if isinstance(outcome, Created):
            home.known_as(self._state, asked.group, outcome)
        elif isinstance(outcome, Refused):
            # It is over: what was to be said there is told, and that it is.
            told = self._outbox.give_up(asked.group, outcome)
            return [*told, ConversationLeft(asked.group, self._state.actor)]
        return []

    def left(self, group: str, actors: Iterable[str]) -> None:
        """A commit left no leaf of these in the group; ours: of this device."""
        name = rows.gone_row(group)
        known = self._state.find(name, GoneRow) or GoneRow(actors=[])
        if found := sorted({*known.actors, *actors}):
            self._state.put(name, GoneRow(actors=found))

    def came(self, group: str, actors: Iterable[str]) -> None:
        """They are in the group again."""
        known = self._state.find(name := rows.gone_row(group), GoneRow)
        if known is None:
            return
        left = sorted({*known.actors} - {*actors})
        if left:
            self._state.put(name, GoneRow(actors=left))
        else:
            self._state.delete(name)

    def restored(self) -> None:
        """Our node was put back from a copy: it is told of every conversation."""
        for group in self._state.groups_with("group"):
            if self._state.conversation(group).ref:
                home.forgotten(self._state, group)
