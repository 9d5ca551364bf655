"""Who takes part in a conversation, who may be invited, and how one begins (spec E2E-3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.e2ee.chain import Conversation, Item
from node.e2ee.envelope import EPOCHS, Kind, Sealed
from node.e2ee.mailbox import Box
from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch

LONGEST_GROUP_ID: Final = 256
MOST_MEMBERS: Final = 400
LONGEST_LOCATOR: Final = 2048
MOST_BESIDE: Final = 16  # of one group, or of one address
GUESTS: Final = "guests of "


@dataclass(frozen=True, slots=True)
class Member:
    """One who takes part: a device of ours with its account, or an actor elsewhere ("", "").

    `known`: this node has looked the actor up. `share`: whose part of a mailbox their messages
    take, see `grow`. `gone`: those of ours whose devices read that they left (E2E-3.16).
    """

    actor: str
    device: str = ""
    account: str = field(default="", compare=False)
    known: bool = field(default=True, compare=False)
    share: str = field(default="", compare=False)
    gone: tuple[str, ...] = field(default=(), compare=False)


class Entry(Struct, frozen=True):
    """A conversation as one look shows it. `item` is the message that is asked about, if it has
    its place in the chain already. `lost`: our people who take part, but by revoked devices only.
    """

    conversation: Conversation
    members: tuple[Member, ...]
    item: Item | None = None
    lost: tuple[str, ...] = ()


class Sender(Struct, frozen=True):
    """A device of ours that asks for something."""

    actor: str
    account: str
    device: str


class Invitation(Struct, frozen=True):
    """A Welcome, and the actors whom it is for."""

    to: tuple[str, ...]
    sealed: Sealed


class Removed(Struct, frozen=True):
    """Whom a commit removes: one device of an actor, or ("") the actor with all of them."""

    actor: str
    device: str = ""


class UnknownActors(Struct, frozen=True):
    """Actors elsewhere who must be looked up before the same can be tried again."""

    actors: tuple[str, ...]


class MembersUnit(Protocol):
    """What this page needs of a unit."""

    def mint_object(self) -> str: ...

    async def befriended(self, ours: str, other: str) -> bool: ...

    async def befriended_by(self, ours: Iterable[str], others: Iterable[str]) -> set[str]:
        """Those of `others` who are a friend of one of `ours`."""
        ...

    async def locals_of(self, actors: Iterable[str]) -> set[str]:
        """Those of `actors` who are ours."""
        ...

    async def strangers(self, actors: Iterable[str]) -> list[str]:
        """Those of `actors` whom this node has not looked up."""
        ...

    async def entry(self, id: str, sha256: bytes = b"") -> Entry | None:
        """The conversation at `id`, who takes part now, and the item with this digest."""
        ...

    async def entries_of(self, group: bytes, sha256: bytes = b"") -> list[Entry]:
        """The same, by the group: one, but for those that were told beside it (E2E-3.15)."""
        ...

    async def entries_at(self, url: str) -> list[Entry]:
        """The conversations with this address: one, but for those that were told beside it."""
        ...

    async def open_conversation(self, conversation: Conversation) -> None: ...

    async def keep_head(self, conversation: Conversation) -> None: ...

    async def join(self, conversation: str, actor: str, device: str, share: str = "") -> None:
        """They take part. `share`: whose part of a mailbox their messages take, "" their own."""
        ...

    async def leave(self, conversation: str, actor: str, device: str) -> None:
        """The device ("": every device of the actor) takes part no more."""
        ...

    async def tell_gone(self, conversation: str, actor: str, by: Sequence[str]) -> None:
        """Remember who of ours told that the actor left: nobody any more, where they join."""
        ...

    async def restored(self) -> bool:
        """Whether this database was ever put back from a copy."""
        ...

    async def restored_lately(self) -> bool:
        """Whether that was within the last day."""
        ...

    async def may_be_named(self, conversation: str) -> bool:
        """Whether devices that take part may yet tell who else does: for a day after the copy was
        put back where it held the conversation, else for an hour after it was told."""
        ...

    async def expect(self, conversation: str, actor: str) -> None:
        """Remember that a member named one of ours: their devices may come back by themselves."""
        ...

    async def changes_wait(self, device: str, conversation: str, after: int) -> bool:
        """Whether a commit or a Welcome waits for the device behind the item `after`."""
        ...

    async def expected(self, conversation: str, actor: str) -> bool: ...

    async def boxes_for(self, refs: Sequence[bytes], actor: str) -> list[Box]:
        """The devices of `actor` here that published the packages `refs`."""
        ...

    async def published(self, refs: Sequence[bytes], actor: str) -> bool:
        """Whether `actor` here published one of the packages, also by a device that was revoked."""
        ...


def invited(invitations: Iterable[Invitation]) -> set[str]:
    """All actors whom the invitations are for."""
    return {actor for invitation in invitations for actor in invitation.to}


def boxes(members: Iterable[Member], but: str = "") -> list[Box]:
    """The mailboxes of the members here, without the device `but`."""
    return [Box(m.device, m.account, m.actor) for m in members if m.device and m.device != but]


async def begin(
    unit: MembersUnit, sender: Sender, group: bytes, friends: Sequence[str], epoch: int
) -> Conversation | UnknownActors:
    """Open a conversation of which this node is the relay; the same one when asked again.

    Raises `Malformed` (E2E-3.1), `Conflict` (E2E-3.1), `Forbidden` (E2E-3.7).
    """
    if not 1 <= len(group) <= LONGEST_GROUP_ID or not 0 <= epoch < EPOCHS:
        raise Malformed("E2E-3.1", "a group id has 1 to 256 bytes, an epoch is below 2^53")
    if there := await unit.entries_of(group):
        for known in there:
            if any(m.device == sender.device for m in known.members):
                return known.conversation
        raise Conflict("E2E-3.1", "there is a conversation of a group with this id")
    for friend in friends:
        await _check_friend(unit, sender.actor, friend)
    if unknown := await unit.strangers(friends):
        return UnknownActors(tuple(unknown))
    opened = Conversation(unit.mint_object(), group, sender.actor, True, epoch)
    await unit.open_conversation(opened)
    await unit.join(opened.id, sender.actor, sender.device)
    return opened


async def gone(unit: MembersUnit, sender: Sender, id: str, actors: Iterable[str], seq: int) -> None:
    """A device read a commit by which these actors left (E2E-3.16).

    It is a claim, which may be false: of its own actor a device tells for itself alone, and of
    others for what its actor says. Raises as `entered`, and `Conflict` while it has not read what
    may have brought them back.
    """
    entry = await entered(unit, id, sender.actor, sender.device)
    if await unit.changes_wait(sender.device, id, seq):
        raise Conflict("E2E-3.16", "changes of the conversation wait in the mailbox: read them")
    told = {member.actor: {*member.gone} for member in entry.members}
    ours = {member.actor for member in entry.members if member.device}
    for actor in sorted({*actors} & told.keys()):
        tellers = told[actor] | {sender.actor}
        if actor == sender.actor:
            await unit.leave(id, actor, sender.device)
        elif actor in ours or entry.conversation.hosted or ours - tellers:
            await unit.tell_gone(id, actor, sorted(tellers))
        else:
            await unit.leave(id, actor, "")


def heard_by(members: Iterable[Member], speaker: str) -> list[Member]:
    """Those to whom what the speaker says goes: of whom they have not told that they left."""
    return [one for one in members if speaker not in one.gone]


async def _check_friend(unit: MembersUnit, ours: str, other: str) -> None:
    if other != ours and not await unit.befriended(ours, other):
        raise Forbidden("E2E-3.7", "only friends may be invited to a conversation")


async def entered(
    unit: MembersUnit, id: str, actor: str, device: str, sha256: bytes = b""
) -> Entry:
    """The conversation and its members, for one who takes part: a device, or ("") a peer's actor.

    Raises `Missing` (E2E-3.11) when there is none, `Forbidden` (E2E-3.2) for anyone else.
    """
    entry = await unit.entry(id, sha256)
    if entry is None:
        raise Missing("E2E-3.11", "there is no such conversation")
    if Member(actor, device) not in entry.members:
        raise Forbidden("E2E-3.2", "only who takes part in a conversation may send to it")
    return entry


async def entered_at(
    unit: MembersUnit, url: str, actor: str, sealed: Sealed, named: Iterable[str]
) -> Entry:
    """The conversation at an address to which `actor`, elsewhere, sends for the actors `named`.

    Raises as `entered`.
    """
    of_group = await unit.entries_of(sealed.group, sealed.sha256)
    there = [one for one in of_group if one.conversation.address == url]
    fits = fitting(there, actor, named)
    return fits or await entered(unit, url, actor, "", sealed.sha256)


def fitting(entries: Iterable[Entry], actor: str, named: Iterable[str] = ()) -> Entry | None:
    """That in which the actor takes part, and most of those named with devices here.

    So what one who made up a conversation of the same group told of is nobody else's (E2E-3.15).
    """
    asked = {*named}

    def reached(entry: Entry) -> int:
        return len({member.actor for member in entry.members if member.device} & asked)

    own = [one for one in entries if any(member.actor == actor for member in one.members)]
    return max(own, key=reached, default=None)


async def check_free(unit: MembersUnit, conversation: Conversation, sealed: Sealed) -> Conversation:
    """The first message that shows a conversation's group shows one that no other has (E2E-3.1).

    What only a peer said of another's group gives way: a device of ours knows its own. Where things
    were forgotten it stands beside the other (E2E-3.15).
    """
    if conversation.group or not (others := await unit.entries_of(sealed.group)):
        return conversation
    if await unit.restored():
        return replace(conversation, beside=next_beside(others))
    other = others[0].conversation
    if other.hosted or other.epoch:
        raise Conflict("E2E-3.1", "there is a conversation of a group with this id")
    await unit.keep_head(replace(other, group=b""))
    return conversation


def next_beside(entries: Iterable[Entry]) -> int:
    """The next place among those of one group."""
    return 1 + max((one.conversation.beside for one in entries), default=-1)


async def check_invitations(
    unit: MembersUnit, sender: str, members: Sequence[Member], newcomers: Iterable[str]
) -> None:
    """Each of `newcomers` is a friend of the sender, takes part already, or is the sender.

    Friendship is asked of the side that is ours: the sender's, or else the invited's. Raises
    `Forbidden` (E2E-3.7), `TooMuch` (E2E-3.7).
    """
    taking_part = {m.actor for m in members}
    asked = set(newcomers) - taking_part - {sender}
    if not asked:
        return
    if len(taking_part | asked) > MOST_MEMBERS:
        raise TooMuch("E2E-3.7", f"a conversation has at most {MOST_MEMBERS} members")
    if await unit.locals_of([sender]):
        for actor in asked:
            await _check_friend(unit, sender, actor)
        return
    for actor in await unit.locals_of(asked):
        await _check_friend(unit, actor, sender)


def share_of(members: Iterable[Member], actor: str) -> str:
    """Whose part of a mailbox the actor's messages take."""
    return next((member.share for member in members if member.actor == actor), actor)


async def grow(
    unit: MembersUnit,
    conversation: str,
    members: Sequence[Member],
    sponsor: str,
    newcomers: Iterable[tuple[str, str]],
    here: Iterable[str] = (),
) -> None:
    """Register whom `sponsor` brings in: an actor and a device each, "" for one elsewhere.

    A friend of somebody here who takes part (`here`: those who only begin to) speaks for
    themselves; all others whom somebody brought in, and whom those brought in, have one share
    together, so that who invents members fills one part of a mailbox (E2E-4.7).
    """
    if not (wanted := list(newcomers)):
        return
    own = share_of(members, sponsor)
    shares = {member.actor: member.share for member in members} | {sponsor: own}
    guests = own if own.startswith(GUESTS) else f"{GUESTS}{sponsor}"
    unknown = {actor for actor, _ in wanted} - shares.keys()
    hosts = {member.actor for member in members if member.device} | set(here)
    friends: set[str] = set()
    if unknown and (hosts := hosts - {sponsor}):
        friends = await unit.befriended_by(hosts, unknown)
    for actor, device in wanted:
        share = shares.get(actor) or (actor if actor in friends else guests)
        await unit.join(conversation, actor, device, share)


async def seat(
    unit: MembersUnit,
    conversation: str,
    members: Sequence[Member],
    sponsor: str,
    invitations: Sequence[Invitation],
) -> list[tuple[Invitation, list[Box]]]:
    """Register who is invited by `sponsor`; each Welcome with the devices here that it is for.

    Raises `Malformed` (E2E-4.2) when a Welcome for one of ours names none of their packages.
    """
    ours = await unit.locals_of(invited(invitations)) if invitations else set()
    seated: list[tuple[Invitation, list[Box]]] = []
    newcomers: list[tuple[str, str]] = []
    for invitation in invitations:
        found: list[Box] = []
        for actor in invitation.to:
            if actor not in ours:
                newcomers.append((actor, ""))
                continue
            named = await unit.boxes_for(invitation.sealed.invites, actor)
            if not named:
                raise Malformed("E2E-4.2", "the Welcome names no key package of the invited")
            found += named
        newcomers += [(box.actor, box.device) for box in found]
        seated.append((invitation, found))
    await grow(unit, conversation, members, sponsor, newcomers)
    return seated


def check_welcomes(sealed: Sealed, invitations: Sequence[Invitation]) -> None:
    """Welcomes are Welcomes, and come with their commit (E2E-3.6)."""
    if not invitations:
        return
    if any(not invitation.to for invitation in invitations):
        raise Malformed("E2E-3.6", "a Welcome names whom it is for")
    if sealed.kind is not Kind.COMMIT:
        raise Malformed("E2E-3.6", "Welcomes come in one request with their commit")
    if any(invitation.sealed.kind is not Kind.WELCOME for invitation in invitations):
        raise Malformed("E2E-3.6", "one of the Welcomes is no Welcome")
