"""What strangers may lay upon our disk (LIM-3): a share for a domain, and no reserve."""

import shutil
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from node.errors import Full, TooMuch
from node.federation.priority import Priority
from node.federation.receiving import Log
from node.federation.trust import ProvenActivity
from node.ports import Clock

COUNT_EVERY_SECONDS = 10.0
MOST_DOMAINS = 20_000  # remembered at a time
LOOK_EVERY_SECONDS = 1.0
WAIT_SECONDS = 600


class Holds(Protocol):
    """Counts what is held: `store.queue.Arrivals`."""

    async def held(self) -> dict[str, int]:
        """The bytes that are kept of each actor and not yet applied, or could not be."""
        ...


class Disk:
    """Whether the disk of the node has more than its reserve; asked once a second at most."""

    def __init__(self, folder: str, reserve_bytes: int, clock: Clock) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._clock = clock
        self._looked: float | None = None
        self._free = 0

    def free_bytes(self) -> int:
        """The free bytes, now."""
        return shutil.disk_usage(self._folder).free

    @property
    def short(self) -> bool:
        """The reserve is touched."""
        now = self._clock.ticks()
        if self._looked is None or now - self._looked >= LOOK_EVERY_SECONDS:
            self._looked, self._free = now, self.free_bytes()
        return self._free < self._reserve_bytes

    def check(self) -> None:
        """Raises `Full` (LIM-3.4) when the reserve is touched."""
        if self.short:
            raise Full("LIM-3.4", "the node's disk is almost full: it takes no more", WAIT_SECONDS)


class DiskShares:
    """A log with a share of bytes for each registrable domain.

    What comes is added up. What waits is counted by the database, every few seconds at most, when a
    domain seems to have too much or too many are remembered: a delivery costs no question.
    """

    def __init__(
        self,
        log: Log,
        holds: Holds,
        domain: Callable[[str], str],
        disk: Disk,
        most_bytes: int,
        clock: Clock,
    ) -> None:
        self._log = log
        self._holds = holds
        self._domain = domain
        self._disk = disk
        self._most_bytes = most_bytes
        self._clock = clock
        self._held: Counter[str] = Counter()
        self._counted: float | None = None

    async def add(self, activity: ProvenActivity, again: bool, priority: Priority) -> None:
        """As `Log`. Raises `Full` (LIM-3.4), `TooMuch` (LIM-3.2)."""
        self._disk.check()
        domain, size = self._domain(activity.actor), len(activity.body)
        full = self._held[domain] + size > self._most_bytes
        if full or self._counted is None or len(self._held) > MOST_DOMAINS:
            await self._count()
            if self._held[domain] + size > self._most_bytes:
                raise TooMuch(
                    "LIM-3.2", "too much of this server waits here to be applied", WAIT_SECONDS
                )
        self._held[domain] += size
        await self._log.add(activity, again, priority)

    async def _count(self) -> None:
        now = self._clock.ticks()
        if self._counted is not None and now - self._counted < COUNT_EVERY_SECONDS:
            return
        self._counted = now
        found: Counter[str] = Counter()
        for actor, size in (await self._holds.held()).items():
            found[self._domain(actor)] += size
        self._held = found
