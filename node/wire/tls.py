"""Pure: the TLS presentation language as RFC 9420 §2.1 writes it: numbers, vectors, optionals.

Every length is checked against the bytes that are there before anything is allocated, and a
budget of elements bounds the work that a hostile message can ask for (MLS-2.1b).
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from node.errors import Malformed, TooMuch

T = TypeVar("T")

LONGEST_VECTOR = 2**30 - 1
# A Remove is 7 bytes, so a small honest commit may be dense; a big message is not: a leaf with the
# blank parent beside it is 250 bytes, a sealed path secret 82.
FREE_ELEMENTS = 4096
BYTES_PER_ELEMENT = 64


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
    return length(len(value)) + value


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


def _too_dense() -> TooMuch:
    return TooMuch("MLS-2.1b", "the message holds more elements than its size allows")


class Reader:
    """Reads one message from its first byte to its last. Never looks outside `data`."""

    __slots__ = ("_data", "_end", "_left", "at")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._end = len(data)
        self._left = FREE_ELEMENTS + len(data) // BYTES_PER_ELEMENT
        self.at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start = self.at
        stop = start + count
        if stop > self._end:
            raise Malformed("MLS-2.1", "the message ends inside a field")
        self.at = stop
        return self._data[start:stop]

    def since(self, start: int) -> bytes:
        """The bytes from position `start` to here, exactly as they came."""
        return self._data[start : self.at]

    def u8(self) -> int:
        start = self.at
        if start >= self._end:
            raise Malformed("MLS-2.1", "the message ends inside a field")
        self.at = start + 1
        return self._data[start]

    def u16(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def u64(self) -> int:
        return int.from_bytes(self.take(8), "big")

    def length(self) -> int:
        """The length of a vector: minimal, and of bytes that are there."""
        first = self.u8()
        prefix = first >> 6
        if prefix == 3:
            raise Malformed("MLS-2.1.2a", "a vector length begins with the bits 11")
        if prefix == 0:
            value = first
        elif prefix == 1:
            value = (first & 0x3F) << 8 | self.u8()
        else:
            value = (first & 0x3F) << 24 | int.from_bytes(self.take(3), "big")
        if prefix and value < (64, 16384)[prefix - 1]:
            raise Malformed("MLS-2.1.2", "a vector length is not in its shortest form")
        return value

    def opaque(self) -> bytes:
        start = self.at
        if start < self._end and self._data[start] < 64:
            self.at = start + 1
            return self.take(self._data[start])
        return self.take(self.length())

    def vector(self, item: Callable[["Reader"], T]) -> tuple[T, ...]:
        """Items that fill the vector exactly, each read by `item`."""
        count = self.length()
        stop, outer = self.at + count, self._end
        if stop > outer:
            raise Malformed("MLS-2.1", "the message ends inside a vector")
        self._end = stop
        items: list[T] = []
        while self.at < stop:
            # As `count(1)`, but this is the inmost loop of a message of a mebibyte.
            self._left -= 1
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
        if len(raw) % 2:
            raise Malformed("MLS-2.1", "a vector of 16-bit numbers ends inside one")
        self.count(len(raw) // 32)
        return struct.unpack(f">{len(raw) // 2}H", raw)

    def u32s(self) -> tuple[int, ...]:
        raw = self.opaque()
        if len(raw) % 4:
            raise Malformed("MLS-2.1", "a vector of 32-bit numbers ends inside one")
        self.count(len(raw) // 32)
        return struct.unpack(f">{len(raw) // 4}I", raw)

    def optional(self, item: Callable[["Reader"], T]) -> T | None:
        present = self.u8()
        if present == 0:
            return None
        if present != 1:
            raise Malformed("MLS-2.1.1", "the presence byte of an optional is neither 0 nor 1")
        return item(self)

    def rest(self) -> bytes:
        """All that remains, such as padding."""
        return self.take(self._end - self.at)

    def finish(self) -> None:
        """Refuse bytes after the last field."""
        if self.at != self._end:
            raise Malformed("MLS-2.1a", "bytes follow the last field")


Item = Callable[[Reader], T]
"""Reads one structure."""


def parse(data: bytes, item: Item[T]) -> T:
    """`item` read from all of `data`. Raises `Malformed` (MLS-2.1…) or `TooMuch` (MLS-2.1b)."""
    reader = Reader(data)
    value = item(reader)
    reader.finish()
    return value
