"""Pure: what is told and no other row says, until whoever runs the device has it (DEV-2.7)."""

from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import Final, TypeVar

import msgspec

from node.client.conversation_events import (
    ChangeDropped,
    ConversationCaughtUp,
    ConversationEvent,
    GroupSpoilt,
    KeysChanged,
    MessageUndelivered,
    MessageUnreadable,
    NodeRestored,
)
from node.client.device_state import DeviceState

KEPT: Final[dict[str, type[ConversationEvent]]] = {
    kind.__name__: kind
    for kind in (
        ChangeDropped,
        ConversationCaughtUp,
        GroupSpoilt,
        KeysChanged,
        MessageUndelivered,
        MessageUnreadable,
        NodeRestored,
    )
}
MOST: Final = 100  # of a kind: nobody fills the vault with what cannot be read
Told = TypeVar("Told", bound=Iterable[ConversationEvent])


def keep(state: DeviceState, events: Told) -> Told:
    """These are told once the step is written: what of them would be lost is written with it."""
    for event in events:
        kind = type(event).__name__
        if kind in KEPT:
            state.write(f"untold/{kind}/{state.number():016d}", _encoded(event))
            if len(names := state.names("untold", kind)) > MOST:
                state.delete(names[0])
    return events


def forget_words(state: DeviceState, ids: Collection[str]) -> None:
    """Words that were taken back are not told any more (DEV-18.4)."""
    for name in state.names("untold", MessageUndelivered.__name__):
        event = _decoded(state, name)
        if isinstance(event, MessageUndelivered) and event.id in ids:
            state.delete(name)


class Untold:
    """What a device has told, until it is heard."""

    def __init__(self, state: DeviceState) -> None:
        self._state = state

    def keep(self, events: Told) -> Told:
        """As `keep`."""
        return keep(self._state, events)

    def events(self) -> list[ConversationEvent]:
        """What nobody has heard yet, in the order in which it happened."""
        state = self._state
        names = [name for kind in KEPT for name in state.names("untold", kind)]
        return [_decoded(state, name) for name in sorted(names, key=_number)]

    def heard(self, events: Iterable[ConversationEvent]) -> None:
        """Whoever runs the device has these. After a kill they may be told once more."""
        state = self._state
        if not state.groups_with("untold"):
            return
        with state.step():
            for event in events:
                if (name := _name(state, event)) is not None:
                    state.delete(name)
            state.postpone()


def _number(name: str) -> str:
    return name.rpartition("/")[2]


def _name(state: DeviceState, event: ConversationEvent) -> str | None:
    """The row of an event, of equal ones the first; None for what is not kept."""
    names = state.names("untold", type(event).__name__)
    return next((name for name in names if state.read(name) == _encoded(event)), None)


def _encoded(event: ConversationEvent) -> bytes:
    said = {field.name: getattr(event, field.name) for field in fields(event)}
    return msgspec.json.encode({"is": type(event).__name__, **said})


def _decoded(state: DeviceState, name: str) -> ConversationEvent:
    kind = KEPT[name.split("/")[1]]
    found: ConversationEvent = msgspec.json.decode(state.read(name) or b"", type=kind)
    return found
