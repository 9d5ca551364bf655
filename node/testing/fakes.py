"""A clock that is moved, chance that repeats, an activity renderer for tests without a wire."""

import hashlib
from datetime import UTC, datetime, timedelta

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


class FakeClock:
    """Stands still until it is moved with `pass_`."""

    def __init__(self, now: datetime = NEW_YEAR) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def ticks(self) -> float:
        return self._now.timestamp()

    def pass_(self, span: timedelta) -> None:
        self._now += span


class FakeEntropy:
    """SHA-256 in counter mode over a seed: repeatable, never repeating."""

    def __init__(self, seed: str = "kith") -> None:
        self._seed = seed.encode()
        self._count = 0

    def draw(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            self._count += 1
            found += hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
        return found[:count]
