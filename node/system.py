"""The real clock and the real chance: the one page that may ask the system for them."""

import secrets
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def ticks(self) -> float:
        return time.monotonic()


class SystemEntropy:
    """The operating system's random numbers."""

    def draw(self, count: int) -> bytes:
        return secrets.token_bytes(count)
