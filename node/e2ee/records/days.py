"""Pure: the day keys: what was sealed for a day opens for nobody once it is over (spec ARC-3)."""

import hmac
from datetime import date, datetime
from typing import Final

import msgspec

from node.errors import Malformed, Missing

KEY_BYTES: Final = 32
FARTHEST: Final = 367  # days
_EPOCH: Final = date(1970, 1, 1)
LASTING: Final = 0  # the day of what does not disappear


def day_of(moment: datetime) -> int:
    """The number of a day, of an instant in UTC."""
    return (moment.date() - _EPOCH).days


def expand(key: bytes, label: str) -> bytes:
    """`X(k, l)`: HKDF-Expand-SHA256 to 32 bytes, which is one block."""
    return hmac.digest(key, label.encode() + b"\x01", "sha256")


class DayKey(msgspec.Struct, frozen=True):
    """`C_day`. Whoever has it can make those of all later days, and of no earlier one."""

    day: int
    key: bytes

    def __repr__(self) -> str:
        return f"<DayKey of day {self.day}>"

    def on(self, today: int) -> "DayKey":
        """As it is today: the caller erases this one. Of a day that passed, itself.

        Raises `Malformed` (ARC-3.3) for a day so far away that nobody means it.
        """
        if today - self.day > FARTHEST * 10:
            raise Malformed("ARC-3.3", "a day key of many years ago, or a clock that is wrong")
        key = self.key
        for _ in range(self.day, today):
            key = expand(key, "Kith day 1")
        return DayKey(max(self.day, today), key)


def sealing_key(archive_key: bytes, day: int, days: DayKey | None, today: int) -> bytes:
    """The key of what is sealed for `day` under an archive key.

    Raises `Missing` for a day that is over (ARC-3.2) and where there is no day key (ARC-3.4),
    `Malformed` (ARC-3.3) for one that is too far away.
    """
    if day == LASTING:
        return expand(archive_key, "Kith archive seal 1")
    if day > today + FARTHEST:
        raise Malformed("ARC-3.3", "a record of a day that is too far away")
    if days is None:
        raise Missing("ARC-3.4", "this device has no key for what disappears")
    if day < max(days.day, today):
        raise Missing("ARC-3.2", "its day is over: it opens for nobody any more")
    return hmac.digest(days.on(day).key, archive_key, "sha256")
