"""Mutes: whom, which threads and which words one does not want to hear of (spec INB-11)."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from msgspec import Struct

from node.errors import Conflict, Forbidden, Malformed, Missing
from node.federation.activities.prose import plain
from node.inbox.known import Known
from node.wire.html import line


class MuteKind(StrEnum):
    """What can be muted."""

    PERSON = "person"
    THREAD = "thread"
    WORD = "word"


MOST: Final = {MuteKind.PERSON: 500, MuteKind.THREAD: 500, MuteKind.WORD: 100}  # of one account
LONGEST_WORD: Final = 100
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=366)
UNMUTED: Final = frozenset({"report"})  # kinds of notices that tell of somebody, and not of theirs


class Mute(Struct, frozen=True):
    """`ref` is an actor, the post at a root, or a word in lower case. `until` None: for good."""

    kind: MuteKind
    ref: str
    created: datetime
    until: datetime | None = None


class MuteUnit(Protocol):
    """What this page asks of its transaction."""

    now: datetime

    async def post(self, id: str) -> Known | None: ...

    async def sees(self, actor: str, post: str) -> bool: ...

    async def reachable(self, ids: Iterable[str]) -> set[str]: ...

    async def mutes(self, account: str) -> Sequence[Mute]:
        """Those that hold, the newest first."""
        ...

    async def put_mute(self, account: str, mute: Mute) -> None: ...

    async def drop_mute(self, account: str, kind: MuteKind, ref: str) -> None: ...


def read_span(seconds: int | None) -> timedelta | None:
    """Raises `Malformed` (INB-11.1)."""
    if seconds is None:
        return None
    if not SHORTEST.total_seconds() <= seconds <= LONGEST.total_seconds():
        raise Malformed("INB-11.1", "a mute lasts 60 seconds to 366 days, or for good")
    return timedelta(seconds=seconds)


def read_word(text: str) -> str:
    """As it is kept. Raises `Malformed` (INB-11.1)."""
    word = line(text).casefold()
    if not word or len(word) > LONGEST_WORD:
        raise Malformed("INB-11.1", f"a muted word has 1 to {LONGEST_WORD} characters")
    return word


async def mute(
    unit: MuteUnit, account: str, actor: str, kind: MuteKind, of: str, span: timedelta | None
) -> Mute:
    """Raises `Malformed`, `Forbidden`, `Conflict` (INB-11.1), `Missing` (INB-4.1)."""
    ref = await _meant(unit, actor, kind, of)
    others = [one for one in await unit.mutes(account) if one.kind is kind and one.ref != ref]
    if len(others) >= MOST[kind]:
        raise Conflict("INB-11.1", f"you mute {MOST[kind]} of these: take one back first")
    made = Mute(kind, ref, unit.now, unit.now + span if span else None)
    await unit.put_mute(account, made)
    return made


async def _meant(unit: MuteUnit, actor: str, kind: MuteKind, of: str) -> str:
    if kind is MuteKind.WORD:
        return read_word(of)
    if kind is MuteKind.THREAD:
        post = await unit.post(of)
        if post is None or post.deleted or not await unit.sees(actor, post.id):
            raise Missing("INB-4.1", "there is no such post")
        return post.thread or post.id
    if of == actor:
        raise Forbidden("INB-11.1", "nobody mutes themselves")
    if not await unit.reachable([of]):
        raise Missing("INB-11.1", "there is nobody of this id")
    return of


async def unmute(unit: MuteUnit, account: str, kind: MuteKind, of: str) -> None:
    """Silence when it was not muted. A thread is named by any post of it."""
    ref = of
    if kind is MuteKind.WORD:
        ref = read_word(of)
    elif kind is MuteKind.THREAD and (post := await unit.post(of)) is not None:
        ref = post.thread or post.id
    await unit.drop_mute(account, kind, ref)


def found(words: Iterable[str], *texts: str) -> list[str]:
    """Those of the muted words that stand in `texts` (plain or HTML), each as a whole word."""
    said = " ".join(plain(text) for text in texts if text).casefold()
    return [word for word in words if _stands(word, said)]


def _stands(word: str, said: str) -> bool:
    # A look for the text first: most posts hold no muted word, and it costs next to nothing.
    if word not in said:
        return False
    whole = rf"(?<!\w){re.escape(word)}(?!\w)"
    # What neither begins nor ends with a letter, such as an emoji, is no part of another word.
    return bool(
        re.search(whole if word[0].isalnum() or word[-1].isalnum() else re.escape(word), said)
    )
