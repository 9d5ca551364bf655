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


class NoRange(ValueError):
    """Not one range inside the file. Its text says why, in a sentence."""


def read_range(header: str, size: int) -> Span | None:
    """The one range that is asked for, or None for the whole file (another unit is ignored).

    Raises `NoRange` for what is no range, lies outside the file, or is more than one.
    """
    unit, equals, ranges = header.strip().partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    if "," in ranges:
        raise NoRange("one range at a time")
    found = _ONE.fullmatch(ranges.strip())
    if found is None or found.group(0) == "-":
        raise NoRange("this is no range of bytes")
    first, last = found.groups()
    if not first:
        return _suffix(int(last), size)
    start = int(first)
    if last and int(last) < start:
        raise NoRange("the range ends before it begins")
    if start >= size:
        raise NoRange("the range begins after the end")
    return Span(start, min(int(last) + 1, size) if last else size)


def _suffix(length: int, size: int) -> Span:
    if length == 0 or size == 0:
        raise NoRange("the range is empty")
    return Span(max(0, size - length), size)
