"""Pure: what the client API says of key packages, conversations and sealed messages.

Members of type `bytes` stand in JSON as base64 (RFC 4648 §4, with padding).
"""

import base64
import binascii
from datetime import datetime

import msgspec

from node.errors import Missing


def ref_of(url: str) -> str:
    """A conversation's address as it stands in the API's paths: base64url without padding."""
    return base64.urlsafe_b64encode(url.encode()).decode("ascii").rstrip("=")


def url_of(ref: str) -> str:
    """The inverse of `ref_of`. Raises `Missing` (E2E-3.11): there is no such conversation."""
    try:
        url = base64.urlsafe_b64decode(ref + "=" * (-len(ref) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        url = ""
    # The decoder skips what it does not know: only one text names a conversation.
    if not url or ref_of(url) != ref:
        raise Missing("E2E-3.11", "there is no such conversation")
    return url


class PublishedPackage(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A KeyPackage of this device, bare or as an MLSMessage."""

    content: bytes
    last_resort: bool = False


class NewKeyPackages(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Packages to add, at most 100; one of each suite is the last resort."""

    packages: list[PublishedPackage]


class SuiteStock(msgspec.Struct, kw_only=True):
    """What is left in one suite. `last_resort` is the id of the package that is listed."""

    suite: int
    single_use: int
    last_resort: str = ""
    last_resort_expires: datetime | None = None


class KeyPackageStock(msgspec.Struct, kw_only=True):
    """What this device has published and nobody has taken. Keep `single_use` at 20 or more."""

    stock: list[SuiteStock]


class ClaimRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whose packages, by actor id: a friend's, or your own for your other devices.

    `devices` (at most 16 ids) says of which devices; without it one of every device is taken.
    """

    actor: str
    suite: int = 1
    devices: list[str] = []


class ClaimedPackage(msgspec.Struct, kw_only=True):
    """One package of one device. `content` is the bare KeyPackage: check it again."""

    id: str
    actor: str
    suite: int
    content: bytes


class ClaimedPackages(msgspec.Struct, kw_only=True):
    """One package of each device of `actor`."""

    actor: str
    packages: list[ClaimedPackage]


class NewConversation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A group that this device made. `members` are asked for friendship only: invite them by a
    Welcome. `epoch` is the group's, 0 when it is new.

    With `url` it is one that this node forgot when it was put back from a copy: the address that
    it had, who takes part, and the epoch in which this device sees it (E2E-3.15)."""

    group_id: bytes
    members: list[str] = []
    epoch: int = 0
    url: str = ""


class Conversation(msgspec.Struct, kw_only=True):
    """A conversation. `ref` names it in this API's paths, `url` everywhere else.

    `group_id` is empty until this node saw a message of the group. `epoch`, `seq` and `head` (the
    hash of the last item) are the relay's when `hosted`, else what this node knows of it.
    """

    ref: str
    url: str
    group_id: bytes
    creator: str
    hosted: bool
    epoch: int
    seq: int
    head: bytes
    term: int
    members: list[str] = []
    group_info: bytes = b""


class ConversationList(msgspec.Struct, kw_only=True):
    """Conversations in which this device takes part."""

    items: list[Conversation]


class SealedWelcome(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A Welcome for those devices of the actors `to` whose packages it names."""

    content: bytes
    to: list[str]


class RemovedDevice(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Whom a commit removes. Without `device` the actor leaves with every device."""

    actor: str
    device: str = ""


class NewSealed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An MLSMessage to send, at most 720 KiB. A commit brings its Welcomes.

    `removed` are whom the commit removes, device by device. `recipients` are members this node may
    not know of yet; usually empty. `group_info` is sealed by the members, for the relay to keep.
    """

    content: bytes
    welcomes: list[SealedWelcome] = []
    removed: list[RemovedDevice] = []
    recipients: list[str] = []
    group_info: bytes = b""
    kind: str = ""  # ignored: the message says what it is


class GoneMembers(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Actors of whom a commit that this device read left no leaf; the caller: this device.

    `seq` is the last mailbox item that it has read.
    """

    actors: list[str]
    seq: int


class RelayItem(msgspec.Struct, kw_only=True):
    """Where an accepted message stands in the relay's chain, with its signature (E2E-3.8)."""

    group: bytes
    epoch: int
    attempt: int
    kind: str
    sha256: bytes
    seq: int
    prev: bytes
    term: int
    signature: bytes


class SentSealed(msgspec.Struct, kw_only=True):
    """The message was accepted. `epoch` is the head's now. `item` is null where the relay is
    elsewhere and the message is application data, which it need not order."""

    epoch: int
    item: RelayItem | None = None


class RelayItems(msgspec.Struct, kw_only=True):
    """The chain of a conversation, the oldest first."""

    items: list[RelayItem]


class MailboxItem(msgspec.Struct, kw_only=True):
    """A message that waits for this device; also the data of the event `sealed`.

    `actor` is who the envelope says it is from: only the MLS leaf proves it. `kind` is commit,
    proposal, application, welcome or group_info; or returned, where `content` is no message but
    says in JSON which one `actor` did not take (E2E-4.9). In an event, `content` is null when it is
    larger than 64 KiB: read the mailbox.
    """

    seq: int
    conversation: str  # the ref
    url: str
    actor: str
    kind: str
    received: datetime
    content: bytes | None = None


class Mailbox(msgspec.Struct, kw_only=True):
    """What waits, the oldest first. The Link header leads on; no such link: that is all.

    Another `incarnation` than before: the node was restored from a copy, numbers begin anew.
    """

    items: list[MailboxItem]
    incarnation: str = ""


class TakeSeat(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The vault of this device was opened: `have` is the seat that it remembers, `proof` what the
    node gave with it."""

    have: int
    nonce: bytes
    proof: bytes = b""


class TakenSeat(msgspec.Struct, kw_only=True):
    """The number that requests of this device carry as `Kith-Seat` from now on.

    `restored`: the node finds that it was put back from a copy; its numbers begin anew. `proof` is
    to be shown when the next one is taken.
    """

    seat: int
    incarnation: str
    restored: bool = False
    proof: bytes = b""


class Acknowledgement(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """All items up to and with `seq` are on the device's disk."""

    seq: int
