"""Web Push: who is told that there is something to see, and nothing of what it is (spec PSH)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from node.errors import Malformed, Missing
from node.federation.backoff import next_attempt, retry_after
from node.wire import webpush

MOST = 20  # subscriptions of one account
LONGEST_ENDPOINT = 2048
GONE = frozenset({404, 410})


class Kind(StrEnum):
    """What a person may be told of."""

    MESSAGES = "messages"
    FRIENDS = "friends"
    COMMENTS = "comments"
    LIKES = "likes"
    FOLLOWS = "follows"
    OTHER = "other"


# Whose like is a matter of minutes, not of seconds.
USUAL = tuple(kind for kind in Kind if kind is not Kind.LIKES)
OF_NOTICE: Mapping[str, Kind] = {
    "friend_request": Kind.FRIENDS,
    "friend_accepted": Kind.FRIENDS,
    "comment": Kind.COMMENTS,
    "mention": Kind.COMMENTS,
    "like": Kind.LIKES,
    "share": Kind.LIKES,
    "follow": Kind.FOLLOWS,
}


class Wanted(Struct, frozen=True):
    """What a browser asks for."""

    endpoint: str
    public: bytes
    auth: bytes
    kinds: tuple[Kind, ...] = USUAL
    expires: datetime | None = None


class Subscription(Struct, frozen=True):
    """A browser that is told. `pushed` is the newest event that it was told of.

    `failing` is since when its push service takes nothing, `due` when it is tried again.
    """

    id: str
    account: str
    session: str
    device: str
    endpoint: str
    public: bytes
    auth: bytes
    kinds: tuple[Kind, ...]
    created: datetime
    pushed: int = 0
    expires: datetime | None = None
    told: datetime | None = None
    failures: int = 0
    failing: datetime | None = None
    due: datetime | None = None


class PushUnit(Protocol):
    """What this page asks of its transaction."""

    now: datetime

    def fresh(self) -> str: ...

    async def newest_event(self, account: str) -> int: ...

    async def subscriptions(self, account: str) -> Sequence[Subscription]:
        """Those whose sessions stand, the newest first."""
        ...

    async def put_subscription(self, subscription: Subscription) -> None:
        """In place of the one that its session has, if any."""
        ...

    async def drop_subscriptions(self, account: str, ids: Sequence[str]) -> int: ...


def read_kinds(words: Sequence[str]) -> tuple[Kind, ...]:
    """Raises `Malformed` (PSH-1.2) for a word that is none of them."""
    known = {kind.value: kind for kind in Kind}
    strange = sorted(set(words) - set(known))
    if strange:
        raise Malformed("PSH-1.2", "kinds are " + ", ".join(known))
    return tuple(kind for kind in Kind if kind.value in words)


async def subscribe(
    unit: PushUnit, account: str, session: str, device: str, wanted: Wanted
) -> Subscription:
    """From now on the browser is told. Said again it keeps its place (PSH-1.3)."""
    if len(wanted.endpoint) > LONGEST_ENDPOINT:
        raise Malformed("PSH-1.2", "the endpoint is too long to be one")
    webpush.check(wanted.public, wanted.auth)
    others = [one for one in await unit.subscriptions(account) if one.session != session]
    if len(others) >= MOST:
        # Somebody who comes back counts more than what was left somewhere long ago.
        await unit.drop_subscriptions(account, [one.id for one in others[MOST - 1 :]])
    made = Subscription(
        id=unit.fresh(),
        account=account,
        session=session,
        device=device,
        endpoint=wanted.endpoint,
        public=wanted.public,
        auth=wanted.auth,
        kinds=wanted.kinds,
        created=unit.now,
        pushed=await unit.newest_event(account),
        expires=wanted.expires,
    )
    await unit.put_subscription(made)
    return made


async def unsubscribe(unit: PushUnit, account: str, id: str) -> None:
    """Raises `Missing` (PSH-1.4) when the account has no such subscription."""
    if not await unit.drop_subscriptions(account, [id]):
        raise Missing("PSH-1.4", "there is no such subscription")


# -- what is said ----------------------------------------------------------------------------------


class News(Struct, frozen=True):
    """An event that may be told of. `kind` is None where nobody is ever told."""

    seq: int
    kind: Kind


def kind_of(event: str, notice: str) -> Kind:
    """Of an event of the stream; `notice` is the kind of its notice, if it is one."""
    return Kind.MESSAGES if event == "sealed" else OF_NOTICE.get(notice, Kind.OTHER)


def to_say(subscription: Subscription, news: Sequence[News]) -> tuple[Kind, ...]:
    """For which kinds the browser is told now, once each."""
    there = {one.kind for one in news}
    return tuple(kind for kind in subscription.kinds if kind in there)


# -- how it went -----------------------------------------------------------------------------------


class Took(Struct, frozen=True):
    """The push service has it."""


class Later(Struct, frozen=True):
    """Try again at `at`."""

    at: datetime


class Over(Struct, frozen=True):
    """The browser is not to be told any more."""


def judge(
    status: int | None, after: str | None, subscription: Subscription, now: datetime, spread: float
) -> Took | Later | Over:
    """What an answer means (PSH-2.4, PSH-2.5). `status` None: there was none."""
    if status is not None and 200 <= status < 300:
        return Took()
    if status in GONE:
        return Over()
    since = subscription.failing or now
    at = next_attempt(subscription.failures + 1, since, now, spread)
    if at is None:
        return Over()
    named = retry_after(after, now)
    return Later(max(at, named) if named else at)
