"""Following: `Follow`, its answers and its end, with every server that speaks them (GRA-5)."""

from collections.abc import Iterable

from msgspec.structs import replace

from node.errors import Conflict, Forbidden, Missing
from node.federation.activities.shapes import Accept, Follow, Reject, Undo
from node.graph.friendship import cleared, moved
from node.graph.friendship_states import FRIENDS, REQUESTED, Event, Stance
from node.graph.friendship_unit import (
    Following,
    FollowState,
    FriendshipUnit,
    keep,
    mutual,
    other_one,
)

# -- what our people do --------------------------------------------------------------------------


async def follow(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Ask to be sent what `other` publishes; silence when that is so, or is asked, already."""
    await other_one(unit, actor, other)
    if (await unit.friendship(actor, other)).barred:
        raise Conflict("GRA-4.4", "this actor cannot be followed while one blocks the other")
    row = await unit.following(actor, other)
    if row is not None and row.state is not FollowState.DECLINED:
        return
    asked = Follow(unit.mint_activity(), actor, other)
    await unit.put_following(Following(actor, other, (asked.id,), FollowState.ASKED))
    await unit.owe(asked, to=[other])


async def unfollow(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Stop; a friendship that stood on following each other ends with it (GRA-5.5)."""
    await other_one(unit, actor, other)
    await take_back(unit, actor, other)
    await lost_ground(unit, actor, other)


async def remove_follower(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Our `actor` no longer sends `other` anything."""
    await other_one(unit, actor, other)
    await send_away(unit, actor, other)
    await lost_ground(unit, actor, other)


async def take_back(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Drop our Follow, and say so by its id."""
    row = await unit.following(actor, other)
    if row is None:
        return
    await unit.drop_following(actor, other)
    for id in row.ids:
        undo = Undo(unit.mint_activity(), actor, id, Follow(id, actor, other))
        await unit.owe(undo, to=[other])


async def send_away(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Drop the Follow of `other`, and say so by its ids."""
    row = await unit.following(other, actor)
    if row is None:
        return
    await unit.drop_following(other, actor)
    for id in row.ids:
        await _ended(unit, id, other)
        no = Reject(unit.mint_activity(), actor, id, Follow(id, other, actor))
        await unit.owe(no, to=[other])


async def part(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Neither follows the other any more, nor the other's video channel."""
    await take_back(unit, actor, other)
    await send_away(unit, actor, other)
    if mine := await unit.channel(actor):
        await send_away(unit, mine, other)
    if theirs := await unit.channel(other):
        await take_back(unit, actor, theirs)


async def lost_ground(unit: FriendshipUnit, actor: str, other: str) -> None:
    """With a foreign server a friendship or request stands on Follows: it ends with them (GRA-5.5).

    A friendship that a Kith node knows of stands on its own.
    """
    friendship = await unit.friendship(actor, other)
    if friendship.pair not in (FRIENDS, REQUESTED) or await unit.speaks_friendship(other):
        return
    there = await unit.following(actor, other)
    asked = there is not None and there.state is not FollowState.DECLINED
    if friendship.pair == REQUESTED and asked:
        return
    if not await mutual(unit, actor, other):
        await keep(unit, friendship, cleared(moved(friendship, Event.ENDED)))


async def _ended(unit: FriendshipUnit, id: str, actor: str) -> None:
    # Foreign servers may use one id for every Follow of a pair: with a tombstone none would count.
    if await unit.speaks_friendship(actor):
        await unit.add_tombstone(id, actor)


# -- what is heard -------------------------------------------------------------------------------


async def on_follow(activity: Follow, unit: FriendshipUnit) -> None:
    """Someone follows one of ours; asked again, we answer again: our Accept may be lost."""
    owner = await unit.owner(activity.object)
    if owner is None:
        raise Missing("GRA-5.1", "there is nobody of that name to follow")
    if owner == activity.actor and activity.object == activity.actor:
        raise Forbidden("GRA-3.1", "an actor cannot follow themselves: name somebody else")
    pair = (await unit.friendship(owner, activity.actor)).pair
    if pair.ours is Stance.BLOCKED:
        raise Forbidden("GRA-4.2", "this actor cannot be followed")
    if await unit.has_tombstone(activity.id, activity.actor):
        known = Follow(activity.id, activity.actor, activity.object)
        if not await unit.speaks_friendship(activity.actor):
            # They may use the id for their next Follow too: one end turns one Follow away.
            await unit.drop_tombstone(activity.id, activity.actor)
        await unit.owe(
            Reject(unit.mint_activity(), activity.object, activity.id, known), to=[activity.actor]
        )
        return
    row = await unit.following(activity.actor, activity.object)
    before = row.state if row else FollowState.ASKED
    ids = (*(each for each in (row.ids if row else ()) if each != activity.id), activity.id)
    # The oldest of very many is a copy that overtook its own end.
    asked = Following(activity.actor, activity.object, ids[-32:], before)
    if pair.theirs is Stance.BLOCKED:
        # It overtook the end of their block, and is kept until that comes: see `released`.
        await unit.put_following(replace(asked, state=FollowState.ASKED))
        return
    await _accept(unit, owner, asked, [activity.id])


async def released(unit: FriendshipUnit, actor: str, other: str) -> None:
    """No block is left between the two: what `other` asked too early is accepted (GRA-4.7)."""
    for mine in (actor, await unit.channel(actor)):
        row = await unit.following(other, mine) if mine else None
        if row is not None and row.state is FollowState.ASKED:
            await _accept(unit, actor, row, row.ids)


async def _accept(unit: FriendshipUnit, owner: str, row: Following, ids: Iterable[str]) -> None:
    """Say yes to the Follows `ids` of `row`; the first yes is told to our `owner`."""
    await unit.put_following(replace(row, state=FollowState.ACCEPTED))
    for id in ids:
        known = Follow(id, row.follower, row.followed)
        yes = Accept(unit.mint_activity(), row.followed, id, known)
        await unit.owe(yes, to=[row.follower])
    account = await unit.person(owner)
    if account is None or row.state is FollowState.ACCEPTED:
        return
    await unit.notify(account, "follow", row.follower, row.followed)
    await _maybe_mutual(unit, owner, row.follower)


async def _maybe_mutual(unit: FriendshipUnit, actor: str, other: str) -> None:
    account = await unit.person(actor)
    friendship = await unit.friendship(actor, other)
    if account is None or friendship.pair == FRIENDS or not await mutual(unit, actor, other):
        return
    await unit.notify(account, "mutual", other, "")
    await unit.tell(account, "friendship", {"actor": other, "state": "mutual"})


async def accepted(activity: Accept, row: Following, unit: FriendshipUnit) -> None:
    """Our open Follow `row` was accepted by whom it asked."""
    if row.state is FollowState.ASKED:
        await unit.put_following(replace(row, state=FollowState.ACCEPTED))
        await _maybe_mutual(unit, row.follower, row.followed)


async def rejected(activity: Reject, row: Following, unit: FriendshipUnit) -> None:
    """Our Follow `row` was refused, or ended by whom we followed."""
    await unit.put_following(replace(row, state=FollowState.DECLINED))
    await lost_ground(unit, row.follower, row.followed)


async def undone(activity: Undo, unit: FriendshipUnit) -> None:
    """A Follow is taken back: just that one by its id, or all when a foreign id is unknown."""
    enclosed = activity.of if isinstance(activity.of, Follow) else None
    exact = await unit.speaks_friendship(activity.actor)
    if activity.object and exact:
        await unit.add_tombstone(activity.object, activity.actor)
    row = None
    if activity.object:
        row = await unit.following_by_id(activity.object, activity.actor)
    if row is None and enclosed is not None and not exact:
        row = await unit.following(activity.actor, enclosed.object)
    if not exact:
        await _remembered(activity, row is None, unit)
    if row is None:
        return
    left = tuple(id for id in row.ids if id != activity.object) if exact else ()
    if left:
        await unit.put_following(replace(row, ids=left))
        return
    await unit.drop_following(row.follower, row.followed)
    owner = await unit.owner(row.followed)
    if owner is not None:
        await lost_ground(unit, owner, activity.actor)


async def _remembered(activity: Undo, early: bool, unit: FriendshipUnit) -> None:
    """The Undo of a foreign server turns one Follow away when it overtook it (GRA-5.2).

    It is known by its own id: repeated, it ends no later Follow with the id of the one before.
    """
    repeated = await unit.has_tombstone(activity.id, activity.actor)
    await unit.add_tombstone(activity.id, activity.actor)
    if early and activity.object and not repeated:
        await unit.add_tombstone(activity.object, activity.actor)
