"""The real clock, the real chance, and the descriptors the system grants: asked for here only."""

import resource
import secrets
import time
from datetime import UTC, datetime

from msgspec import Struct

MOST_DESCRIPTORS = 16_384
KEPT_FOR_DISK = 256  # the database, blobs being read and written, media programs, the log
MOST_CALLS = 1024


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


class Descriptors(Struct, frozen=True):
    """How the file descriptors of a process are shared out (LIM-1.6)."""

    connections: int
    calls: int

    @classmethod
    def of(cls, granted: int) -> "Descriptors":
        """A third for calls to others; the rest for connections, each of which may read a file."""
        third = max(1, (granted - KEPT_FOR_DISK) // 3)
        return cls(connections=third, calls=min(MOST_CALLS, third))


def ask_for_descriptors() -> Descriptors:
    """Ask the system for as many descriptors as this process may have, and share them out."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return Descriptors.of(MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft)
