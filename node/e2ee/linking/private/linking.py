"""Pure: how one device grows sure of the other, whichever of them shows (spec LNK-3).

`Shower` or `Reader` becomes `Agreed` once both sides are there. What a step needs is only to be had
from the step before it: a shower's side comes out of the reader's, a grant out of an `Agreed` that
is sure.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final

from node.e2ee.linking.public.code import Found
from node.e2ee.linking.public.sides import (
    NEW,
    LinkSide,
    NewSide,
    OldSide,
    commitment,
    number,
    parse_side,
    transcript,
)
from node.errors import Conflict, Forbidden, Unproven

MOST_WRONG: Final = 3


class Agreed:
    """Both sides are there. Until the number was typed, where it has to be, nobody is sure."""

    def __init__(self, code: str, mine: LinkSide, theirs: bytes, is_known: bool) -> None:
        there = parse_side(theirs)
        if there.side == mine.side:
            which = "new ones" if mine.side == NEW else "devices of an account already"
            raise Conflict(
                "LNK-3.5",
                f"both devices are {which}: kith link start is for the new one, kith link approve "
                "for one that is logged in",
            )
        ours = mine.encode()
        new, old = (ours, theirs) if mine.side == NEW else (theirs, ours)
        self.told = transcript(code, new, old)
        self.shown = number(mine.side, self.told)
        """The number that the person reads here."""
        self._sides = (mine, there)
        self._heard = number(there.side, self.told)
        self._sure = is_known
        self._wrong = 0

    @property
    def new(self) -> NewSide:
        return next(side for side in self._sides if isinstance(side, NewSide))

    @property
    def old(self) -> OldSide:
        return next(side for side in self._sides if isinstance(side, OldSide))

    @property
    def is_sure(self) -> bool:
        """Whether the other one is who the person has before them."""
        return self._sure and self._wrong < MOST_WRONG

    def type(self, text: str) -> bool:
        """The number that the other device shows, as it was typed here; whether it is right.

        Raises `Forbidden` (LNK-3.9) with the third one that is wrong, and ever after.
        """
        if self._wrong < MOST_WRONG:
            digits = "".join(text.split()).encode(errors="replace")
            if hmac.compare_digest(digits, self._heard.encode()):
                self._sure = True
                return True
            self._wrong += 1
        if self._wrong < MOST_WRONG:
            return False
        raise Forbidden(
            "LNK-3.9",
            "three numbers were wrong: somebody may stand between the two devices; this linking is "
            "over",
        )

    def check_sure(self) -> None:
        """Raises `Forbidden` (LNK-3.8) as long as the number is not known."""
        if not self.is_sure:
            raise Forbidden("LNK-3.8", "type the number that the other device shows first")


@dataclass(frozen=True, slots=True)
class Shower:
    """A device that shows a code, and a link in which its commitment is."""

    _mine: LinkSide = field(repr=False)

    @property
    def commit(self) -> bytes:
        return commitment(self._mine.encode())

    def answer(self, theirs: bytes) -> bytes:
        """What is posted once the reader's side has come, and not before (LNK-3.3).

        Also where nothing comes of it: so the other one sees why at once (LNK-3.5).
        """
        parse_side(theirs)
        return self._mine.encode()

    def meet(self, code: str, theirs: bytes) -> Agreed:
        """The reader's side has come. The other's number has to be typed here."""
        return Agreed(code, self._mine, theirs, False)


@dataclass(frozen=True, slots=True)
class Reader:
    """A device that read a code or a link. It says its side at once.

    Only a link that came off the other device itself, as its person vouches beforehand, says whose
    device that is. Any other may be what somebody sent: its commitment is held to, and the number
    has to be typed all the same (LNK-3.10).
    """

    _mine: LinkSide
    _found: Found
    _commit: bytes
    _is_vouched: bool

    @property
    def mine(self) -> bytes:
        return self._mine.encode()

    def meet(self, theirs: bytes) -> Agreed:
        """The shower's side has come. Raises `Unproven` (LNK-3.4) for one it did not commit to."""
        if commitment(theirs) != self._commit:
            raise Unproven("LNK-3.4", CHANGED)
        is_known = self._is_vouched and self._found.is_link
        return Agreed(self._found.code, self._mine, theirs, is_known)


def read(mine: LinkSide, found: Found, commit: bytes, *, is_vouched: bool = False) -> Reader:
    """Begin to read what was `found`; `commit` is what the home node has for it.

    `is_vouched`: its person says that it came off the other device itself, and nobody sent it.

    Raises `Unproven` (LNK-3.2) where the link says another.
    """
    if found.is_link and found.commit != commit:
        raise Unproven("LNK-3.2", CHANGED)
    return Reader(mine, found, commit, is_vouched)


CHANGED = (
    "the server shows another device than the one whose code this is: somebody stands between the "
    "two devices; nothing was linked"
)
