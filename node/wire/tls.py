"""Pure: the TLS presentation language as RFC 9420 §2.1 writes it: numbers, vectors, optionals.

Every length is checked against the bytes that are there before anything is allocated, and a
budget bounds the work that a hostile message can ask for (MLS-2.1b).
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar, dataclass_transform

from node.errors import Malformed, TooMuch

T = TypeVar("T")

LONGEST_VECTOR = 2**30 - 1
# How much a message may hold, in elements: one is read in about a microsecond. What takes longer
# counts as more. The path of a commit has an element for each member where all parents are blank.
BUDGET = 12288


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def structure(kind: type[T]) -> type[T]:
    """A dataclass of which one message may hold thousands.

    Frozen to the type checker only: to be so at run time costs more than the reading does.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)


def u8(value: int) -> bytes:
    return value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    return value.to_bytes(8, "big")


_SHORT = tuple(bytes((value,)) for value in range(64))


def length(value: int) -> bytes:
    """`value` in the fewest of 1, 2 or 4 bytes (§2.1.2)."""
    if value < 64:
        return _SHORT[value]
    if value < 16384:
        return (value | 0x4000).to_bytes(2, "big")
    if value > LONGEST_VECTOR:
        raise TooMuch("MLS-2.1.2", "a vector is longer than 2^30 - 1 bytes")
    return (value | 0x80000000).to_bytes(4, "big")


def opaque(value: bytes) -> bytes:
    """`opaque value<V>`."""
    size = len(value)
    return (_SHORT[size] if size < 64 else length(size)) + value


def vector(items: Iterable[bytes]) -> bytes:
    """The encoded `items` behind their length in bytes."""
    return opaque(b"".join(items))


def u16s(values: Sequence[int]) -> bytes:
    """`uint16 values<V>`."""
    return opaque(struct.pack(f">{len(values)}H", *values))


def u32s(values: Sequence[int]) -> bytes:
    """`uint32 values<V>`."""
    return opaque(struct.pack(f">{len(values)}I", *values))


def optional(value: bytes | None) -> bytes:
    """`optional<T>`, where `value` is the encoded T."""
    return b"\x00" if value is None else b"\x01" + value


def _cut_short() -> Malformed:
    return Malformed("MLS-2.1", "the message ends inside a field")


def _too_dense() -> TooMuch:
    return TooMuch("MLS-2.1b", "the message holds more elements than are read here")


def _u16s(raw: bytes) -> tuple[int, ...]:
    if len(raw) % 2:
        raise Malformed("MLS-2.1", "a vector of 16-bit numbers ends inside one")
    return struct.unpack(f">{len(raw) // 2}H", raw)


_BYTES_OF_NUMBERS = 16  # count as one element
# All leaves of a group list nearly the same few numbers.
_FEW_BYTES = 15
_few_u16s = lru_cache(4096)(_u16s)


class Reader:
    """Reads one message from its first byte to its last. Never looks outside `data`."""

    __slots__ = ("_data", "_end", "_left", "at")

    def __init__(self, data: bytes, budget: int = BUDGET) -> None:
        self._data = data
        self._end = len(data)
        self._left = budget
        self.at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start = self.at
        stop = start + count
        if stop > self._end:
            raise _cut_short()
        self.at = stop
        return self._data[start:stop]

    def since(self, start: int) -> bytes:
        """The bytes from position `start` to here, exactly as they came."""
        return self._data[start : self.at]

    def u8(self) -> int:
        start = self.at
        if start >= self._end:
            raise _cut_short()
        self.at = start + 1
        return self._data[start]

    def u16(self) -> int:
        start = self.at
        stop = start + 2
        if stop > self._end:
            raise _cut_short()
        self.at = stop
        return self._data[start] << 8 | self._data[start + 1]

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "big")

    def u64s(self, count: int) -> tuple[int, ...]:
        """So many numbers, one after the other."""
        return struct.unpack(f">{count}Q", self.take(8 * count))

    def length(self) -> int:
        """The length of a vector: minimal, and of bytes that are there."""
        first = self.u8()
        if first < 0x40:
            return first
        if first < 0x80:
            value, least = (first & 0x3F) << 8 | self.u8(), 64
        elif first < 0xC0:
            value, least = (first & 0x3F) << 24 | int.from_bytes(self.take(3), "big"), 16384
        else:
            raise Malformed("MLS-2.1.2a", "a vector length begins with the bits 11")
        if value < least:
            raise Malformed("MLS-2.1.2", "a vector length is not in its shortest form")
        return value

    def opaque(self) -> bytes:
        # Most fields are short; this is where a large message spends its time.
        start = self.at + 1
        if start <= self._end and (count := self._data[start - 1]) < 64:
            stop = start + count
            if stop <= self._end:
                self.at = stop
                return self._data[start:stop]
        return self.take(self.length())

    def vector(self, item: Callable[["Reader"], T], cost: int = 1) -> tuple[T, ...]:
        """Items that fill the vector exactly, each read by `item` and counting as `cost`."""
        count = self.length()
        if not count:
            return ()
        stop, outer = self.at + count, self._end
        if stop > outer:
            raise Malformed("MLS-2.1", "the message ends inside a vector")
        self._end = stop
        items: list[T] = []
        while self.at < stop:
            # As `count(cost)`, but this is the inmost loop of a message of a mebibyte.
            self._left -= cost
            if self._left < 0:
                raise _too_dense()
            items.append(item(self))
        self._end = outer
        return tuple(items)

    def count(self, elements: int) -> None:
        """Take `elements` off the budget."""
        self._left -= elements
        if self._left < 0:
            raise _too_dense()

    def u16s(self) -> tuple[int, ...]:
        raw = self.opaque()
        if len(raw) > _FEW_BYTES:
            self.count(len(raw) // _BYTES_OF_NUMBERS)
            return _u16s(raw)
        return _few_u16s(raw)

    def u32s(self) -> tuple[int, ...]:
        raw = self.opaque()
        if not raw:
            return ()
        if len(raw) % 4:
            raise Malformed("MLS-2.1", "a vector of 32-bit numbers ends inside one")
        self.count(len(raw) // _BYTES_OF_NUMBERS)
        return struct.unpack(f">{len(raw) // 4}I", raw)

    def optional(self, item: Callable[["Reader"], T]) -> T | None:
        present = self.u8()
        if present == 0:
            return None
        if present != 1:
            raise Malformed("MLS-2.1.1", "the presence byte of an optional is neither 0 nor 1")
        return item(self)

    def zeros(self, most: int = 64) -> int:
        """Pass over the zero bytes that come next, at most so many: how many those were."""
        ahead = self._data[self.at : min(self.at + most, self._end)]
        count = len(ahead) - len(ahead.lstrip(b"\x00"))
        self.at += count
        return count

    @property
    def ended(self) -> bool:
        """Whether nothing remains."""
        return self.at == self._end

    def rest(self) -> bytes:
        """All that remains, such as padding."""
        return self.take(self._end - self.at)

    def finish(self) -> None:
        """Refuse bytes after the last field."""
        if self.at != self._end:
            raise Malformed("MLS-2.1a", "bytes follow the last field")


Item = Callable[[Reader], T]
"""Reads one structure."""


def parse(data: bytes, item: Item[T], budget: int = BUDGET) -> T:
    """`item` read from all of `data`. Raises `Malformed` (MLS-2.1…) or `TooMuch` (MLS-2.1b)."""
    reader = Reader(data, budget)
    value = item(reader)
    reader.finish()
    return value
