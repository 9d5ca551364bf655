"""A node that was put back from a copy is told what it forgot by devices of its own (E2E-3.15)."""

from collections.abc import Sequence
from typing import Final

from node.e2ee.chain import Conversation
from node.e2ee.envelope import EPOCHS
from node.e2ee.members import (
    LONGEST_GROUP_ID,
    LONGEST_LOCATOR,
    MOST_MEMBERS,
    Entry,
    Member,
    MembersUnit,
    Sender,
    grow,
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
    known = await unit.entry_of(told.group) or await unit.entry(told.id)
    restored = await unit.restored()
    if known is not None and any(m.device == sender.device for m in known.members):
        if restored and known.conversation.group == told.group:
            await _named_anew(unit, sender, known, members)
        return known.conversation
    if not restored:
        raise Missing("E2E-3.11", "there is no such conversation")
    if known is None:
        if len(told.id) > LONGEST_LOCATOR:
            raise Malformed("E2E-3.1", f"an address has at most {LONGEST_LOCATOR} characters")
        await unit.open_conversation(told)
        known = Entry(told, (Member(sender.actor, sender.device, sender.account),))
    else:
        await _check_named(unit, sender, told, known)
    await unit.join(known.conversation.id, sender.actor, sender.device)
    await _named_anew(unit, sender, known, members)
    return known.conversation


async def _check_named(unit: MembersUnit, sender: Sender, told: Conversation, known: Entry) -> None:
    """Somebody who takes part has named this one; for a day it may be another device of theirs.

    They come back to what they know, group and address: nobody is led to another relay.
    """
    here = known.conversation
    if (here.group, here.id) == (told.group, told.id):
        if await unit.expected(here.id, sender.actor):
            return
        lately = await unit.restored_lately()
        if lately and any(member.actor == sender.actor for member in known.members):
            return
        if lately:
            why = "no device that takes part has told of you yet: ask again"
            raise TooMuch("E2E-3.15", why, NAMED_SOON_SECONDS)
    raise Conflict("E2E-3.1", "there is another conversation in its place")


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
