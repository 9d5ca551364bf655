"""What somebody shares stands in the feeds of those who follow them (spec INB-12).

That it was shared is kept as a reaction; whether it is shown decides who reads it, so that what is
taken back, muted or blocked is gone without a line being written anew.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Protocol

from node.errors import Forbidden
from node.federation.activities.shapes import PUBLIC, Announce, Note
from node.graph.visibility import Audience, AudienceKind
from node.inbox import fan_out
from node.inbox.audiences import Author, audience_of
from node.inbox.fan_out import FanOutUnit, Shared
from node.inbox.known import Known, own_words
from node.wire.times import micros

SHARE: Final = "share"  # the kind of the reaction
MOST_A_DAY: Final = 100  # of one who shares
DAY: Final = timedelta(days=1)
LATE: Final = timedelta(hours=1)  # a share that is older than that stands where it came
LONGEST: Final = 64 * 1024  # characters of a post that is kept because it was shared


class SharingUnit(FanOutUnit, Protocol):
    """What this page asks of its transaction."""

    @property
    def now(self) -> datetime: ...

    async def has_tombstone(self, id: str, actor: str) -> bool:
        """Whether `actor` is known to have ended the thing `id`."""
        ...

    async def hidden(self, actor: str) -> bool:
        """Whether the actor is gone or suspended."""
        ...

    async def author(self, actor: str) -> Author: ...

    async def put_post(
        self, note: Note, kind: str, thread: str, audience: Iterable[Audience]
    ) -> None: ...

    async def reaction(self, actor: str, object: str, kind: str) -> tuple[str, ...]:
        """The activities that say it and were not taken back."""
        ...

    async def react(
        self, actor: str, object: str, kind: str, activity: str, at: int | None = None
    ) -> None:
        """Keep that it was said; `at` that instant (microseconds), else now."""
        ...

    async def unreact(self, actor: str, object: str, kind: str) -> None: ...

    async def take_share(self, actor: str, activity: str) -> None:
        """Count the share `activity` as one that was taken now, whatever becomes of it."""
        ...

    async def taken_since(self, actor: str, since: datetime, most: int) -> int:
        """How many shares of the actor were taken since then; at most `most` are counted."""
        ...


async def take(said: Announce, object: str, unit: SharingUnit) -> bool:
    """Keep that the actor shared it. False: it is shown to nobody here (INB-12.4)."""
    by = said.actor
    if await unit.hidden(by) or await unit.has_tombstone(said.id, by):
        return False
    if not await fan_out.has_reader(unit, by, fan_out.TO_ALL):
        return False
    if said.id not in await unit.reaction(by, object, SHARE):
        if await unit.taken_since(by, unit.now - DAY, MOST_A_DAY) >= MOST_A_DAY:
            return False
        await unit.take_share(by, said.id)
    await unit.react(by, object, SHARE, said.id, when(said, unit.now))
    return True


def when(said: Announce, now: datetime) -> int:
    """When it was shared, in microseconds: what is far from now came now, or it would lie below
    all that anybody reads, whoever shares it after that (INB-12.1)."""
    is_near = now - LATE <= said.published <= now
    return micros(said.published if is_near else now)


async def shared(said: Announce, post: Known, unit: SharingUnit) -> None:
    """A post that is here is shared by somebody elsewhere."""
    if post.deleted or await unit.hidden(post.author) or not await _is_public(post, unit):
        return
    if await take(said, post.id, unit):
        await fan_out.into_feeds(unit, post, shared=Shared(said.actor, when(said, unit.now)))


async def keep(note: Note, by: str, activity: str, object: str, unit: SharingUnit) -> bool:
    """Store what is here only since it was shared. False: it is here, or shared no more.

    Raises `Forbidden` (INB-12.1, INB-12.4).
    """
    if await unit.post(note.id) is not None:
        return False
    if activity not in await unit.reaction(by, object, SHARE):
        return False
    if await unit.has_tombstone(note.id, note.author) or await unit.hidden(note.author):
        return False
    if PUBLIC not in (*note.to, *note.cc):
        raise Forbidden("INB-12.1", "what is shared is not for the public")
    if len(note.content) + sum(map(len, note.content_map.values())) > LONGEST:
        raise Forbidden("INB-12.4", "what is shared is too long to be kept")
    note = own_words(note)
    audience = audience_of(await unit.author(note.author), (*note.to, *note.cc))
    await unit.put_post(note, "video" if note.video else "note", note.id, audience)
    return True


async def show(by: str, activity: str, object: str, at: int, unit: SharingUnit) -> None:
    """What was shared before it was here is here now; `object` may be its Video."""
    post = await unit.post(object)
    if activity not in await unit.reaction(by, object, SHARE):
        return  # it was taken back meanwhile
    if post is None or post.deleted or not await _is_public(post, unit):
        await unit.unreact(by, object, SHARE)
        return
    if post.id != object:
        await unit.unreact(by, object, SHARE)
        await unit.react(by, post.id, SHARE, activity, at)
    await fan_out.into_feeds(unit, post, shared=Shared(by, at))


async def forget(by: str, activity: str, object: str, unit: SharingUnit) -> None:
    """It is not to be had: nobody here will see it."""
    if activity in await unit.reaction(by, object, SHARE) and await unit.post(object) is None:
        await unit.unreact(by, object, SHARE)


async def _is_public(post: Known, unit: SharingUnit) -> bool:
    return Audience(AudienceKind.PUBLIC) in await unit.audience(post.id)
