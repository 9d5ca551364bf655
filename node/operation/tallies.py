"""Pure: counts that a process keeps of its own work, for metrics (spec OPS-4)."""

from bisect import bisect_left
from collections import Counter

from msgspec import Struct, field

# Upper ends in seconds: from a page out of memory to what people call broken.
ENDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Durations(Struct):
    """How long things took: a histogram."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(ENDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(ENDS, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Each upper end, and how many were not longer; as Prometheus adds them up."""
        found, count = [], 0
        for end, more in zip((*map(str, ENDS), "+Inf"), self.counts, strict=True):
            count += more
            found.append((end, float(count)))
        return found


class Tallies(Struct):
    """Requests by surface and status, deliveries by result. The words are from small sets."""

    requests: dict[tuple[str, str], Durations] = field(default_factory=dict)
    deliveries: Counter[str] = field(default_factory=Counter)

    def request(self, surface: str, status: int, seconds: float) -> None:
        key = surface, str(status)
        if key not in self.requests:
            self.requests[key] = Durations()
        self.requests[key].add(seconds)

    def delivery(self, status: int | None) -> None:
        """How one try went, by what was answered; None: nothing was."""
        if status is None:
            self.deliveries["unanswered"] += 1
        elif status < 300:
            self.deliveries["taken"] += 1
        else:
            self.deliveries["refused" if status < 500 else "failed"] += 1
