"""What friendship, blocks and following ask of their transaction, and what they all do with it."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from node.errors import Malformed, Missing
from node.federation.activities.shapes import Activity, OfferFriendship
from node.graph.friendship import Friendship
from node.graph.friendship_states import View, view


class FollowState(StrEnum):
    """Where a Follow stands."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Following(Struct, frozen=True):
    """`follower` follows `followed`, or asked to. `ids` are the Follows that are live."""

    follower: str
    followed: str
    ids: tuple[str, ...]
    state: FollowState


class FriendshipUnit(Protocol):
    """The unit of this room."""

    now: datetime

    def mint_activity(self) -> str: ...

    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None: ...

    async def tell(
        self, account: str, kind: str, data: "dict[str, object]", device: str = ""
    ) -> None: ...

    async def account_of(self, actor: str) -> str | None: ...

    async def person(self, actor: str) -> str | None:
        """The account of one of our active people; None for their channels and everyone else."""
        ...

    async def owner(self, actor: str) -> str | None:
        """The active Person behind one of our actors: themselves, or whose channel it is."""
        ...

    async def channel(self, actor: str) -> str:
        """The video channel of one of our people; "" for everyone else."""
        ...

    async def knows(self, actor: str) -> bool:
        """Whether the actor's document is here, so that something can be owed to it."""
        ...

    async def speaks_friendship(self, actor: str) -> bool:
        """Whether the actor's server takes an Offer of a Relationship; ours does."""
        ...

    async def friendship(self, actor: str, other: str) -> Friendship: ...

    async def friendship_by_offer(self, id: str, other: str) -> Friendship | None:
        """The friendship whose open or accepted request of ours to `other` is `id`."""
        ...

    async def ties_by_statement(self, id: str, other: str) -> list[Friendship]:
        """The friendships in which a request or block `id` of `other` is live."""
        ...

    async def put_friendship(self, friendship: Friendship) -> None: ...

    async def put_code(self, actor: str, digest: bytes, expires: datetime) -> None:
        """The code of `actor` from now on, in the place of any earlier one."""
        ...

    async def use_code(self, actor: str, digest: bytes) -> bool:
        """Whether this was the code of `actor` and is still good: it is gone then."""
        ...

    async def following(self, follower: str, followed: str) -> Following | None: ...

    async def following_by_id(self, id: str, follower: str) -> Following | None:
        """The row in which the Follow `id` of `follower` is live."""
        ...

    async def following_to(self, id: str, followed: str) -> Following | None:
        """The row of our Follow `id` of `followed`."""
        ...

    async def put_following(self, row: Following) -> None: ...

    async def drop_following(self, follower: str, followed: str) -> None: ...

    async def has_tombstone(self, id: str, actor: str) -> bool:
        """Whether `actor` is known to have ended the statement `id`."""
        ...

    async def add_tombstone(self, id: str, actor: str) -> None: ...

    async def drop_tombstone(self, id: str, actor: str) -> None: ...

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None: ...

    async def unnotify(self, account: str, kind: str, actor: str) -> None: ...

    async def forget(self, actor: str) -> None:
        """Drop every friendship, Follow and code of an actor that is gone."""
        ...


async def other_one(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Raises `Malformed` (GRA-3.1) when the two are one, `Missing` (GRA-3.1) when not known."""
    if actor == other:
        raise Malformed("GRA-3.1", "this is your own account: name somebody else")
    if not await unit.knows(other):
        raise Missing("GRA-3.1", "there is no such person")


async def ours(unit: FriendshipUnit, actor: str) -> str:
    """The account of one of our people. Raises `Missing` (GRA-3.1)."""
    account = await unit.person(actor)
    if account is None:
        raise Missing("GRA-3.1", "there is no such person here")
    return account


async def mutual(unit: FriendshipUnit, actor: str, other: str) -> bool:
    """Whether both follow each other and `other` is of a foreign server (GRA-5.4)."""
    if await unit.speaks_friendship(other):
        return False
    there, back = await unit.following(actor, other), await unit.following(other, actor)
    return bool(
        there
        and back
        and there.state is FollowState.ACCEPTED
        and back.state is FollowState.ACCEPTED
    )


async def keep(unit: FriendshipUnit, before: Friendship, after: Friendship) -> None:
    """Store a changed friendship, and tell the devices when what they show has changed."""
    if after == before:
        return
    await unit.put_friendship(after)
    account = await unit.person(after.actor)
    if account is None or after.pair == before.pair:
        return
    shown = view(after.pair, await mutual(unit, after.actor, after.other))
    await unit.tell(account, "friendship", {"actor": after.other, "state": shown.value})
    if view(before.pair) is View.INCOMING:
        await unit.unnotify(account, "friend_request", after.other)


def offer(id: str, actor: str, other: str) -> OfferFriendship:
    """A request as it is enclosed in what answers it."""
    return OfferFriendship(id, actor, other)
