"""Pure: how far our clock is from those of the servers that we talk with (spec FED-8.15).

Each answer over HTTP tells its server's time. One server that differs may itself be wrong; when
most of those that were heard in the last hour differ alike, it is ours.
"""

from datetime import datetime, timedelta
from statistics import median

from cachetools import TTLCache

from node.ports import Clock
from node.wire.times import parse_http_date

REMEMBERED_SECONDS = 3600
MOST_HOSTS = 256
# A Date is whole seconds and as old as the answer's way here: less than this says nothing.
DOUBT = timedelta(seconds=60)
STEP_SECONDS = 30.0  # NTP slews less: a clock that moves by more between two looks was set


class Clocks:
    """The latest difference to each server, in seconds; positive: their clock is ahead of ours."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard: TTLCache[str, float] = TTLCache(MOST_HOSTS, REMEMBERED_SECONDS, clock.ticks)
        # What each said last, and in which second of ours.
        self._dates: dict[str, tuple[str, int]] = {}
        self._looked = (clock.now(), clock.ticks())

    def now(self) -> datetime:
        """Our own time."""
        return self._clock.now()

    def hear(self, host: str, date: str | None) -> None:
        """`host` just answered with this `Date`."""
        if date is None:
            return
        now = self._clock.now()
        said = date, int(now.timestamp())
        if self._dates.get(host) == said:
            return  # many answers come in a second
        theirs = parse_http_date(date)
        if theirs is not None:
            self._forget_if_set()
            if len(self._dates) >= MOST_HOSTS:
                self._dates.clear()
            self._dates[host] = said
            self._heard[host] = (theirs - now).total_seconds()

    def _forget_if_set(self) -> None:
        """When our clock was set, what was heard before says nothing any more."""
        now = (self._clock.now(), self._clock.ticks())
        if abs(set_back(self._looked, now)) >= STEP_SECONDS:
            self._heard.clear()
            self._dates.clear()
            self._looked = now

    @property
    def hosts(self) -> int:
        """How many servers told their time in the last hour."""
        self._forget_if_set()
        return len(self._heard)

    def offset(self) -> timedelta | None:
        """How far ahead the others are, or None while nobody told."""
        self._forget_if_set()
        found = list(self._heard.values())
        return timedelta(seconds=median(found)) if found else None

    def differs_from(self, host: str) -> str:
        """In words how our clock and that of `host` differ; nothing when they agree."""
        self._forget_if_set()
        seconds = self._heard.get(host)
        if seconds is None or abs(seconds) < DOUBT.total_seconds():
            return ""
        side = "behind" if seconds > 0 else "ahead of"
        return f"this server's clock is {span(seconds)} {side} theirs"

    def in_doubt(self, host: str) -> bool:
        """Whether our clock may be the wrong one between `host` and us.

        The others decide, so that a server with a wrong clock, or one that lies, says nothing
        about ours. Where no other was heard its own word has to do.
        """
        self._forget_if_set()
        others = [seconds for other, seconds in self._heard.items() if other != host]
        if not others:
            return bool(self.differs_from(host))
        return abs(median(others)) >= DOUBT.total_seconds()

    def trouble(self) -> str:
        """In words that our clock is wrong, or nothing."""
        offset = self.offset()
        if offset is None or abs(offset) < DOUBT:
            return ""
        seconds = offset.total_seconds()
        side = "behind" if seconds > 0 else "ahead"
        servers = f"{self.hosts} servers" if self.hosts > 1 else "the one server"
        return (
            f"the clock of this machine is {span(seconds)} {side}, by {servers} that it heard: "
            "set it, and let NTP keep it"
        )


def span(seconds: float) -> str:
    """A difference in time as people say it."""
    whole = round(abs(seconds))
    days, hours, minutes = whole // 86400, whole % 86400 // 3600, whole % 3600 // 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"


def set_back(before: tuple[datetime, float], now: tuple[datetime, float]) -> float:
    """By how many seconds a clock was set back between two looks at (clock, ticks)."""
    return (now[1] - before[1]) - (now[0] - before[0]).total_seconds()
