"""Pure: what a peer's answer to a delivery means (spec FED-8)."""

from datetime import datetime

from msgspec import Struct

from node.federation.backoff import LIFETIME, LONGEST_WAIT, next_attempt, retry_after

# A peer that answers, but not to this: after so many failures the item steps aside, and what was
# queued behind it goes on. Waiting for it would let one bad document stop a lane for a week.
PATIENCE = 6
# Hourly for over two weeks: by then an operator has set the clock, or the doubt is made up.
MOST_DOUBTED = 400
ARRIVED = frozenset(range(200, 300))
OVERLOADED = frozenset({408, 425, 429, 502, 503, 504})
# 401 is often their failure to fetch our key; 403 and 404 are meant.
CLOSED = frozenset({403, 404, 410})
TRY_AGAIN_4XX = frozenset({401, 408, 425, 429})


class Attempt(Struct, frozen=True):
    """One try at a delivery. `failures` counts those before it.

    `date` is the answer's own. `clock_in_doubt`: our clock differs from that of others.
    """

    failures: int
    first_tried: datetime
    retry_after: str | None = None
    trouble: str = ""  # what the network said, or what the answer may come from
    date: str | None = None
    clock_in_doubt: bool = False
    undoes: bool = False  # it takes back what its actor said


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


class Needless(Struct, frozen=True):
    """The peer takes nothing from this actor any more; what was taken back ended with that."""

    why: str


Verdict = Delivered | Later | GaveUp | Needless
DELIVERED = Delivered()


def judge(status: int | None, attempt: Attempt, now: datetime, spread: float) -> Verdict:
    """What becomes of a delivery that was answered with `status` (None: no answer at all)."""
    if status in ARRIVED:
        return DELIVERED
    if attempt.undoes and status in CLOSED:
        # Who blocked somebody keeps nothing of theirs that could still be taken back.
        return Needless(
            f"answered {status}: they take nothing from you any more, you may be blocked there; "
            "what you take back ended with that"
        )
    if status is not None and not _worth_another(status):
        return GaveUp(_refusal(status), gone=status == 410)
    # By a clock that may be wrong nothing is too late (FED-8.15).
    doubt = attempt.clock_in_doubt
    since = now if doubt else attempt.first_tried
    at = next_attempt(attempt.failures + 1, since, now, spread)
    why = _why(status, attempt.trouble)
    if at is None:
        return GaveUp(f"{why}, for {LIFETIME.days} days", late=True)
    if doubt and attempt.failures + 1 >= MOST_DOUBTED:
        return GaveUp(f"{why}, {MOST_DOUBTED} times", late=True)
    named = retry_after(attempt.retry_after, now, attempt.date)
    if named and doubt:
        # Tries are counted then: nobody makes them rare.
        named = min(named, now + LONGEST_WAIT)
    holds = status is None or status in OVERLOADED or attempt.failures + 1 < PATIENCE
    return Later(max(at, named) if named else at, why, holds)


def _worth_another(status: int) -> bool:
    return status >= 500 or status in TRY_AGAIN_4XX


def _why(status: int | None, trouble: str) -> str:
    if status is None:
        return trouble or "no answer"
    return f"answered {status}: {trouble}" if trouble else f"answered {status}"


def _refusal(status: int) -> str:
    if status == 410:
        return "answered 410: the recipient is gone"
    if 300 <= status < 400:
        return f"answered {status}: a delivery is not redirected"
    return f"answered {status}: the peer refuses this"
