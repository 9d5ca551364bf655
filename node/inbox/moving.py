"""Somebody says that they moved: their friends and followers here are told (spec INB-7)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, Protocol

import msgspec

from node.federation.activities.shapes import Move
from node.federation.telling import PAGE, Page
from node.graph.visibility import Audience, AudienceKind

MOVED: Final = "moved"  # the kind of its notices, and of its jobs
OFTEN: Final = timedelta(days=1)  # nobody is told more often of one who goes back and forth
_EVERYONE = (Audience(AudienceKind.PUBLIC),)


class Moved(msgspec.Struct, frozen=True):
    """What is left to do: who is behind `after` was not told yet."""

    actor: str
    after: str = ""


class MovingUnit(Protocol):
    """What this page asks of its transaction."""

    async def keep_move(self, actor: str, target: str, often: timedelta) -> bool:
        """Keep where somebody elsewhere, who is known, says that they moved.

        Whether people are to be told: it is not what they were told last, nor were they told of
        this actor so lately.
        """
        ...

    async def moved_to(self, actor: str) -> str:
        """Where they last said that they moved; empty when they never did."""
        ...

    async def readers(
        self, author: str, audience: Iterable[Audience], after: str, most: int
    ) -> Page:
        """Accounts here whose feed shows what `author` says to `audience`."""
        ...

    async def notify_anew(self, account: str, kind: str, actor: str, object: str) -> None:
        """Tell the account, in place of what it was told of this kind and actor before."""
        ...

    async def add_job(self, kind: str, subject: str) -> None: ...


async def on_move(move: Move, unit: MovingUnit) -> None:
    """Nobody is followed for it: that the account there is theirs too, only they have said."""
    if await unit.keep_move(move.actor, move.target, OFTEN):
        await _tell(unit, Moved(move.actor))


async def go_on(unit: MovingUnit, subject: str) -> None:
    """The job: the next page of people."""
    await _tell(unit, msgspec.json.decode(subject, type=Moved))


async def _tell(unit: MovingUnit, left: Moved) -> None:
    target = await unit.moved_to(left.actor)  # another place may have been named meanwhile
    accounts, place = await unit.readers(left.actor, _EVERYONE, left.after, PAGE)
    for account in accounts:
        await unit.notify_anew(account, MOVED, left.actor, target)
    if place:
        rest = msgspec.structs.replace(left, after=place)
        await unit.add_job(MOVED, msgspec.json.encode(rest).decode())
