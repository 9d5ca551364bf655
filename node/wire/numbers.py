"""Pure: the numbers that posts, people and videos bear beside their ids (API-5.6).

63 bits: 47 of milliseconds since 1970, then 16 that tell apart what has the same millisecond. As
Mastodon's, they sort as time does, so clients that compare ids as decimal digits may page by them.
"""

from datetime import datetime

from node.wire.times import micros

CHANCE_BYTES = 2  # that a number is drawn from
_BITS = 16
_LARGEST = 2**63 - 1


class Numbers:
    """Draws numbers; one per process. What is drawn for now is larger than all drawn before."""

    def __init__(self) -> None:
        self._last = 0

    def draw(self, now: datetime, chance: bytes) -> int:
        """The number of what comes to be now. `chance` is two bytes."""
        self._last = max(_number(now, chance), self._last + 1)
        return self._last

    def draw_for(self, at: datetime, now: datetime, chance: bytes) -> int:
        """The number of what was made at `at` elsewhere; nothing is newer than now."""
        return _number(at, chance) if at < now else self.draw(now, chance)


def _number(at: datetime, chance: bytes) -> int:
    milliseconds = max(micros(at) // 1000, 0)
    number = milliseconds << _BITS | int.from_bytes(chance[:CHANCE_BYTES], "big")
    return min(max(number, 1), _LARGEST)
