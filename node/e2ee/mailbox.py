"""The mailbox: what waits for each device until it says that it has it (spec E2E-4)."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from node.e2ee.chain import address_of
from node.e2ee.envelope import Kind, Sealed
from node.wire.api.e2ee import MailboxItem, ref_of
from node.wire.json import Document
from node.wire.times import from_micros, rfc3339

# What an event may carry; larger items are named only, so that streams stay quick for all.
LARGEST_IN_EVENT_BYTES: Final = 64 * 2**10
LARGEST_PAGE_BYTES: Final = 4 * 2**20
SENDERS_SHARE: Final = 4  # one sender fills at most a quarter, so that nobody shuts out the others
_LABELS: Final = {Kind.WELCOME: "Welcome", Kind.GROUP_INFO: "GroupInfo"}


class Box(msgspec.Struct, frozen=True):
    """A device of ours, and whose it is."""

    device: str
    account: str
    actor: str


class Room(msgspec.Struct, frozen=True):
    """The bytes that an actor's devices still take: of all senders, and of the one asked for."""

    bytes: int
    share: int

    def least(self, other: "Room") -> "Room":
        """What fits into both."""
        return Room(min(self.bytes, other.bytes), min(self.share, other.share))

    @property
    def none(self) -> bool:
        """Whether nothing more is taken for now."""
        return self.bytes <= 0 or self.share <= 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item of a mailbox. `received` in microseconds; `conversation` is its address.

    `body` is None in an event, when it is larger than what an event may carry.
    """

    seq: int
    conversation: str
    actor: str
    kind: str
    received: int
    body: bytes | None = field(repr=False)


class MailUnit(Protocol):
    """What this page needs of a unit."""

    async def put_mail(
        self, boxes: Sequence[Box], conversation: str, actor: str, sealed: Sealed, share: str = ""
    ) -> None:
        """Put it into the boxes and tell their devices, but where the same bytes wait already.

        `share`: whose part of a mailbox it takes; "" for the actor's own.
        """
        ...

    async def mail_of(self, device: str, after: int, count: int, most: int) -> list[Waiting]:
        """At most `count` items behind `after`, of at most `most` bytes together, but one."""
        ...

    async def drop_mail(self, box: Box, upto: int) -> None: ...

    async def full(self, actors: Iterable[str], sender: str) -> bool:
        """Whether a device of one of `actors` takes no more of `sender` for now (E2E-4.7).

        All shares in which the sender has a part count, whatever conversation is named.
        """
        ...

    async def rooms(self, actors: Iterable[str], sender: str) -> dict[str, Room]:
        """How much each of `actors` still takes, of all and of `sender`, counted alike."""
        ...


async def deliver(
    unit: MailUnit,
    boxes: Iterable[Box],
    conversation: str,
    actor: str,
    sealed: Sealed,
    share: str = "",
) -> None:
    """Put `sealed` into the boxes, once each, and tell their devices."""
    if wanted := list(boxes):
        await unit.put_mail(wanted, conversation, actor, sealed, share)


def shown(waiting: Waiting) -> MailboxItem:
    """The item as the API says it."""
    return MailboxItem(
        seq=waiting.seq,
        conversation=ref_of(waiting.conversation),
        url=address_of(waiting.conversation),
        actor=waiting.actor,
        kind=waiting.kind,
        received=from_micros(waiting.received),
        content=waiting.body,
    )


def event(waiting: Waiting) -> bytes:
    """The data of the event, in one line of JSON: the item itself (E2E-4.6)."""
    return msgspec.json.encode(shown(waiting))


def document(waiting: Waiting) -> Document:
    """The item as the actor's `messages` collection lists it."""
    shown: Document = {
        "type": ["Object", _LABELS.get(Kind(waiting.kind), "PrivateMessage")],
        "attributedTo": waiting.actor,
        "mediaType": "message/mls",
        "encoding": "base64",
        "content": base64.b64encode(waiting.body or b"").decode("ascii"),
        "conversation": address_of(waiting.conversation),
        "published": rfc3339(from_micros(waiting.received)),
    }
    return shown


async def pull(unit: MailUnit, device: str, after: int, count: int) -> list[Waiting]:
    """What waits for the device behind the item `after`, the oldest first."""
    return await unit.mail_of(device, after, count, LARGEST_PAGE_BYTES)


async def acknowledge(unit: MailUnit, box: Box, seq: int) -> None:
    """Forget all items of the box up to `seq`, and the events that carried them."""
    await unit.drop_mail(box, seq)
