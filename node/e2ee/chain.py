"""Pure: the relay's chain: what it signs of each item, and what may come next (spec E2E-3)."""

import base64
import hashlib
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.e2ee.envelope import Kind, Sealed
from node.errors import Conflict, Malformed
from node.wire import tls
from node.wire.json import Document

LABEL: Final = b"Kith relay item 1"


class Signer(Protocol):
    """The instance actor's Ed25519 key, loaded once: `wire.keys.PrivateKey` is one."""

    def sign(self, message: bytes) -> bytes: ...


class Item(Struct, frozen=True):
    """One accepted message: where it stands, and the relay's word for it. Digests are raw."""

    group: bytes
    epoch: int
    attempt: int
    kind: str
    sha256: bytes
    seq: int
    prev: bytes
    term: int
    signature: bytes = b""

    def signed(self) -> bytes:
        """The bytes under the signature (E2E-3.8)."""
        return (
            tls.opaque(LABEL)
            + tls.opaque(self.group)
            + tls.u64(self.epoch)
            + tls.u32(self.attempt)
            + tls.opaque(self.kind.encode())
            + tls.opaque(self.sha256)
            + tls.u64(self.seq)
            + tls.opaque(self.prev)
            + tls.u32(self.term)
        )

    def hash(self) -> bytes:
        """`prev` of the next one."""
        return hashlib.sha256(self.signed()).digest()

    def document(self) -> Document:
        """The item in JSON, bytes in base64."""
        return {
            "group": _text(self.group),
            "epoch": self.epoch,
            "attempt": self.attempt,
            "kind": self.kind,
            "sha256": _text(self.sha256),
            "seq": self.seq,
            "prev": _text(self.prev),
            "term": self.term,
            "signature": _text(self.signature),
        }


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


class Conversation(Struct, frozen=True):
    """A group as this node knows it. `hosted`: this node is its relay.

    `id` is the address, and behind a `#` its place among those that were told of one address;
    `beside` is its place among those of one group. Both are of use to a node that was put back from
    a copy alone, where somebody may tell what never was (E2E-3.15).
    `group` is empty until it was seen (a Welcome does not show it). `epoch` is the head's: where
    the relay is elsewhere, the newest that we know of. `head` is the hash of the last item.
    """

    id: str
    group: bytes
    creator: str
    hosted: bool
    epoch: int = 0
    seq: int = 0
    head: bytes = b""
    term: int = 0
    beside: int = 0

    @property
    def address(self) -> str:
        """Where the relay is asked, and what messages name."""
        return address_of(self.id)


def address_of(id: str) -> str:
    """The address of the conversation that a node calls `id`."""
    return id.partition("#")[0]


def check_group(conversation: Conversation, sealed: Sealed) -> None:
    """The message is of this conversation's group, as far as that is known (E2E-3.2)."""
    if conversation.group and sealed.group != conversation.group:
        raise Malformed("E2E-3.2", "the message is of another group than this conversation's")


def check_turn(conversation: Conversation, sealed: Sealed, winner: bytes) -> None:
    """Whether `sealed` may be the next item. `winner` is the digest of the head epoch's commit.

    Raises `Conflict`: E2E-3.3 for a commit, E2E-3.5 for anything else, with the head.
    """
    if sealed.epoch == conversation.epoch:
        return
    clause = "E2E-3.3" if sealed.kind is Kind.COMMIT else "E2E-3.5"
    raise Conflict(
        clause,
        f"the group is at epoch {conversation.epoch}, the message is of {sealed.epoch}",
        epoch=conversation.epoch,
        seq=conversation.seq,
        head=conversation.head.hex(),
        sha256=winner.hex(),
    )


def next_item(conversation: Conversation, sealed: Sealed, signer: Signer) -> Item:
    """The signed item that `sealed` becomes behind the head."""
    item = Item(
        group=sealed.group,
        epoch=sealed.epoch,
        attempt=0,
        kind=sealed.kind,
        sha256=sealed.sha256,
        seq=conversation.seq + 1,
        prev=conversation.head,
        term=conversation.term,
    )
    return replace(item, signature=signer.sign(item.signed()))


def moved(conversation: Conversation, item: Item) -> Conversation:
    """The conversation with `item` as its head."""
    step = 1 if item.kind == Kind.COMMIT else 0
    return replace(
        conversation,
        group=item.group,
        epoch=item.epoch + step,
        seq=item.seq,
        head=item.hash(),
    )
