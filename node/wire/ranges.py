"""Pure: the Range header of one request for one file (RFC 9110 §14, spec VID-7.5)."""

import re

from msgspec import Struct

MOST_DIGITS = 18
_ONE = re.compile(rf"(\d{{0,{MOST_DIGITS}}})-(\d{{0,{MOST_DIGITS}}})", re.ASCII)


class Span(Struct, frozen=True):
    """The bytes of ``[start, stop)``."""

    start: int
    stop: int

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{size}"


class Wanted(Struct, frozen=True):
    """One range of a file whose size is not known here. `first` None: the last `last` bytes."""

    first: int | None
    last: int | None

    @property
    def header(self) -> str:
        """As a request asks for it."""
        first = "" if self.first is None else self.first
        return f"bytes={first}-{'' if self.last is None else self.last}"

    def fits(self, start: int, stop: int, size: int) -> bool:
        """Whether ``[start, stop)`` of `size` bytes is what was wanted."""
        if self.first is None:
            wanted = _suffix(self.last or 0, size) if self.last and size else None
        else:
            end = size if self.last is None else min(self.last + 1, size)
            wanted = Span(self.first, end) if self.first < end else None
        return wanted == Span(start, stop)


class NoRange(ValueError):
    """Not one range inside the file. Its text says why, in a sentence."""


def read_range(header: str, size: int) -> Span | None:
    """The one range that is asked for, or None for the whole file (another unit is ignored).

    Raises `NoRange` for what is no range, lies outside the file, or is more than one.
    """
    wanted = read_wanted(header)
    if wanted is None:
        return None
    if wanted.first is None:
        return _suffix(wanted.last or 0, size)
    if wanted.first >= size:
        raise NoRange("the range begins after the end")
    return Span(wanted.first, size if wanted.last is None else min(wanted.last + 1, size))


def read_wanted(header: str) -> Wanted | None:
    """As `read_range`, for a file whose size is still to be learned."""
    unit, equals, ranges = header.strip().partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    if "," in ranges:
        raise NoRange("one range at a time")
    found = _ONE.fullmatch(ranges.strip())
    if found is None or found.group(0) == "-":
        raise NoRange("this is no range of bytes")
    first, last = found.groups()
    if first and last and int(last) < int(first):
        raise NoRange("the range ends before it begins")
    return Wanted(int(first) if first else None, int(last) if last else None)


def _suffix(length: int, size: int) -> Span:
    if length == 0 or size == 0:
        raise NoRange("the range is empty")
    return Span(max(0, size - length), size)
