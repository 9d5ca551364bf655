"""What a node under load was seen to do: figures, a short timeline, and whether the aims are kept.

A machine that does other things as well makes everybody late. So what counts is how long the node's
loop worked before it answered, and how long its answer took without the time in which the machine
let it wait for the processor, beside a bare server that the same client asks in between. Where that
one is as quick as on an idle machine, the aims are the clock's.

Memory is measured from when the node is warm. Until then it takes more with what it does for the
first time: it reads each kind of input, compiles the statements that answer it, and counts those
who come within a minute. What grows from then on grows for ever.
"""

import math
import statistics
from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from tests.process.hostile import Tally

PARTS = 12  # of the timeline
LIVE_MS, ARRIVES_MS, GROWTH = 100.0, 500.0, 1.1
EVERY_MS = 100.0  # between two looks
BARE_MS = 10.0  # p99 of a bare server on a machine that has time for it


class Look(Struct, frozen=True):
    """A monitor looked once; `at` are seconds since the load began, the others milliseconds."""

    at: float
    live: float
    worked: float  # the node's loop, before it answered
    let: float  # `live`, without what the machine let it wait for the processor
    bare: float
    mib: float


class Arrival(Struct, frozen=True):
    """A friend's post was in the feed after so many milliseconds."""

    at: float
    took: float


class Seen(Struct):
    """All that was seen."""

    enemy: Tally = field(default_factory=lambda: Tally({}, 0, 0, 0))
    looks: list[Look] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    warm_at: float = -1.0  # not yet

    def hostile(self) -> int:
        """Requests of the enemy that were answered."""
        return sum(self.enemy.statuses.values())


class Part(Struct, frozen=True):
    """A line of the timeline: its first second, the median of memory, percentiles in ms."""

    start: float
    mib: float
    live_p99: float
    worked_p99: float
    let_p99: float
    bare_p99: float
    arrives_p95: float
    arrived: int

    @property
    def had_time(self) -> bool:
        """Whether the machine did nothing else."""
        return self.bare_p99 <= BARE_MS

    def line(self, name: str) -> str:
        return (
            f"{name:>7} {self.mib:7.1f} MiB {self.live_p99:9.1f} ms {self.worked_p99:8.1f} ms "
            f"{self.let_p99:6.1f} ms {self.bare_p99:6.1f} ms {self.arrives_p95:9.1f} ms of "
            f"{self.arrived}"
        )


HEAD = "  since      memory   /livez p99  loop's work   let p99  bare p99  a post's p95"


class Aim(Struct, frozen=True):
    """What has to be so: `was` is no more than `most`."""

    what: str
    was: float
    most: float
    kept: bool

    def line(self) -> str:
        word = "kept" if self.kept else "MISSED"
        return f"{word}: {self.what}: {self.was:.4g}, at most {self.most:.4g}"


class Report(Struct, frozen=True):
    """The figures of a run; `slowed`: so many times slower than alone the machine made the node."""

    seconds: float
    warm_at: float
    slowed: float
    enemy: Tally
    timeline: list[Part]
    whole: Part
    aims: list[Aim]

    def lines(self) -> list[str]:
        """For people."""
        enemy = self.enemy
        return [
            f"{sum(enemy.statuses.values())} hostile requests in {self.seconds:.0f} s from "
            f"{enemy.addresses} addresses, all inputs {enemy.rounds} times by each, answered "
            f"{enemy.statuses}; their servers were asked {enemy.asked} times; warm after "
            f"{self.warm_at:.0f} s; slowed {self.slowed:.1f} times",
            HEAD,
            *(part.line(f"{part.start:.0f} s") for part in self.timeline),
            self.whole.line("whole"),
            *(aim.line() for aim in self.aims),
        ]


def report(seen: Seen, seconds: float, slowed: float) -> Report:
    """The aims: `/livez` throughout, a friend's posts, memory that stays flat."""
    width = seconds / PARTS
    numbers = sorted({int(look.at / width) for look in seen.looks})
    timeline = [_part(seen, width * number, width * (number + 1)) for number in numbers]
    whole = _part(seen, 0.0, math.inf)
    lives = max((_lives(part) for part in timeline), key=lambda aim: aim.was / aim.most)
    works = _aim("ms of the loop's work before it answers /livez, p99", whole.worked_p99, LIVE_MS)
    aims = [lives, works, _delivers(whole, slowed), _stays_flat(seen, width)]
    return Report(seconds, seen.warm_at, slowed, seen.enemy, timeline, whole, aims)


def _aim(what: str, was: float, most: float) -> Aim:
    return Aim(what, was, most, was <= most)


def _lives(part: Part) -> Aim:
    where = f"in the worst part, from {part.start:.0f} s on"
    if part.had_time:
        return _aim(f"ms until /livez is answered, p99, {where}", part.live_p99, LIVE_MS)
    # Twice: a thread of the node that has its turn of the interpreter may be made to wait as well.
    most = LIVE_MS + 2 * part.bare_p99
    return _aim(f"ms until /livez is answered, busy machine, p99, {where}", part.let_p99, most)


def _delivers(whole: Part, slowed: float) -> Aim:
    if whole.had_time:
        return _aim("ms until a friend has a post, p95", whole.arrives_p95, ARRIVES_MS)
    most = ARRIVES_MS * slowed + 2 * whole.bare_p99
    return _aim("ms until a friend has a post, busy machine, p95", whole.arrives_p95, most)


def _stays_flat(seen: Seen, width: float) -> Aim:
    warm = [look for look in seen.looks if 0 <= seen.warm_at <= look.at]
    parts: dict[int, list[float]] = {}
    for look in warm:
        parts.setdefault(int((look.at - seen.warm_at) / width), []).append(look.mib)
    if len(parts) < 2:
        words = "memory: the node was warm too late or never, SOAK_HOSTILE_SECONDS are too few"
        return Aim(words, 0, 0, False)
    first, *_ = medians = [statistics.median(part) for part in parts.values()]
    what = "memory, the median of the largest part beside the first one when warm"
    return _aim(what, max(medians) / first, GROWTH)


def _part(seen: Seen, start: float, end: float) -> Part:
    looks = [look for look in seen.looks if start <= look.at < end]
    took = [one.took for one in seen.arrivals if start <= one.at < end]
    return Part(
        start=start,
        mib=statistics.median(look.mib for look in looks),
        live_p99=percentile(99, asked_anyway(look.live for look in looks)),
        worked_p99=percentile(99, (look.worked for look in looks)),
        let_p99=percentile(99, asked_anyway(look.let for look in looks)),
        bare_p99=percentile(99, (look.bare for look in looks)),
        arrives_p95=percentile(95, took),
        arrived=len(took),
    )


def asked_anyway(waits: Iterable[float]) -> Iterator[float]:
    """The waits, and those of who would have asked while the monitor waited itself."""
    for wait in waits:
        for later in range(max(1, math.ceil(wait / EVERY_MS))):
            yield wait - later * EVERY_MS


def percentile(percent: int, values: Iterable[float]) -> float:
    """The least of them that so many do not exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else 0.0
