"""Words that no device of somebody takes are returned to who said them (spec E2E-4.9, E2E-4.10);
of those that none has fetched for days they are told (E2E-4.11)."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from node.e2ee import envelope, mailbox
from node.e2ee.envelope import Kind, Sealed
from node.e2ee.mailbox import Box, MailUnit
from node.e2ee.members import Entry, boxes, fitting, share_of
from node.errors import Forbidden, Malformed, Refused
from node.federation.activities.shapes import CreateSealed, RejectSealed, SealedKind
from node.federation.admission import no_room
from node.wire.ids import same_origin
from node.wire.times import MICROS, day_of, from_micros, from_seconds, micros

SLICE: Final = 100
MOST_RETURNED: Final = 500  # of one actor in a conversation, for one device
MOST_UNFETCHED: Final = 1000  # told of at a time
AHEAD: Final = timedelta(hours=1)  # the same skew as for signed requests


class Why(StrEnum):
    """Why words are returned."""

    NO_DEVICE = "no_device"  # none of their devices takes part any more, and they have no other
    NEW_DEVICE = "new_device"  # none of them takes part any more; they have others
    NOT_FETCHED = "not_fetched"  # they waited for 30 days
    NOT_DELIVERED = "not_delivered"  # their server took nothing for 7 days
    REFUSED = "refused"  # their server answered that it does not take them
    UNFETCHED = "unfetched"  # none has fetched them for three days; they wait all the same


class Unread(msgspec.Struct, frozen=True):
    """What waits in a box and is returned. `actor` said it in `conversation`; `received` in
    microseconds. `told`: its sender knows that the device fetches nothing."""

    seq: int
    box: Box
    conversation: str
    actor: str
    kind: str
    sha256: bytes
    received: int = 0
    told: bool = False


class ReturnUnit(MailUnit, Protocol):
    """What this page needs of a unit."""

    @property
    def now(self) -> datetime: ...

    def name_activity(self, digest: bytes) -> str: ...

    async def entry(self, id: str, sha256: bytes = b"") -> Entry | None: ...

    async def entries_of(self, group: bytes, sha256: bytes = b"") -> list[Entry]: ...

    async def entries_at(self, url: str) -> list[Entry]: ...

    async def account_of(self, actor: str) -> str | None: ...

    async def devices_of(self, actor: str) -> list[str]: ...

    async def owe(self, activity: RejectSealed, to: Iterable[str]) -> None: ...

    async def holders(self, sha256: bytes, devices: Sequence[str]) -> set[str]:
        """Those of `devices` for which it still waits."""
        ...

    async def much_returned(
        self, devices: Sequence[str], conversation: str, actor: str, most: int
    ) -> bool:
        """Whether `most` words which `actor` returned wait for one of `devices`."""
        ...

    async def unread_of(self, device: str, count: int) -> list[Unread]:
        """What waits for a device, revoked or not, the oldest first."""
        ...

    async def expired_mail(self, count: int) -> list[Unread]:
        """What has waited for too long, of all devices, the oldest first."""
        ...

    async def unfetched_mail(self, count: int) -> list[Unread]:
        """Words that have waited for days, for all devices that are not revoked: of each sender in
        each conversation the newest, `received` when the first came, unless it was told of. Those
        of whom no other was told of come first."""
        ...

    async def keep_told(self, seqs: Sequence[int]) -> None:
        """These were told of."""
        ...


def notice(actor: str, sha256: bytes, why: str, since: int = 0) -> Sealed:
    """What the sender's devices get: that `actor` did not take the message with this digest, or
    (`unfetched`) not yet, since the day that began at the second `since`."""
    said: dict[str, str | int]
    said = {"type": "Reject", "actor": actor, "digest": sha256.hex(), "reason": why}
    said |= {"since": since} if why == Why.UNFETCHED else {}
    body = msgspec.json.encode(said)
    digest = hashlib.sha256(body).digest()
    return Sealed(body, digest, Kind.RETURNED, SealedKind.PRIVATE_MESSAGE)


async def missed(
    unit: ReturnUnit, entry: Entry, sender: str, sealed: Sealed, named: Iterable[str]
) -> None:
    """Return words to `sender` for those of `named` here of whom no device takes part any more."""
    if sealed.kind is not Kind.APPLICATION:
        return
    for actor in entry.lost:
        if actor in named:
            await _return(unit, entry, sender, actor, sealed.sha256, await _gone(unit, actor))


async def _gone(unit: ReturnUnit, actor: str) -> Why:
    return Why.NEW_DEVICE if await unit.devices_of(actor) else Why.NO_DEVICE


async def _return(
    unit: ReturnUnit,
    entry: Entry,
    sender: str,
    actor: str,
    sha256: bytes,
    why: Why,
    since: int = 0,
) -> None:
    own = [box for box in boxes(entry.members) if box.actor == sender]
    if own:
        id = entry.conversation.id
        share = share_of(entry.members, actor)
        await mailbox.deliver(unit, own, id, actor, notice(actor, sha256, why, since), share)
    elif not same_origin(sender, actor):
        await _owe(unit, entry.conversation.address, sender, actor, sha256, why, since)


# -- what waited in vain ---------------------------------------------------------------------------


async def of_device(unit: ReturnUnit, device: str) -> bool:
    """Return some of what waits for a device that was revoked; whether there may be more."""
    return await _give_back(unit, await unit.unread_of(device, SLICE), None)


async def expired(unit: ReturnUnit) -> bool:
    """Return some of what has waited for too long; whether there may be more."""
    return await _give_back(unit, await unit.expired_mail(SLICE), Why.NOT_FETCHED)


async def tell_unfetched(unit: ReturnUnit, one: Unread) -> None:
    """Tell who said what no device of somebody has fetched for days, once (E2E-4.11), unless it was
    fetched since it was found.

    The mark moves on to the newest while the device is away: once it is back, and fetches page by
    page, what it has not fetched yet is not told of within the hour.
    """
    waits = not one.told and await unit.holders(one.sha256, [one.box.device])
    if waits and await unit.account_of(one.box.actor):
        await _give_back_one(unit, one, Why.UNFETCHED)
    await unit.keep_told([one.seq])


async def _give_back(unit: ReturnUnit, found: Sequence[Unread], why: Why | None) -> bool:
    last: dict[str, Unread] = {}
    for one in found:
        last[one.box.device] = one
        # A Welcome that nobody fetched may be for a device that yet comes: words tell the rest.
        back = (Kind.APPLICATION,) if why else (Kind.APPLICATION, Kind.WELCOME)
        if one.kind in back and await unit.account_of(one.box.actor):
            await _give_back_one(unit, one, why)
    for one in last.values():
        await unit.drop_mail(one.box, one.seq)
    return len(found) == SLICE


async def not_joined(unit: ReturnUnit, url: str, sender: str, actor: str, sha256: bytes) -> None:
    """A Welcome from elsewhere names revoked devices of `actor` alone: `sender` is told at once."""
    why = await _gone(unit, actor)
    await _owe(unit, url, sender, actor, sha256, why)


async def _owe(
    unit: ReturnUnit, url: str, sender: str, actor: str, sha256: bytes, why: Why, since: int = 0
) -> None:
    about = f"{url}\n{actor}\n{why}\n".encode() + sha256
    name = unit.name_activity(hashlib.sha256(b"returned\n" + about).digest())
    at = from_seconds(since) if why is Why.UNFETCHED else None
    await unit.owe(RejectSealed(name, actor, sender, url, sha256, why, at), [sender])


async def _give_back_one(unit: ReturnUnit, one: Unread, why: Why | None) -> None:
    entry = await unit.entry(one.conversation)
    if entry is None:
        return
    others = [box.device for box in boxes(entry.members, one.box.device)
              if box.actor == one.box.actor]  # fmt: skip
    if one.kind == Kind.WELCOME and others:
        return  # another device of theirs takes part, or is asked in as well
    if set(others) - await unit.holders(one.sha256, others):
        return  # another device of theirs has taken it
    reason = why or await _gone(unit, one.box.actor)
    since = _second(day_of(from_micros(one.received)))
    await _return(unit, entry, one.actor, one.box.actor, one.sha256, reason, since)


def _second(at: datetime) -> int:
    return micros(at) // MICROS


async def not_delivered(unit: ReturnUnit, activity: CreateSealed, host_of: str, late: bool) -> None:
    """A message of ours was given up on its way to the server `host_of` (FED-8.4).

    `late`: its time was over. If not, that server refused it, and would again.
    """
    try:
        sealed = envelope.read(activity.content)
    except Refused:
        return
    if sealed.kind is not Kind.APPLICATION:
        return
    entry = fitting(await unit.entries_of(sealed.group), activity.actor, [activity.actor])
    if entry is None:
        return
    for actor in activity.to:
        if same_origin(actor, host_of):
            why = Why.NOT_DELIVERED if late else Why.REFUSED
            await _return(unit, entry, activity.actor, actor, sealed.sha256, why)


# -- what peers return -----------------------------------------------------------------------------


async def on_reject_sealed(activity: RejectSealed, unit: ReturnUnit) -> None:
    """Somebody elsewhere did not take words of one of ours: their devices are told.

    Raises `Forbidden` (E2E-4.10) for who takes no part, `TooMuch` (E2E-4.7), `Malformed` (E2E-4.11)
    for a time to come.
    """
    at = day_of(activity.published) if activity.published else None
    if at is not None and at > unit.now + AHEAD:
        raise Malformed("E2E-4.11", "since when nothing was fetched is a time to come")
    there = await unit.entries_at(activity.conversation)
    entry = fitting(there, activity.actor, [activity.of])
    members = entry.members if entry else ()
    if activity.actor not in {member.actor for member in members if not member.device}:
        raise Forbidden("E2E-4.10", "only who takes part in a conversation returns words of it")
    own = [box for box in boxes(members) if box.actor == activity.of]
    if entry is None or not own:
        return
    id, actor = entry.conversation.id, activity.actor
    devices = [box.device for box in own]
    # Nobody checks that there are such words: so many as one may have said, and no more.
    if await unit.much_returned(devices, id, actor, MOST_RETURNED):
        raise no_room()
    if await unit.full([activity.of], actor):
        raise no_room()
    told = notice(actor, activity.sha256, activity.reason, _second(at) if at else 0)
    await mailbox.deliver(unit, own, id, actor, told, share_of(members, actor))
