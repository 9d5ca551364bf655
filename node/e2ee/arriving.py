"""What peers send: a `CreateSealed` into the mailboxes of those whom it is for (spec E2E-4)."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.e2ee import envelope, mailbox, relay
from node.e2ee.chain import Conversation, Signer
from node.e2ee.envelope import ORDERED, Kind, Sealed
from node.e2ee.mailbox import Box
from node.e2ee.members import MOST_MEMBERS, Entry, Member, boxes
from node.e2ee.relay import RelayUnit
from node.errors import Conflict, Forbidden, Malformed, Unreachable
from node.federation.activities.shapes import CreateSealed

LONGEST_LOCATOR: Final = 2048


class ArrivalUnit(RelayUnit, Protocol):
    """What this page needs of a unit besides."""

    @property
    def origin(self) -> str: ...


class Arrivals(Struct, frozen=True):
    """Takes in what peers send. The signer is the relay's: what it meets it also orders."""

    signer: Signer

    async def on_create_sealed(self, activity: CreateSealed, unit: ArrivalUnit) -> None:
        """Dispatch on the MLS wire format, never on the type around it (E2E-1.2).

        Raises `TooMuch`, `Malformed` (E2E-1, E2E-4.2), `Forbidden` (E2E-3.7, E2E-4.4), and
        `Unreachable` for what may be understood once its Welcome has come (E2E-4.4).
        """
        sealed = envelope.read(activity.content)
        if len(activity.to) > MOST_MEMBERS:
            raise Malformed("E2E-1.6", f"a message names at most {MOST_MEMBERS} members")
        if sealed.kind is Kind.WELCOME:
            await _welcomed(unit, activity, sealed)
        else:
            await self._continued(unit, activity, sealed)

    async def _continued(self, unit: ArrivalUnit, activity: CreateSealed, sealed: Sealed) -> None:
        entry = await _entry(unit, activity, sealed)
        if entry is None:
            await _unknown(unit, activity)
            return
        id, members = entry.conversation.id, entry.members
        await _check_sender(unit, activity.actor, members)
        await self._place(unit, entry, sealed, activity.actor)
        await _register(unit, id, activity, members)
        await mailbox.deliver(unit, boxes(members), id, activity.actor, sealed)

    async def _place(self, unit: ArrivalUnit, entry: Entry, sealed: Sealed, actor: str) -> None:
        """Give it its place in the chain, if we are the relay; else learn of the head."""
        conversation = entry.conversation
        if sealed.kind not in ORDERED or entry.item is not None:
            return
        if not conversation.hosted:
            head = learnt(conversation, sealed)
            if head != conversation:
                await unit.keep_head(head)
            return
        # What lost is delivered too: its sender may have merged it already (E2E-4.3).
        with suppress(Conflict):
            await relay.accept(unit, self.signer, conversation, sealed, actor)


def learnt(conversation: Conversation, sealed: Sealed) -> Conversation:
    """What a message from elsewhere tells us of a head that is not ours.

    A commit moves the epoch by one step only, so that a hostile member's number cannot shut our
    own devices out; the first one that we see says where the group stands.
    """
    first = not conversation.group
    known = replace(conversation, group=sealed.group) if first else conversation
    if sealed.kind is Kind.COMMIT and (first or sealed.epoch == conversation.epoch):
        return replace(known, epoch=sealed.epoch + 1)
    return known


async def _entry(unit: ArrivalUnit, activity: CreateSealed, sealed: Sealed) -> Entry | None:
    """By its group; else by its address, as long as that has no group yet."""
    known = await unit.entry_of(sealed.group, sealed.sha256)
    if known is not None:
        return known
    located = await unit.entry(activity.conversation)
    return located if located and not located.conversation.group else None


async def _unknown(unit: ArrivalUnit, activity: CreateSealed) -> None:
    for recipient in sorted(await unit.locals_of(activity.to)):
        if await unit.befriended(recipient, activity.actor):
            raise Unreachable("a message came before the Welcome to its group")
    raise Forbidden("E2E-4.4", "a message for a group that is not known here")


async def _check_sender(unit: ArrivalUnit, actor: str, members: Sequence[Member]) -> None:
    """Members, and friends of members here, may send to a group whose id they know."""
    if any(member.actor == actor for member in members):
        return
    for ours in sorted({member.actor for member in members if member.device}):
        if await unit.befriended(ours, actor):
            return
    raise Forbidden("E2E-3.2", "only who takes part in a conversation may send to it")


async def _register(
    unit: ArrivalUnit, conversation: str, activity: CreateSealed, members: Sequence[Member]
) -> None:
    """Whom a member addresses is a member (E2E-1.6): their messages will come too."""
    named = {activity.actor, *activity.to} - {member.actor for member in members}
    if not named or len(members) + len(named) > MOST_MEMBERS:
        return
    for actor in sorted(named - await unit.locals_of(named)):
        await unit.join(conversation, actor, "")


async def _welcomed(unit: ArrivalUnit, activity: CreateSealed, sealed: Sealed) -> None:
    invited = await _invited(unit, activity, sealed)
    id = activity.conversation or activity.object
    entry = await unit.entry(id)
    members = entry.members if entry else ()
    if entry and not any(m.actor == activity.actor for m in members):
        raise Forbidden("E2E-3.2", "only who takes part in a conversation may invite to it")
    taking_part = {member.actor for member in members}
    for actor in sorted({box.actor for box in invited} - taking_part):
        if not await unit.befriended(actor, activity.actor):
            raise Forbidden("E2E-3.7", "only friends may be invited to a conversation")
    if entry is None:
        await _open(unit, id, activity.actor)
    await _register(unit, id, activity, members)
    for box in invited:
        await unit.join(id, box.actor, box.device)
    await mailbox.deliver(unit, invited, id, activity.actor, sealed)


async def _invited(unit: ArrivalUnit, activity: CreateSealed, sealed: Sealed) -> list[Box]:
    found: list[Box] = []
    for recipient in sorted(await unit.locals_of(activity.to)):
        found += await unit.boxes_for(sealed.invites, recipient)
    if not found:
        raise Malformed("E2E-4.2", "the Welcome names no key package of the invited")
    return found


async def _open(unit: ArrivalUnit, id: str, actor: str) -> None:
    if id.startswith(f"{unit.origin}/") or len(id) > LONGEST_LOCATOR:
        # Ours are made here only: a peer must not choose the address of one.
        raise Malformed("E2E-3.1", "the Welcome names a conversation that cannot be")
    await unit.open_conversation(Conversation(id, b"", actor, False))
