"""What peers send: a `CreateSealed` into the mailboxes of those whom it is for (spec E2E-4)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from node.e2ee import envelope, mailbox, relay
from node.e2ee.chain import Conversation, Signer
from node.e2ee.envelope import ORDERED, Kind, Sealed
from node.e2ee.mailbox import Box
from node.e2ee.members import MOST_MEMBERS, Member, boxes, check_free
from node.e2ee.relay import RelayUnit
from node.errors import Conflict, Forbidden, Malformed, Unreachable
from node.federation.activities.shapes import CreateSealed

LONGEST_LOCATOR: Final = 2048


class ArrivalUnit(RelayUnit, Protocol):
    """What this page needs of a unit besides."""

    @property
    def origin(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Arrivals:
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
        conversation = await _conversation(unit, activity, sealed)
        if conversation is None:
            await _unknown(unit, activity)
            return
        members = await unit.members(conversation.id)
        await _check_sender(unit, activity.actor, members)
        conversation = await self._place(unit, conversation, sealed, activity.actor)
        await _register(unit, conversation.id, activity, members)
        await mailbox.deliver(unit, boxes(members), conversation.id, activity.actor, sealed)

    async def _place(
        self, unit: ArrivalUnit, conversation: Conversation, sealed: Sealed, actor: str
    ) -> Conversation:
        """Where it stands in the chain, if we are the relay; else what we learn of the head."""
        if sealed.kind not in ORDERED:
            return conversation
        if not conversation.hosted:
            head = learnt(conversation, sealed)
            if head != conversation:
                await unit.keep_head(head)
            return head
        if await unit.item(conversation.id, sealed.sha256) is not None:
            return conversation
        try:
            return await relay.accept(unit, self.signer, conversation, sealed, actor)
        except Conflict:
            # It lost, but its sender may have merged it already: members have to see it (E2E-4.3).
            return conversation


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


async def _conversation(
    unit: ArrivalUnit, activity: CreateSealed, sealed: Sealed
) -> Conversation | None:
    """By its group; else by its address, as long as that has no group yet."""
    known = await unit.conversation_of(sealed.group)
    if known is not None:
        return known
    located = await unit.conversation(activity.conversation)
    if located is None or located.group:
        return None
    await check_free(unit, located, sealed)
    return located


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
    conversation = await unit.conversation(id)
    members = await unit.members(id) if conversation else []
    if conversation and not any(m.actor == activity.actor for m in members):
        raise Forbidden("E2E-3.2", "only who takes part in a conversation may invite to it")
    taking_part = {member.actor for member in members}
    for actor in sorted({box.actor for box in invited} - taking_part):
        if not await unit.befriended(actor, activity.actor):
            raise Forbidden("E2E-3.7", "only friends may be invited to a conversation")
    if conversation is None:
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
