"""Lengths and presence bytes that are wrong, at each place where a structure has one.

A reader that remembers where lengths stand finds the places; the lengths around a place that grows
are put right, so that only the one is wrong.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from node.wire import tls
from node.wire.tls import Reader


@dataclass
class Spot:
    """A length or presence byte: where it stands, its own width, and where its vector ends."""

    at: int
    width: int
    end: int
    optional: bool = False


@dataclass
class Tracer(Reader):
    """Reads as any reader does, and remembers."""

    data: bytes
    spots: list[Spot] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.data)

    def length(self) -> int:
        at = self.at
        value = super().length()
        self.spots.append(Spot(at, self.at - at, self.at + value))
        return value

    def optional(self, item: Callable[[Reader], Any]) -> Any:
        self.spots.append(Spot(self.at, 1, self.at + 1, optional=True))
        return super().optional(item)


def spots(data: bytes, item: Callable[[Reader], Any]) -> list[Spot]:
    tracer = Tracer(data)
    item(tracer)
    return tracer.spots


def _around(data: bytes, found: list[Spot], spot: Spot, new: bytes) -> bytes:
    """`data` with other bytes for the length at `spot`, the lengths around it put right."""
    data = data[: spot.at] + new + data[spot.at + spot.width :]
    grown = len(new) - spot.width
    outer = [o for o in found if not o.optional and o.at < spot.at and o.end >= spot.end]
    for around in sorted(outer, key=lambda o: -o.at):
        value = around.end - around.at - around.width + grown
        head = tls.length(value)
        data = data[: around.at] + head + data[around.at + around.width :]
        grown += len(head) - around.width
    return data


def _longer(value: int, width: int) -> bytes:
    if width == 2:
        return (value | 0x4000).to_bytes(2, "big")
    return (value | 0x80000000).to_bytes(4, "big")


def lies(data: bytes, item: Callable[[Reader], Any]) -> Iterator[tuple[str, str, str, bytes]]:
    """(name, clause, why, bytes) for each place, one lie at each, in turn."""
    found = spots(data, item)
    for turn, spot in enumerate(found):
        if spot.optional:
            for value in (2, 255):
                changed = data[: spot.at] + bytes([value]) + data[spot.at + 1 :]
                yield (
                    f"presence-{turn}-{value}",
                    "MLS-2.1.1",
                    "a presence byte that is none",
                    changed,
                )
            continue
        size = spot.end - spot.at - spot.width
        if turn % 3 == 2:
            first = bytes([data[spot.at] | 0xC0])
            changed = data[: spot.at] + first + data[spot.at + 1 :]
            yield f"length-{turn}-11", "MLS-2.1.2a", "a length that begins with 11", changed
        elif spot.width < 4:
            width = 2 if spot.width == 1 and turn % 3 == 0 else 4
            changed = _around(data, found, spot, _longer(size, width))
            yield f"length-{turn}-long", "MLS-2.1.2", "a length that is not the shortest", changed
