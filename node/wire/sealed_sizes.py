"""Pure: how long a sealed file is: chunks, and the lengths that files are filled up to (ATT-1)."""

from bisect import bisect_left

CHUNK = 16 * 1024
TAG = 16
HEAD = 56  # salt and commitment
LARGEST_SEALED = 4 * 2**30
_FIRST = 541
_PARTS = 20  # of a length, by which the next one is greater


def sealed_size(padded: int) -> int:
    """The length of the sealed file, of one that is filled up already."""
    return HEAD + padded + TAG * (padded // CHUNK + 1)


def _ladder() -> tuple[int, ...]:
    found, length = list[int](), _FIRST
    while sealed_size(length) <= LARGEST_SEALED:
        found.append(length)
        length += length // _PARTS
    return tuple(found)


_LENGTHS = _ladder()
_SEALED = frozenset(map(sealed_size, _LENGTHS))
LARGEST = _LENGTHS[-1]  # the longest file


def padded_size(length: int) -> int:
    """What a file of `length` bytes, at most `LARGEST`, is filled up to."""
    return _LENGTHS[bisect_left(_LENGTHS, length)]


def is_sealed_size(size: int) -> bool:
    """Whether a sealed file can be so long (ATT-1.3)."""
    return size in _SEALED
