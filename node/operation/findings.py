"""Pure: what a look at one thing found, in plain words, and what to do about it (spec OPS-3)."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class State(StrEnum):
    """How a thing stands. Only `wrong` makes `kith doctor` fail."""

    OK = "ok"
    LOOK = "look"  # it works, and somebody should look at it
    WRONG = "wrong"
    UNKNOWN = "unknown"  # it could not be looked at, or does not apply; `words` say why


class Finding(Struct, frozen=True):
    """One check. `words` say how it is, `advice` what to do, where something is to be done."""

    check: str
    state: State
    words: str
    advice: str = ""


def ok(check: str, words: str) -> Finding:
    return Finding(check, State.OK, words)


def look(check: str, words: str, advice: str) -> Finding:
    return Finding(check, State.LOOK, words, advice)


def wrong(check: str, words: str, advice: str) -> Finding:
    return Finding(check, State.WRONG, words, advice)


def unknown(check: str, words: str) -> Finding:
    return Finding(check, State.UNKNOWN, words)


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(one.state is not State.WRONG for one in findings)


def size(count: float) -> str:
    """Bytes as people say them."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
