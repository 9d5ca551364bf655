"""Blocks: nothing to do with each other any more, until the last one is taken back (spec GRA-4)."""

from msgspec.structs import replace

from node.errors import Missing
from node.federation.activities.shapes import Block, Undo
from node.graph import following
from node.graph.befriending import say_over
from node.graph.friendship import Friendship, barred_by, cleared, freed_by, moved, without
from node.graph.friendship_states import FRIENDS, REQUESTED, Event
from node.graph.friendship_unit import FollowState, FriendshipUnit, keep, offer, other_one

# -- what our people do --------------------------------------------------------------------------


async def block(unit: FriendshipUnit, actor: str, other: str) -> None:
    """End all there is between the two, each thing by its id, then bar the door (GRA-4.1)."""
    await other_one(unit, actor, other)
    before = await unit.friendship(actor, other)
    after = moved(before, Event.BLOCK)
    await say_over(unit, before)
    await following.part(unit, actor, other)
    barred = Block(unit.mint_activity(), actor, other)
    await keep(unit, before, replace(cleared(after), our_block=barred.id))
    # Home hears it too: other rooms have feeds and notices to purge.
    await unit.owe(barred, to=[other, actor])


async def unblock(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Take the block back. Nothing of what it ended comes back (GRA-4.5)."""
    await other_one(unit, actor, other)
    before = await unit.friendship(actor, other)
    after = replace(moved(before, Event.UNBLOCK), our_block="")
    await keep(unit, before, after)
    barred = Block(before.our_block, actor, other)
    await unit.owe(Undo(unit.mint_activity(), actor, barred.id, barred), to=[other])


# -- what is heard -------------------------------------------------------------------------------


async def on_block(activity: Block, unit: FriendshipUnit) -> None:
    """One of ours is blocked. Our own people's Blocks arrive here too; they are done already."""
    if await unit.person(activity.object) is None:
        if await unit.account_of(activity.actor) is None:
            raise Missing("GRA-3.1", "there is no such person here")
        return
    before = await unit.friendship(activity.object, activity.actor)
    if activity.id in before.their_blocks or await unit.has_tombstone(activity.id, activity.actor):
        return
    after = barred_by(before, activity.id)
    if before.pair in (FRIENDS, REQUESTED):
        # They may mean an older state than ours: what we end on their word, we say by its id.
        await say_over(unit, before)
        after = cleared(after)
    await following.part(unit, activity.object, activity.actor)
    await keep(unit, before, after)


async def unblocked(activity: Undo, enclosed: Block | None, unit: FriendshipUnit) -> None:
    """A Block is taken back, perhaps before it came."""
    known = await unit.has_tombstone(activity.object, activity.actor)
    await unit.add_tombstone(activity.object, activity.actor)
    friendships = await unit.ties_by_statement(activity.object, activity.actor)
    for before in friendships:
        after = freed_by(before, activity.object)
        await keep(unit, before, after)
        if before.barred and not after.barred:
            await following.released(unit, after.actor, after.other)
    if friendships or known or enclosed is None or await unit.person(enclosed.object) is None:
        return
    await _ask_no_more(unit, await unit.friendship(enclosed.object, activity.actor))


async def _ask_no_more(unit: FriendshipUnit, before: Friendship) -> None:
    """Their block came and went unseen: what we asked meanwhile was refused there (GRA-4.6)."""
    row = await unit.following(before.actor, before.other)
    if row is not None and row.state is FollowState.ASKED:
        await following.take_back(unit, before.actor, before.other)
    if not before.our_offer or before.confirmed:
        return
    mine = offer(before.our_offer, before.actor, before.other)
    await unit.owe(Undo(unit.mint_activity(), mine.actor, mine.id, mine), to=[before.other])
    await keep(unit, before, without(before, [mine.id], Event.CANCEL))
