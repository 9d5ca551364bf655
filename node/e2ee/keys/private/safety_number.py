"""Pure: 60 digits by which two people see that nobody stands between them (spec KEY-6)."""

import hashlib
from typing import Final

from node.errors import Malformed
from node.wire import tls

LABEL: Final = b"Kith number 1"
DIGITS: Final = 60
_GROUPS: Final = 6  # of each side
_GROUP_BYTES: Final = 5
_GROUP_DIGITS: Final = 5


def _side(actor: str, root: bytes) -> str:
    digest = hashlib.sha512(tls.opaque(LABEL) + tls.opaque(actor.encode()) + root).digest()
    parts = (
        digest[at : at + _GROUP_BYTES] for at in range(0, _GROUPS * _GROUP_BYTES, _GROUP_BYTES)
    )
    return "".join(f"{int.from_bytes(part, 'big') % 100_000:05d}" for part in parts)


def safety_number(one: tuple[str, bytes], other: tuple[str, bytes]) -> str:
    """The 60 digits of two accounts, each an actor's id and its root: the same on both sides."""
    return "".join(sorted((_side(*one), _side(*other))))


def grouped(number: str) -> str:
    """The digits in groups of five, to be read aloud."""
    starts = range(0, len(number), _GROUP_DIGITS)
    return " ".join(number[at : at + _GROUP_DIGITS] for at in starts)


def read_number(text: str) -> str:
    """The digits that somebody read out or scanned. Raises `Malformed` (KEY-6.2)."""
    digits = "".join(text.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        raise Malformed("KEY-6.2", f"a safety number has {DIGITS} digits")
    return digits
