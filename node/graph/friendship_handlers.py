"""What is heard from others of friendship: one function per activity (spec GRA-3, GRA-4, GRA-5).

`Accept`, `Reject` and `Undo` may mean a request, a Follow or a Block: ids decide which.
"""

from node.errors import Conflict, Forbidden, Malformed
from node.federation.activities.shapes import (
    Accept,
    Block,
    Delete,
    EndFriendship,
    Follow,
    OfferFriendship,
    Reject,
    Undo,
)
from node.graph import blocking, following, friend_codes
from node.graph.friendship import Friendship, accepted, cleared, moved, offered, without
from node.graph.friendship_states import FRIENDS, INCOMING, REQUESTED, Event, Stance
from node.graph.friendship_unit import Following, FriendshipUnit, keep, offer, ours
from node.wire.ids import same_origin


async def on_offer(activity: OfferFriendship, unit: FriendshipUnit) -> None:
    """Someone asks to be friends; asked again, we answer again: our answer may be lost."""
    account = await ours(unit, activity.object)
    if activity.actor == activity.object:
        raise Malformed("GRA-3.1", "an actor cannot be their own friend: ask somebody else")
    before = await unit.friendship(activity.object, activity.actor)
    if before.pair.ours is Stance.BLOCKED:
        raise Forbidden("GRA-4.2", "this person cannot be asked")
    asked = offer(activity.id, activity.actor, activity.object)
    if await unit.has_tombstone(activity.id, activity.actor):
        no = Reject(unit.mint_activity(), activity.object, activity.id, asked)
        await unit.owe(no, to=[activity.actor])
        return
    after = offered(before, activity.id, activity.text)
    if after.pair == INCOMING and await _brings_code(activity, unit):
        after = moved(after, Event.ACCEPT)
    await keep(unit, before, after)
    if after.pair == FRIENDS:
        yes = Accept(unit.mint_activity(), activity.object, activity.id, asked)
        await unit.owe(yes, to=[activity.actor])
    if after.pair != before.pair:
        kind = "friend_accepted" if after.pair == FRIENDS else "friend_request"
        await unit.notify(account, kind, activity.actor, "")


async def _brings_code(activity: OfferFriendship, unit: FriendshipUnit) -> bool:
    """Whether who asks scanned the code that the other one shows: it is used up then (GRA-7.2)."""
    if not activity.code:
        return False
    return await unit.use_code(activity.object, friend_codes.digest_of(activity.code))


async def on_accept(activity: Accept, unit: FriendshipUnit) -> None:
    """A yes counts only for our own open request or Follow, and only from whom it asked."""
    row = await _our_following(activity, unit)
    if row is not None:
        await following.accepted(activity, row, unit)
        return
    before = await _our_offer(activity, unit)
    if before is None:
        raise Conflict("GRA-3.4", "there is no open request of that id to this actor")
    after = accepted(before)
    await keep(unit, before, after)
    account = await unit.person(after.actor)
    if account is not None and before.pair != FRIENDS:
        await unit.notify(account, "friend_accepted", activity.actor, "")


async def on_reject(activity: Reject, unit: FriendshipUnit) -> None:
    """A no to our request or Follow, or the end of what it made; of anything else: silence."""
    row = await _our_following(activity, unit)
    if row is not None:
        await following.rejected(activity, row, unit)
        return
    before = await _our_offer(activity, unit)
    if before is not None:
        await keep(unit, before, without(before, [activity.object], Event.REJECTED))


async def on_undo(activity: Undo, unit: FriendshipUnit) -> None:
    """Something is taken back: a request, a Follow, a Block, or an Accept of ours."""
    if isinstance(activity.of, Accept):
        taken = Reject(activity.id, activity.actor, activity.of.object)
        await on_reject(taken, unit)
        return
    if activity.object and not same_origin(activity.object, activity.actor):
        raise Forbidden("GRA-3.7", "only who said it may take it back")
    if isinstance(activity.of, OfferFriendship) or activity.of is None:
        await _withdrawn(activity, unit)
    if isinstance(activity.of, Follow) or activity.of is None:
        await following.undone(activity, unit)
    if isinstance(activity.of, Block):
        await blocking.unblocked(activity, activity.of, unit)


async def _withdrawn(activity: Undo, unit: FriendshipUnit) -> None:
    if not activity.object:
        return
    for before in await unit.ties_by_statement(activity.object, activity.actor):
        if activity.object in before.their_blocks:
            await blocking.unblocked(activity, None, unit)
        else:
            await keep(unit, before, without(before, [activity.object], Event.WITHDRAWN))
    if activity.of is not None:
        await unit.add_tombstone(activity.object, activity.actor)


async def on_end(activity: EndFriendship, unit: FriendshipUnit) -> None:
    """A friendship ends, with the requests that made it; it may come before they do."""
    await ours(unit, activity.object)
    before = await unit.friendship(activity.object, activity.actor)
    named = activity.offers or before.offers
    for id in named:
        if id == before.our_offer:
            continue
        if same_origin(id, activity.actor):
            await unit.add_tombstone(id, activity.actor)
        elif not same_origin(id, activity.object):
            raise Forbidden("GRA-3.8", "the ended friendship was made by other people's requests")
    if named:
        await keep(unit, before, without(before, named, Event.ENDED))
        return
    if before.pair not in (FRIENDS, REQUESTED, INCOMING):
        raise Conflict("GRA-3.8", "there is no friendship to end")
    await keep(unit, before, cleared(moved(before, Event.ENDED)))


async def on_delete(activity: Delete, unit: FriendshipUnit) -> None:
    """An actor is gone: so are their friendships. Posts are another room's."""
    if activity.object == activity.actor:
        await unit.forget(activity.actor)


async def _our_following(activity: Accept | Reject, unit: FriendshipUnit) -> Following | None:
    return await unit.following_to(activity.object, activity.actor) if activity.object else None


async def _our_offer(activity: Accept | Reject, unit: FriendshipUnit) -> Friendship | None:
    if not activity.object:
        return None
    return await unit.friendship_by_offer(activity.object, activity.actor)
