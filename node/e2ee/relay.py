"""The relay: one commit for each epoch, each item signed and chained, then carried (spec E2E-3)."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.e2ee import mailbox, returning
from node.e2ee.chain import (
    Conversation,
    Item,
    Signer,
    check_group,
    check_turn,
    moved,
    next_item,
)
from node.e2ee.envelope import HANDSHAKES, LONGEST_BYTES, ORDERED, Kind, Sealed
from node.e2ee.members import (
    Entry,
    Invitation,
    Member,
    MembersUnit,
    Removed,
    Sender,
    UnknownActors,
    boxes,
    check_free,
    check_invitations,
    check_welcomes,
    entered,
    entered_at,
    grow,
    heard_by,
    invited,
    seat,
    share_of,
)
from node.e2ee.returning import ReturnUnit
from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch
from node.federation.activities.shapes import CreateSealed, RejectSealed
from node.federation.admission import no_room
from node.wire.ids import same_origin

MOST_WELCOMES: Final = 100


class Message(Struct, frozen=True):
    """What a device sends in one request. `recipients` are actors."""

    sealed: Sealed
    invitations: tuple[Invitation, ...] = ()
    removed: tuple[Removed, ...] = ()
    recipients: tuple[str, ...] = ()
    group_info: bytes = b""


class Accepted(Struct, frozen=True):
    """The message is on its way. `item` is the relay's word, where it gave one."""

    epoch: int
    item: Item | None = None


class Elsewhere(Struct, frozen=True):
    """The relay is another node: ask it at `url`, then come again with its receipt.

    `members`: who takes part for all that we know.
    """

    url: str
    members: tuple[str, ...] = ()


class RelayUnit(MembersUnit, ReturnUnit, Protocol):
    """What this page needs of a unit."""

    def name_activity(self, digest: bytes) -> str:
        """The id of the activity that carries the message with this digest: always the same."""
        ...

    def name_object(self, digest: bytes) -> str: ...

    async def owe(self, activity: CreateSealed | RejectSealed, to: Iterable[str]) -> None: ...

    async def owed(self, activity: str) -> bool:
        """Whether the activity with this id was owed before."""
        ...

    async def add_item(self, conversation: str, item: Item, actor: str) -> None: ...

    async def let_go(self, conversation: str, epoch: int) -> None:
        """Commits of epochs after `epoch` are no winners any more."""
        ...

    async def forgetful(self, conversation: Conversation) -> bool:
        """Whether commits of it may be forgotten here: the database was put back since it began."""
        ...

    async def winner(self, conversation: str, epoch: int) -> bytes:
        """The digest of the commit that ended `epoch`, empty when there is none."""
        ...

    async def keep_group_info(self, conversation: str, group_info: bytes) -> None: ...


async def accept(
    unit: RelayUnit, signer: Signer, conversation: Conversation, sealed: Sealed, actor: str
) -> tuple[Conversation, Item]:
    """Give `sealed` its place behind the head. Raises `Conflict` (E2E-3.3, E2E-3.5)."""
    if sealed.epoch != conversation.epoch and await _may_have_forgotten(unit, conversation, sealed):
        # Its members went on while we forgot. Which of them is right we cannot tell: whoever goes
        # on does, forward or back, and the chain has a new term.
        conversation = replace(conversation, epoch=sealed.epoch, term=conversation.term + 1)
    if sealed.epoch != conversation.epoch:
        winner = await unit.winner(conversation.id, conversation.epoch - 1)
        check_turn(conversation, sealed, winner)
    item = next_item(conversation, sealed, signer)
    head = moved(conversation, item)
    # The head first: where units run side by side, two wait for each other at this one row.
    await unit.keep_head(head)
    if sealed.kind is Kind.COMMIT and conversation.term:
        # What jumped ahead of the group stands in the way of nobody who comes there after all.
        await unit.let_go(conversation.id, sealed.epoch)
    await unit.add_item(conversation.id, item, actor)
    return head, item


async def _may_have_forgotten(unit: RelayUnit, conversation: Conversation, sealed: Sealed) -> bool:
    """Whether the group may be in the message's epoch, for all that this relay knows (E2E-3.14)."""
    if not await unit.forgetful(conversation):
        return False
    return not await unit.winner(conversation.id, sealed.epoch)


def check_form(message: Message) -> None:
    """What a request may hold, before anything is asked of the database."""
    if message.sealed.kind not in ORDERED:
        raise Malformed("E2E-1.4", "send commits, proposals and application messages here")
    if len(message.invitations) > MOST_WELCOMES or len(message.group_info) > LONGEST_BYTES:
        raise TooMuch("E2E-1.3", f"at most {MOST_WELCOMES} Welcomes, and 720 KiB of GroupInfo")
    check_welcomes(message.sealed, message.invitations)


# -- a device of ours sends ----------------------------------------------------------------------


async def post(
    unit: RelayUnit,
    signer: Signer,
    sender: Sender,
    id: str,
    message: Message,
    receipt: Item | None = None,
) -> Accepted | Elsewhere | UnknownActors:
    """Take a message of one of our devices: order it if the relay is here, then carry it.

    `receipt` is what the relay elsewhere answered. Raises with the clauses of E2E-1 and E2E-3.
    """
    check_form(message)
    entry = await entered(unit, id, sender.actor, sender.device, message.sealed.sha256)
    conversation, members = entry.conversation, entry.members
    check_group(conversation, message.sealed)
    if (before := await _sent_before(unit, entry, message.sealed)) is not None:
        return before
    await _check_named(unit, sender, members, message)
    if unknown := await _unmet(unit, members, message):
        return UnknownActors(tuple(sorted(unknown)))
    if not conversation.hosted and message.sealed.kind in HANDSHAKES and receipt is None:
        there = sorted({member.actor for member in members})
        return Elsewhere(conversation.address, tuple(there))
    if message.sealed.kind is not Kind.COMMIT:
        theirs = {box.actor for box in boxes(heard_by(members, sender.actor), sender.device)}
        if theirs and await unit.full(theirs, sender.actor):
            raise no_room()
    head, item = await _ordered(unit, signer, conversation, sender.actor, message, receipt)
    await _carry(unit, head, members, sender, message)
    await returning.missed(unit, entry, sender.actor, message.sealed, entry.lost)
    return Accepted(head.epoch, item)


async def _sent_before(unit: RelayUnit, entry: Entry, sealed: Sealed) -> Accepted | None:
    """The first answer to the same bytes (E2E-3.4). What is forwarded is asked of its relay."""
    conversation = entry.conversation
    if conversation.hosted:
        return Accepted(conversation.epoch, entry.item) if entry.item else None
    if sealed.kind in HANDSHAKES:
        return None
    known = await unit.owed(unit.name_activity(_digest(conversation.id, sealed)))
    return Accepted(conversation.epoch) if known else None


async def _check_named(
    unit: RelayUnit, sender: Sender, members: Sequence[Member], message: Message
) -> None:
    named = invited(message.invitations) | set(message.recipients)
    await check_invitations(unit, sender.actor, members, named)


async def _unmet(unit: RelayUnit, members: Sequence[Member], message: Message) -> set[str]:
    """Who must be looked up before they can be written to.

    Not who is removed: a member whose server is gone can be let go.
    """
    lost = {member.actor for member in members if not member.known}
    found = await unit.strangers(_newcomers(members, message))
    return (lost | set(found)) - {removed.actor for removed in message.removed}


def _newcomers(members: Sequence[Member], message: Message) -> set[str]:
    named = invited(message.invitations) | set(message.recipients)
    return named - {member.actor for member in members}


async def _ordered(
    unit: RelayUnit,
    signer: Signer,
    conversation: Conversation,
    actor: str,
    message: Message,
    receipt: Item | None,
) -> tuple[Conversation, Item | None]:
    sealed = message.sealed
    if conversation.hosted:
        if message.group_info:
            await unit.keep_group_info(conversation.id, message.group_info)
        return await accept(unit, signer, conversation, sealed, actor)
    conversation = await check_free(unit, conversation, sealed)
    if receipt is not None:
        head = moved(conversation, receipt) if receipt.seq > conversation.seq else conversation
    elif sealed.epoch < conversation.epoch:
        raise Conflict(
            "E2E-3.10",
            f"the group is at epoch {conversation.epoch}, the message is of {sealed.epoch}",
            epoch=conversation.epoch,
            seq=conversation.seq,
            head=conversation.head.hex(),
            sha256="",
        )
    else:
        # Our own member's device has merged what we did not see: it knows better.
        head = replace(conversation, group=sealed.group, epoch=sealed.epoch)
    if head != conversation:
        await unit.keep_head(head)
    return head, receipt


async def _carry(
    unit: RelayUnit,
    conversation: Conversation,
    members: Sequence[Member],
    sender: Sender,
    message: Message,
) -> None:
    """Into the mailboxes here, and owed to members elsewhere."""
    await _hand_out(unit, conversation, members, sender.actor, message, but=sender.device)
    newcomers = _newcomers(members, message)
    ours = {m.actor for m in members if m.device} | await unit.locals_of(newcomers)
    there = {m.actor for m in heard_by(members, sender.actor)}
    everyone = (there | newcomers) - {sender.actor}
    reached = everyone - ours - invited(message.invitations)
    if not conversation.hosted and message.sealed.kind in HANDSHAKES:
        # The relay hands out to its own people what it has accepted (E2E-3.9).
        theirs = {actor for actor in everyone if same_origin(actor, conversation.address)}
        reached, ours = reached - theirs, ours | theirs
    reached -= {m.actor for m in members if not m.known}
    if message.sealed.kind is Kind.COMMIT:
        named = [(newcomer, "") for newcomer in sorted(reached & newcomers)]
        await grow(unit, conversation.id, members, sender.actor, named)
    if reached or not conversation.hosted:
        create = _create(unit, conversation, sender, message.sealed, tuple(sorted(everyone)))
        await unit.owe(create, reached)
    for invitation in message.invitations:
        if abroad := set(invitation.to) - ours:
            others = (everyone | {sender.actor}) - set(invitation.to)
            to = (*sorted(invitation.to), *sorted(others))
            create = _create(unit, conversation, sender, invitation.sealed, to)
            await unit.owe(create, abroad)


def _digest(conversation: str, sealed: Sealed) -> bytes:
    return hashlib.sha256(f"{conversation}\n".encode() + sealed.sha256).digest()


def _create(
    unit: RelayUnit,
    conversation: Conversation,
    sender: Sender,
    sealed: Sealed,
    to: tuple[str, ...],
) -> CreateSealed:
    # The ids come from the bytes, so that what is sent again is the same activity to everyone.
    digest = _digest(conversation.id, sealed)
    return CreateSealed(
        id=unit.name_activity(digest),
        actor=sender.actor,
        object=unit.name_object(digest),
        kind=sealed.label,
        content=sealed.body,
        to=to,
        conversation=conversation.address,
    )


async def _hand_out(
    unit: RelayUnit,
    conversation: Conversation,
    members: Sequence[Member],
    actor: str,
    message: Message,
    but: str = "",
) -> None:
    """To the devices here: the message, then its Welcomes; then the removed are gone."""
    id, share = conversation.id, share_of(members, actor)
    seated = await seat(unit, id, members, actor, message.invitations)
    found = boxes(heard_by(members, actor), but)
    await mailbox.deliver(unit, found, id, actor, message.sealed, share)
    for invitation, found in seated:
        await mailbox.deliver(unit, found, id, actor, invitation.sealed, share)
    if message.sealed.kind is Kind.COMMIT:
        for removed in message.removed:
            await unit.leave(id, removed.actor, removed.device)


# -- a member's node forwards --------------------------------------------------------------------


async def order(unit: RelayUnit, signer: Signer, actor: str, url: str, message: Message) -> Item:
    """Order what `actor`, a member elsewhere whose key signed the request, forwards to us.

    The message's `recipients` are all who take part for what their node knows.

    Raises `Missing` (E2E-3.11), `Forbidden` (E2E-3.2, E2E-3.7), `Conflict` (E2E-3.3, E2E-3.5).
    """
    check_form(message)
    entry = await entered_at(unit, url, actor, message.sealed, message.recipients)
    conversation = entry.conversation
    if not conversation.hosted:
        raise Missing("E2E-3.11", "this node is not the relay of that conversation")
    if message.sealed.kind not in HANDSHAKES:
        raise Forbidden("E2E-3.9", "only commits and proposals are forwarded to the relay")
    check_group(conversation, message.sealed)
    if entry.item is not None:
        return entry.item
    await check_invitations(unit, actor, entry.members, invited(message.invitations))
    head, item = await _ordered(unit, signer, conversation, actor, message, None)
    assert item is not None, "what a relay has ordered is an item"
    await _hand_out(unit, head, entry.members, actor, message)
    return item
