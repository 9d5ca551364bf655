"""Pure: server-sent events, as they come in pieces (spec API-7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from node.errors import Unreachable

LONGEST_EVENT = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the stream. `id` is where to resume after it."""

    id: str
    kind: str
    data: Mapping[str, Any]


class EventParser:
    """Takes the bytes of a stream, gives the events that are whole."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[Event]:
        """The events that `piece` completes. Raises `Unreachable` for what is no such stream."""
        *whole, self._rest = (self._rest + piece).replace(b"\r\n", b"\n").split(b"\n\n")
        if len(self._rest) > LONGEST_EVENT:
            raise Unreachable("an event that does not end")
        return [event for event in map(_event, whole) if event is not None]


def _event(text: bytes) -> Event | None:
    """None for comments, by which a server only shows that it is there."""
    fields: dict[str, str] = {}
    for line in text.decode(errors="replace").split("\n"):
        name, _, value = line.partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
    if "data" not in fields:
        return None
    try:
        data = msgspec.json.decode(fields["data"], type=dict[str, Any])
    except msgspec.DecodeError:
        raise Unreachable("an event that is no JSON object") from None
    return Event(fields.get("id", ""), fields.get("event", "message"), data)
