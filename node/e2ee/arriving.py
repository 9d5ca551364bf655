"""What peers send: a `CreateSealed` into the mailboxes of those whom it is for (spec E2E-4)."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.e2ee import envelope, mailbox, relay, returning
from node.e2ee.chain import Conversation, Signer
from node.e2ee.envelope import ORDERED, Kind, Sealed
from node.e2ee.mailbox import Box
from node.e2ee.members import (
    LONGEST_LOCATOR,
    MOST_MEMBERS,
    Entry,
    Member,
    boxes,
    fitting,
    grow,
    share_of,
)
from node.e2ee.relay import RelayUnit
from node.errors import Conflict, Forbidden, Malformed, Unreachable
from node.federation.activities.shapes import CreateSealed
from node.federation.admission import no_room


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
        _check_sender(entry, activity.actor, sealed)
        accepted = await self._place(unit, entry, sealed, activity.actor)
        if accepted and sealed.kind is Kind.COMMIT:
            await _register(unit, id, activity, members)
        share = share_of(members, activity.actor)
        found = await _reached(unit, activity, sealed, members)
        await mailbox.deliver(unit, found, id, activity.actor, sealed, share)
        await returning.missed(unit, entry, activity.actor, sealed, activity.to)

    async def _place(self, unit: ArrivalUnit, entry: Entry, sealed: Sealed, actor: str) -> bool:
        """Give it its place in the chain, if we are the relay; whether it stands.

        Of a conversation whose relay is elsewhere the sender's node has asked that one (E2E-3.9).
        """
        conversation = entry.conversation
        if sealed.kind not in ORDERED or entry.item is not None:
            return True
        if conversation.hosted:
            try:
                await relay.accept(unit, self.signer, conversation, sealed, actor)
            except Conflict:
                if sealed.epoch > conversation.epoch:
                    raise  # nobody can be there: it would only make our devices feel left behind
                # It is delivered too: its sender may have merged it already (E2E-4.3).
                return False
            return True
        # Who invited us shows the group; the head moves by what our own devices send alone.
        shows = not conversation.group and actor == conversation.creator
        if shows and not await unit.entries_of(sealed.group):
            await unit.keep_head(replace(conversation, group=sealed.group))
        return True


async def _entry(unit: ArrivalUnit, activity: CreateSealed, sealed: Sealed) -> Entry | None:
    """By its group, where the sender takes part; else by its address, if its group is not known.

    Who is in two conversations cannot pass one's group off as the other's to shut its members out.
    """
    of_group = await unit.entries_of(sealed.group, sealed.sha256)
    if fits := fitting(of_group, activity.actor, activity.to):
        return fits
    for located in await unit.entries_at(activity.conversation):
        if not located.conversation.group:
            return located
    return of_group[0] if of_group else None


def _takes_part(entry: Entry, actor: str) -> bool:
    return any(member.actor == actor for member in entry.members)


async def _unknown(unit: ArrivalUnit, activity: CreateSealed) -> None:
    for recipient in sorted(await unit.locals_of(activity.to)):
        if await unit.befriended(recipient, activity.actor):
            raise Unreachable("a message came before the Welcome to its group")
    raise Forbidden("E2E-4.4", "a message for a group that is not known here")


def _check_sender(entry: Entry, actor: str, sealed: Sealed) -> None:
    """Only who takes part may send (E2E-3.2).

    A node that is not the relay may not have seen the commit yet that brought the sender in: what
    is of an epoch that it does not know of is tried again for a while, and changes nothing.
    """
    if _takes_part(entry, actor):
        return
    conversation = entry.conversation
    if not conversation.hosted and sealed.epoch > conversation.epoch:
        raise Unreachable("the commit that brings this member in is not here")
    raise Forbidden("E2E-3.2", "only who takes part in a conversation may send to it")


async def _reached(
    unit: ArrivalUnit, activity: CreateSealed, sealed: Sealed, members: Sequence[Member]
) -> list[Box]:
    """The boxes that take it: of those whom it names, for whom the door has looked (E2E-4.7).

    A commit goes to all (E2E-4.3), if there is room at those whom it does not name; but not to
    whom it leaves out and somebody here told to be gone (E2E-3.16).
    """
    named = [member for member in members if member.actor in activity.to]
    if sealed.kind is not Kind.COMMIT:
        return boxes(named)
    others = [one for one in members if one.actor not in activity.to and not one.gone]
    unnamed = {box.actor for box in boxes(others)}
    if unnamed and await unit.full(unnamed, activity.actor):
        raise no_room()
    return boxes([*named, *others])


async def _register(
    unit: ArrivalUnit, conversation: str, activity: CreateSealed, members: Sequence[Member]
) -> None:
    """Whom a member's commit addresses is a member (E2E-1.6): their messages will come too."""
    for actor in sorted({member.actor for member in members if member.gone} & {*activity.to}):
        await unit.tell_gone(conversation, actor, ())
    named = set(activity.to) - {member.actor for member in members}
    if not named or len(members) + len(named) > MOST_MEMBERS:
        return
    newcomers = [(actor, "") for actor in sorted(named - await unit.locals_of(named))]
    await grow(unit, conversation, members, activity.actor, newcomers)


async def _welcomed(unit: ArrivalUnit, activity: CreateSealed, sealed: Sealed) -> None:
    url = activity.conversation or activity.object
    invited = await _invited(unit, activity, sealed, url)
    if not invited:
        return
    there = await unit.entries_at(url)
    entry = fitting(there, activity.actor, activity.to)
    if there and entry is None:
        raise Forbidden("E2E-3.2", "only who takes part in a conversation may invite to it")
    id, members = (entry.conversation.id, entry.members) if entry else (url, ())
    taking_part = {member.actor for member in members}
    for actor in sorted({box.actor for box in invited} - taking_part):
        if not await unit.befriended(actor, activity.actor):
            raise Forbidden("E2E-3.7", "only friends may be invited to a conversation")
    newcomers = [(box.actor, box.device) for box in invited]
    if entry is None:
        await _open(unit, id, activity.actor)
        # Whom the first Welcome names are members before us; later ones come by commits.
        named = {activity.actor, *activity.to}
        newcomers += [(actor, "") for actor in sorted(named - await unit.locals_of(named))]
    here = {box.actor for box in invited}
    await grow(unit, id, members, activity.actor, newcomers, here)
    share = share_of(members, activity.actor)
    await mailbox.deliver(unit, invited, id, activity.actor, sealed, share)


async def _invited(
    unit: ArrivalUnit, activity: CreateSealed, sealed: Sealed, url: str
) -> list[Box]:
    """The boxes of those invited; none where all it names were revoked since: that is said."""
    found: list[Box] = []
    late = False
    for recipient in sorted(await unit.locals_of(activity.to)):
        boxes = await unit.boxes_for(sealed.invites, recipient)
        if not boxes and await unit.published(sealed.invites, recipient):
            late = True
            if await unit.befriended(recipient, activity.actor):
                sender, digest = activity.actor, sealed.sha256
                await returning.not_joined(unit, url, sender, recipient, digest)
        found += boxes
    if not found and not late:
        raise Malformed("E2E-4.2", "the Welcome names no key package of the invited")
    return found


async def _open(unit: ArrivalUnit, id: str, actor: str) -> None:
    if id.startswith(f"{unit.origin}/") or len(id) > LONGEST_LOCATOR or "#" in id:
        # Ours are made here only: a peer must not choose the address of one.
        raise Malformed("E2E-3.1", "the Welcome names a conversation that cannot be")
    await unit.open_conversation(Conversation(id, b"", actor, False))
