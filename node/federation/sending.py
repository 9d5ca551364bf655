"""Pure: what a peer's answer to a delivery means (spec FED-8)."""

from datetime import datetime

from msgspec import Struct

from node.federation.backoff import LIFETIME, next_attempt, retry_after

# A peer that answers, but not to this: after so many failures the item steps aside, and what was
# queued behind it goes on. Waiting for it would let one bad document stop a lane for a week.
PATIENCE = 6
OVERLOADED = frozenset({408, 425, 429, 502, 503, 504})
# 401 is often their failure to fetch our key; 403 and 404 are meant.
TRY_AGAIN_4XX = frozenset({401, 408, 425, 429})


class Attempt(Struct, frozen=True):
    """One try at a delivery. `failures` counts those before it."""

    failures: int
    first_tried: datetime
    retry_after: str | None = None
    trouble: str = ""  # what the network said, when there was no answer


class Delivered(Struct, frozen=True):
    """The peer has it."""


class Later(Struct, frozen=True):
    """Try again at `at`. `holds`: what is queued behind it in its lane waits too."""

    at: datetime
    why: str
    holds: bool = True


class GaveUp(Struct, frozen=True):
    """Never again. `gone`: the inbox itself is no more. `late`: its time is over."""

    why: str
    gone: bool = False
    late: bool = False


Verdict = Delivered | Later | GaveUp


def judge(status: int | None, attempt: Attempt, now: datetime, spread: float) -> Verdict:
    """What becomes of a delivery that was answered with `status` (None: no answer at all)."""
    if status is not None and 200 <= status < 300:
        return Delivered()
    if status is not None and not _worth_another(status):
        return GaveUp(_refusal(status), gone=status == 410)
    at = next_attempt(attempt.failures + 1, attempt.first_tried, now, spread)
    why = f"answered {status}" if status is not None else attempt.trouble or "no answer"
    if at is None:
        return GaveUp(f"{why}, for {LIFETIME.days} days", late=True)
    named = retry_after(attempt.retry_after, now)
    holds = status is None or status in OVERLOADED or attempt.failures + 1 < PATIENCE
    return Later(max(at, named) if named else at, why, holds)


def _worth_another(status: int) -> bool:
    return status >= 500 or status in TRY_AGAIN_4XX


def _refusal(status: int) -> str:
    if status == 410:
        return "answered 410: the recipient is gone"
    if 300 <= status < 400:
        return f"answered {status}: a delivery is not redirected"
    return f"answered {status}: the peer refuses this"
