"""What waits to be applied is bounded; beyond that, peers are told to come later (FED-7.19)."""

from collections import Counter
from collections.abc import Mapping
from typing import Final, Protocol

from node.errors import TooMuch
from node.federation.priority import Priority
from node.federation.receiving import Log
from node.federation.trust import ProvenActivity
from node.ports import Clock

# About ten seconds of work for people, a minute for the rest. Each class has its own: however many
# posts wait, a sealed message or a friend request is taken.
BOUNDS: Final[Mapping[Priority, int]] = {
    Priority.PEOPLE: 10_000,
    Priority.POSTS: 50_000,
    Priority.REACTIONS: 50_000,
}
LOOK_SECONDS: Final = 1.0  # so long a count is believed; what came since is added to it
WINDOW_SECONDS: Final = 10.0
SHARE: Final = 100  # what a domain may bring in a window while too much waits
RETRY_SECONDS: Final = 30


class Waiting(Protocol):
    """Counts what waits: `store.queue.Arrivals`."""

    async def waiting(self, most: Mapping[Priority, int]) -> Mapping[Priority, int]:
        """How much waits now of each class; it is counted up to `most`."""
        ...


class Domains(Protocol):
    """The registrable domain of an id: `wire.suffixes.Suffixes`."""

    def of_id(self, id: str) -> str: ...


class BoundedLog:
    """A log that takes no more than can be applied soon.

    Beyond the bound of a class each domain has a small share, so that who fills it keeps nobody
    else out; beyond twice the bound nothing of the class is taken.
    """

    def __init__(self, log: Log, waiting: Waiting, domains: Domains, clock: Clock) -> None:
        self._log = log
        self._waiting = waiting
        self._domains = domains
        self._clock = clock
        self._waits: dict[Priority, int] = dict.fromkeys(BOUNDS, 0)
        self._brought: Counter[tuple[str, Priority]] = Counter()
        self._look_at = self._window_ends = clock.ticks()

    async def add(self, activity: ProvenActivity, again: bool, priority: Priority) -> None:
        """As `Log`. Raises `TooMuch` (FED-7.19)."""
        await self._look()
        share = self._domains.of_id(activity.actor), priority
        bound, waits = BOUNDS[priority], self._waits[priority]
        if waits >= 2 * bound or (waits >= bound and self._brought[share] >= SHARE):
            raise TooMuch(
                "FED-7.19",
                f"too much waits here to be applied: send it again in {RETRY_SECONDS} s",
                RETRY_SECONDS,
                seconds=RETRY_SECONDS,
            )
        self._waits[priority] += 1
        self._brought[share] += 1
        await self._log.add(activity, again, priority)

    async def _look(self) -> None:
        now = self._clock.ticks()
        if now >= self._window_ends:
            self._window_ends = now + WINDOW_SECONDS
            self._brought.clear()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS  # before the answer: one asks for all
            most = {priority: 2 * bound for priority, bound in BOUNDS.items()}
            self._waits.update(await self._waiting.waiting(most))
