"""Friends, as our people do it: ask, accept, decline, cancel, unfriend, confirm (spec GRA-3)."""

from msgspec.structs import replace

from node.errors import Conflict
from node.federation.activities.shapes import (
    Accept,
    EndFriendship,
    OfferFriendship,
    Reject,
    Undo,
)
from node.graph import following
from node.graph.friendship import Friendship, cleared, moved, offered
from node.graph.friendship_states import FRIENDS, INCOMING, REQUESTED, Event
from node.graph.friendship_unit import FriendshipUnit, keep, mutual, offer, other_one

LONGEST_TEXT = 1000  # characters of what is written with a request


async def request(
    unit: FriendshipUnit, actor: str, other: str, text: str = "", code: str = ""
) -> None:
    """Ask `other` to be friends; whoever asks the one that asked them says yes (GRA-3.3).

    `code` is one that `other` shows (GRA-7).
    """
    await other_one(unit, actor, other)
    before = await unit.friendship(actor, other)
    if before.pair == INCOMING:
        await accept(unit, actor, other)
        return
    if code and before.pair == REQUESTED:
        # They did not answer, and now stand beside us: the open request makes room for this one.
        await cancel(unit, actor, other)
        before = await unit.friendship(actor, other)
    after = moved(cleared(before), Event.REQUEST)
    if await unit.speaks_friendship(other):
        asked = OfferFriendship(unit.mint_activity(), actor, other, text[:LONGEST_TEXT], code)
        await keep(unit, before, replace(after, our_offer=asked.id))
        await unit.owe(asked, to=[other])
    else:
        await following.follow(unit, actor, other)
        await keep(unit, before, after)


async def accept(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Say yes to their request."""
    await other_one(unit, actor, other)
    before = await unit.friendship(actor, other)
    await keep(unit, before, moved(before, Event.ACCEPT))
    for id in before.their_offers:
        yes = Accept(unit.mint_activity(), actor, id, offer(id, other, actor))
        await unit.owe(yes, to=[other])
    if not await unit.speaks_friendship(other):
        # To servers that ask for friends in another dialect, following back is the yes.
        await following.follow(unit, actor, other)


async def decline(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Say no to their request."""
    await other_one(unit, actor, other)
    before = await unit.friendship(actor, other)
    after = moved(before, Event.DECLINE)
    await say_over(unit, before)
    await keep(unit, before, cleared(after))


async def cancel(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Take our open request back."""
    await other_one(unit, actor, other)
    before = await unit.friendship(actor, other)
    after = moved(before, Event.CANCEL)
    await say_over(unit, before)
    await keep(unit, before, cleared(after))
    if not before.our_offer:
        await following.take_back(unit, actor, other)


async def unfriend(unit: FriendshipUnit, actor: str, other: str) -> None:
    """End the friendship. With a foreign server it ends what it stood on: our Follow."""
    await other_one(unit, actor, other)
    before = await unit.friendship(actor, other)
    after = moved(before, Event.UNFRIEND)
    await say_over(unit, before)
    await keep(unit, before, cleared(after))
    if not await unit.speaks_friendship(other):
        await following.take_back(unit, actor, other)


async def confirm(unit: FriendshipUnit, actor: str, other: str) -> None:
    """Take a mutual follow with a foreign server for a friendship; only we know (GRA-5.4)."""
    await other_one(unit, actor, other)
    before = await unit.friendship(actor, other)
    after = moved(before, Event.CONFIRM)
    if not await mutual(unit, actor, other):
        raise Conflict("GRA-5.4", "you do not follow each other: send a request instead")
    await keep(unit, before, after)


async def introduce(unit: FriendshipUnit, inviter: str, newcomer: str) -> None:
    """Make two of our own people friends, told by the same activities as any others (ACC-2.7)."""
    await request(unit, inviter, newcomer)
    asked = await unit.friendship(inviter, newcomer)
    before = await unit.friendship(newcomer, inviter)
    await keep(unit, before, offered(before, asked.our_offer, ""))
    await accept(unit, newcomer, inviter)


async def say_over(unit: FriendshipUnit, friendship: Friendship) -> None:
    """Owe what ends all that is open between the two, each by its id (GRA-3.6)."""
    for id in friendship.their_offers:
        await unit.add_tombstone(id, friendship.other)
    if friendship.pair == FRIENDS and friendship.offers:
        end = EndFriendship(
            unit.mint_activity(), friendship.actor, friendship.other, friendship.offers
        )
        await unit.owe(end, to=[friendship.other])
    elif friendship.pair == REQUESTED and friendship.our_offer:
        mine = offer(friendship.our_offer, friendship.actor, friendship.other)
        undo = Undo(unit.mint_activity(), friendship.actor, mine.id, mine)
        await unit.owe(undo, to=[friendship.other])
    elif friendship.pair == INCOMING:
        for id in friendship.their_offers:
            no = Reject(
                unit.mint_activity(),
                friendship.actor,
                id,
                offer(id, friendship.other, friendship.actor),
            )
            await unit.owe(no, to=[friendship.other])
