"""Pure: whether all is there, by the numbers that senders give to what they say (spec ARC-4)."""

from collections.abc import Iterator, Mapping
from typing import Final

from node.e2ee.records.record import LARGEST_NUMBER
from node.errors import Malformed
from node.wire.json import decode

EMPTIES: Final = "kith:empties"


class Numbers:
    """The numbers of one device's words in one group that are accounted for."""

    def __init__(self) -> None:
        self._here: set[int] = set()
        self._highest = 0

    def add(self, number: int) -> None:
        """It is here, or a `Delete` emptied it. 0 is no number."""
        if number:
            self._here.add(number)
            self.heard(number)

    def heard(self, number: int) -> None:
        """One so high was said, whether it is here or not."""
        self._highest = max(self._highest, number)

    def missing(self) -> Iterator[tuple[int, int]]:
        """(first, last) of each gap, in order (ARC-4.2)."""
        before = 0
        for number in sorted({*self._here, self._highest + 1}):
            if number - before > 1:
                yield before + 1, number - 1
            before = number


def emptied(data: bytes) -> tuple[bytes, int] | None:
    """The device and number that a `Delete` empties, if it says so.

    Raises `Malformed` (ARC-4.1) for what is not in its form.
    """
    document = decode(data)
    said = document.get(EMPTIES) if isinstance(document, Mapping) else None
    if said is None:
        return None
    device = said.get("device") if isinstance(said, Mapping) else None
    number = said.get("number") if isinstance(said, Mapping) else None
    try:
        key = bytes.fromhex(device) if isinstance(device, str) else b""
    except ValueError:
        key = b""
    # A `true` is a number to Python.
    if not key or type(number) is not int or not 0 < number <= LARGEST_NUMBER:
        raise Malformed("ARC-4.1", "a Delete that does not say which number it empties")
    return key, number
