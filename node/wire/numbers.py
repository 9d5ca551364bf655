"""Pure: the numbers that posts, people and videos bear beside their ids (API-5.6).

63 bits: 47 of milliseconds since 1970, then 16 that tell apart what has the same millisecond. As
Mastodon's, they sort as time does, so clients that compare ids as decimal digits may page by them.
"""

from datetime import datetime

from cachetools import LRUCache

from node.wire.times import micros

CHANCE_BYTES = 2  # that a number is drawn from
REMEMBERED = 10_000  # numbers drawn for what was made elsewhere, so that none is drawn twice
_BITS = 16
_LARGEST = 2**63 - 1


class Numbers:
    """Draws numbers; one per process. What is drawn for now is larger than all drawn before."""

    def __init__(self) -> None:
        self._last = 0
        self._drawn: LRUCache[int, None] = LRUCache(REMEMBERED)

    def draw(self, now: datetime, chance: bytes) -> int:
        """The number of what comes to be now. `chance` is two bytes."""
        self._last = max(_number(now, chance), self._last + 1)
        return self._last

    def draw_for(self, at: datetime, now: datetime, chance: bytes) -> int:
        """The number of what was made at `at` elsewhere; nothing is newer than now."""
        if at >= now:
            return self.draw(now, chance)
        # Most servers tell whole seconds: what a busy one was said in a second meets in one
        # millisecond, and who drew what another has must draw again with all beside it.
        number = _number(at, chance)
        while number in self._drawn and number < _LARGEST:
            number += 1
        self._drawn[number] = None
        return number


def _number(at: datetime, chance: bytes) -> int:
    milliseconds = max(micros(at) // 1000, 0)
    number = milliseconds << _BITS | int.from_bytes(chance[:CHANCE_BYTES], "big")
    return min(max(number, 1), _LARGEST)
