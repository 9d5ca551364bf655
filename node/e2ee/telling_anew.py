"""A node that was put back from a copy is told what it forgot by devices of its own (E2E-3.15)."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from node.e2ee.chain import Conversation
from node.e2ee.envelope import EPOCHS
from node.e2ee.members import (
    LONGEST_GROUP_ID,
    LONGEST_LOCATOR,
    MOST_BESIDE,
    MOST_MEMBERS,
    Entry,
    Member,
    MembersUnit,
    Sender,
    grow,
    next_beside,
)
from node.errors import Conflict, Malformed, Missing, TooMuch

MOST_STRANGERS_TOLD: Final = 50
NAMED_SOON_SECONDS: Final = 60


async def tell_anew(
    unit: MembersUnit, sender: Sender, told: Conversation, members: Sequence[str]
) -> Conversation:
    """Know a conversation again that this node forgot when it was put back from a copy (E2E-3.15).

    What the device says of it counts as a commit of its own would. Devices of our other people
    whom it names come back by telling the same themselves: a node that knows the conversation from
    its copy may have forgotten who came since. Raises `Missing` (E2E-3.11) where nothing can have
    been forgotten, `TooMuch` (E2E-3.15) while somebody may yet name this one, `Conflict`
    (E2E-3.1), `Malformed` (E2E-3.1).
    """
    if not 1 <= len(told.group) <= LONGEST_GROUP_ID or not 0 <= told.epoch < EPOCHS:
        raise Malformed("E2E-3.1", "a group id has 1 to 256 bytes, an epoch is below 2^53")
    if len(told.id) > LONGEST_LOCATOR or "#" in told.id:
        raise Malformed("E2E-3.1", f"an address has at most {LONGEST_LOCATOR} characters and no #")
    of_group, at_address = await unit.entries_of(told.group), await unit.entries_at(told.id)
    # They come back to what they know, group and address: nobody is led to another relay.
    there = [one for one in at_address if one.conversation.group in (told.group, b"")]
    known = next((one for one in there if _has(one, sender.device)), None)
    restored = await unit.restored()
    if known is not None:
        if restored and known.conversation.group == told.group:
            await _named_anew(unit, sender, known, members)
        return known.conversation
    if not restored:
        raise Missing("E2E-3.11", "there is no such conversation")
    there = [one for one in there if one.conversation.group]
    known = await _named_in(unit, sender, there, members)
    if known is None:
        known = await _open(unit, sender, told, of_group, at_address)
    await unit.join(known.conversation.id, sender.actor, sender.device)
    await _named_anew(unit, sender, known, members)
    return known.conversation


def _has(entry: Entry, device: str) -> bool:
    return any(member.device == device for member in entry.members)


async def _named_in(
    unit: MembersUnit, sender: Sender, there: Sequence[Entry], named: Sequence[str]
) -> Entry | None:
    """Where somebody who takes part has named this one, or for a day another device of theirs is.

    Of several the one with most of those whom this one names. None where nobody will any more:
    what was told there is not what this device knows. Raises `TooMuch` while somebody may.
    """
    lately = await unit.restored_lately()
    own = [
        one
        for one in there
        if await unit.expected(one.conversation.id, sender.actor)
        or (lately and any(member.actor == sender.actor for member in one.members))
    ]
    asked = {*named, sender.actor}
    if own:
        return max(own, key=lambda one: len({m.actor for m in one.members if m.device} & asked))
    for one in there:
        if await unit.may_be_named(one.conversation.id):
            why = "no device that takes part has told of you yet: ask again"
            raise TooMuch("E2E-3.15", why, NAMED_SOON_SECONDS)
    return None


async def _open(
    unit: MembersUnit,
    sender: Sender,
    told: Conversation,
    of_group: Sequence[Entry],
    at_address: Sequence[Entry],
) -> Entry:
    """What is told, beside what others may have told of the same group or address before."""
    beside = [*of_group, *at_address]
    if any(one.conversation.creator == sender.actor for one in beside):
        raise Conflict("E2E-3.1", "you have told of another conversation in its place")
    taken = {one.conversation.id for one in at_address}
    names = (told.id, *(f"{told.id}#{number}" for number in range(1, MOST_BESIDE)))
    free = next((name for name in names if name not in taken), None)
    if free is None or len(of_group) >= MOST_BESIDE:
        raise Conflict("E2E-3.1", "too many have told of another conversation in its place")
    opened = replace(told, id=free, beside=next_beside(of_group))
    await unit.open_conversation(opened)
    return Entry(opened, (Member(sender.actor, sender.device, sender.account),))


async def _named_anew(
    unit: MembersUnit, sender: Sender, known: Entry, named: Sequence[str]
) -> None:
    """Know again of whom one who takes part tells: those elsewhere are members, ours may come.

    Of those who are nobody's friend here only so many: others are members again when a commit
    names them, and one who tells of strangers does not have us write to hundreds of servers.
    """
    id, there = known.conversation.id, {member.actor for member in known.members}
    others = sorted({*named} - there - {sender.actor})
    if len(there) + len(others) > MOST_MEMBERS:
        raise TooMuch("E2E-3.7", f"a conversation has at most {MOST_MEMBERS} members")
    ours = await unit.locals_of(others)
    abroad = [actor for actor in others if actor not in ours]
    hosts = {sender.actor, *(member.actor for member in known.members if member.device)}
    friends = await unit.befriended_by(hosts, abroad) if abroad else set()
    strangers = [actor for actor in abroad if actor not in friends][:MOST_STRANGERS_TOLD]
    newcomers = [(actor, "") for actor in sorted({*friends, *strangers})]
    await grow(unit, id, known.members, sender.actor, newcomers)
    for actor in sorted(ours):
        await unit.expect(id, actor)
