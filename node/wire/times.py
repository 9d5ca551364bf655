"""Pure: instants as they stand on the wire and on disk (spec FED-1, FED-4).

Inside, an instant is an aware `datetime` in UTC or integer microseconds since 1970.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROS: Final = 1_000_000  # of a second
_MICROSECOND = timedelta(microseconds=1)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), ([0-3]\d) ([A-Z][a-z]{2}) (\d{4})"
    r" ([0-2]\d):([0-5]\d):([0-5]\d) GMT"
)
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,12})?(?:[Zz]|[+-]\d\d:?\d\d)?", re.ASCII
)


def micros(instant: datetime) -> int:
    """Microseconds since 1970 of an aware `instant`, exactly."""
    return (instant - EPOCH) // _MICROSECOND


def from_micros(count: int) -> datetime:
    """The instant `count` microseconds after 1970, in UTC."""
    return EPOCH + timedelta(microseconds=count)


def from_seconds(count: int) -> datetime:
    """The instant `count` seconds after 1970, in UTC."""
    return from_micros(count * MICROS)


def day_of(instant: datetime) -> datetime:
    """When the day (UTC) of an aware `instant` began."""
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def rfc3339(instant: datetime) -> str:
    """`2026-08-01T12:00:00Z`, with six decimals only when there are any."""
    text = instant.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"


def parse_rfc3339(text: str) -> datetime | None:
    """The instant that `text` names, or None when it names none. No offset means UTC.

    Tolerant, since peers write what they like: a space for the T, no seconds, seven decimals.
    """
    if len(text) > 40 or not _RFC3339.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text.upper())
        if instant.tzinfo is None:
            return instant.replace(tzinfo=UTC)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def http_date(instant: datetime) -> str:
    """`Tue, 20 Apr 2021 02:07:55 GMT` (IMF-fixdate of RFC 9110 §5.6.7)."""
    at = instant.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02} {month} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} GMT"


@lru_cache(64)
def parse_http_date(text: str) -> datetime | None:
    """The instant of an IMF-fixdate, or None. The older two forms are not sent by any peer.

    Remembered, since many requests are sent in one second.
    """
    found = _HTTP_DATE.fullmatch(text.strip())
    if not found or found[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    try:
        month = _MONTHS.index(found[2]) + 1
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
