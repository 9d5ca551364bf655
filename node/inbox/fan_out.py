"""Fan-out: what is for many reaches them in pages, each a unit of its own (spec INB-6)."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import msgspec

from node.federation.telling import PAGE, Page
from node.graph.visibility import Audience, AudienceKind
from node.inbox.known import Known

FAN_OUT: Final = "fan_out"  # the kind of its jobs
FIRST: Final = 120  # people of the unit that its author waits for
TO_ALL: Final = (Audience(AudienceKind.PUBLIC),)


class Shared(msgspec.Struct, frozen=True):
    """Who shared a post, and when, in microseconds."""

    by: str
    at: int


class FanOut(msgspec.Struct, frozen=True):
    """What is left to do about `post`, behind the place `after`.

    `activity`: an activity of ours about it goes on to people elsewhere. Without one the post goes
    on into the feeds here: of those who follow its author, or who `shared` it.
    """

    post: str
    activity: str = ""
    after: str = ""
    shared: Shared | None = None


class FanOutUnit(Protocol):
    """What this page asks of its transaction."""

    async def post(self, id: str) -> Known | None: ...

    async def audience(self, post: str) -> Sequence[Audience]: ...

    async def readers(
        self, author: str, audience: Iterable[Audience], after: str, most: int
    ) -> Page:
        """Accounts here whose feed shows what `author` says to `audience`."""
        ...

    async def show(self, accounts: Sequence[str], post: Known, shared: int | None = None) -> None:
        """Put the post into these feeds and tell their devices; silence on a repeat.

        `shared`: it stands there only because it was shared, at that instant (microseconds).
        """
        ...

    async def account_of(self, actor: str) -> str | None: ...

    async def recipients(
        self, author: str, audience: Iterable[Audience], after: str, most: int
    ) -> Page:
        """Actors elsewhere to whom a post of ours for `audience` is sent."""
        ...

    async def send_on(self, activity: str, actor: str, to: Iterable[str]) -> None:
        """Owe what `actor` said to `to`."""
        ...

    async def send_to_friends(self, activity: str, actor: str, to: Iterable[str]) -> None:
        """As `send_on`; a server that knows no friendship gets a copy that names those of its
        people who are friends of `actor`, and nobody else (INB-2.5)."""
        ...

    async def add_job(self, kind: str, subject: str) -> None: ...


async def has_reader(unit: FanOutUnit, author: str, audience: Sequence[Audience]) -> bool:
    """Whether anybody's feed here shows what `author` says to `audience`."""
    return bool(await first_readers(unit, author, audience))


async def first_readers(
    unit: FanOutUnit, author: str, audience: Sequence[Audience]
) -> Sequence[str]:
    """The first accounts here whose feed shows it; none when nobody's does."""
    after = ""
    while True:
        accounts, after = await unit.readers(author, audience, after, PAGE)
        if accounts or not after:
            return accounts


async def into_feeds(
    unit: FanOutUnit,
    post: Known,
    after: str = "",
    most: int = FIRST,
    shared: Shared | None = None,
) -> bool:
    """Into the feeds of all whom a post is for: a page now, a job for the rest, if there is any.

    Or, where it was `shared`, into the feeds of those who follow who did so.
    """
    if shared is None:
        audience = await unit.audience(post.id)
        accounts, place = await unit.readers(post.author, audience, after, most)
        await unit.show(accounts, post)
    else:
        accounts, place = await unit.readers(shared.by, TO_ALL, after, most)
        own = await unit.account_of(post.author) if post.local else None
        await unit.show([one for one in accounts if one != own], post, shared.at)
    if place:
        await _go_on_later(unit, FanOut(post.id, after=place, shared=shared))
    return bool(place)


async def elsewhere(
    unit: FanOutUnit, post: Known, activity: str, after: str = "", most: int = FIRST
) -> bool:
    """Owe what its author said of a post to all whom it is for, in the same way."""
    audience = await unit.audience(post.id)
    actors, place = await unit.recipients(post.author, audience, after, most)
    friends = any(one.kind is AudienceKind.FRIENDS for one in audience)
    await (unit.send_to_friends if friends else unit.send_on)(activity, post.author, actors)
    if place:
        await _go_on_later(unit, FanOut(post.id, activity, after=place))
    return bool(place)


async def go_on(unit: FanOutUnit, subject: str, most: int = FIRST) -> bool:
    """The job: the next page, of so many people; whether one more is left to do.

    A post that is not there any more is for nobody.
    """
    left = msgspec.json.decode(subject, type=FanOut)
    post = await unit.post(left.post)
    if post is None:
        return False
    if left.activity:
        return await elsewhere(unit, post, left.activity, left.after, most)
    return not post.deleted and await into_feeds(unit, post, left.after, most, left.shared)


async def _go_on_later(unit: FanOutUnit, left: FanOut) -> None:
    await unit.add_job(FAN_OUT, msgspec.json.encode(left).decode())
