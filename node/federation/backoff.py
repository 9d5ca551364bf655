"""Pure: when to try a peer again, and when to stop (spec FED-8)."""

from datetime import datetime, timedelta

from node.wire.times import parse_http_date

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)  # a host that is silent is asked so often whether it is back
LONGEST_RETRY_AFTER = timedelta(hours=12)
LIFETIME = timedelta(days=7)
MOST_DOUBLINGS = 9  # 10 s doubled 9 times is past LONGEST_WAIT; more would only grow numbers


def next_attempt(
    failures: int, first_tried: datetime, now: datetime, spread: float
) -> datetime | None:
    """The instant of the next attempt, or None once the peer has failed for `LIFETIME`.

    `failures` counts the failures so far (>= 1). `spread` in [0, 1) lengthens the wait by up to
    a quarter, so that a peer that comes back is not met by all of us at once (FED-8.4).
    """
    if now - first_tried >= LIFETIME:
        return None
    wait = min(FIRST_WAIT * (1 << min(failures - 1, MOST_DOUBLINGS)), LONGEST_WAIT)
    return now + wait * (1 + spread / 4)


def retry_after(value: str | None, now: datetime, date: str | None = None) -> datetime | None:
    """The instant that `Retry-After` names, at most `LONGEST_RETRY_AFTER` from `now` (FED-8.5).

    `date` is the answer's `Date`: an instant is named by their clock, so only its distance from
    that is ours too. None when there is no header, or one that says nothing.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        seconds = int(text) if len(text) < 10 else LONGEST_RETRY_AFTER.total_seconds()
        return now + min(timedelta(seconds=seconds), LONGEST_RETRY_AFTER)
    named, theirs = parse_http_date(text), parse_http_date(date or "") or now
    if named is None or named <= theirs:
        return None
    return now + min(named - theirs, LONGEST_RETRY_AFTER)
