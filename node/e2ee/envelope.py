"""Pure: all that a server may read of a sealed message (spec E2E-1)."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from node.e2ee.mls.public import framing
from node.e2ee.mls.public.framing import Body, PrivateMessage, PublicMessage
from node.e2ee.mls.public.group_info import GroupInfo, Welcome
from node.errors import Malformed, TooMuch
from node.federation.activities.shapes import SealedKind

# In base64, with its envelope, this is what fits the 1 MiB that nodes take in their inboxes.
LONGEST_BYTES: Final = 720 * 2**10
# Numbers beyond are not the same in every JSON reader, nor in the database.
EPOCHS: Final = 2**53


class Kind(StrEnum):
    """What a sealed message does, as its wire format and content type say."""

    COMMIT = "commit"
    PROPOSAL = "proposal"
    APPLICATION = "application"
    WELCOME = "welcome"
    GROUP_INFO = "group_info"
    RETURNED = "returned"  # no message: a word of the node about one (E2E-4.9)


ORDERED: Final = frozenset({Kind.COMMIT, Kind.PROPOSAL, Kind.APPLICATION})
HANDSHAKES: Final = frozenset({Kind.COMMIT, Kind.PROPOSAL})

_KINDS: Final = {
    framing.APPLICATION: Kind.APPLICATION,
    framing.PROPOSAL: Kind.PROPOSAL,
    framing.COMMIT: Kind.COMMIT,
}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A well-formed MLSMessage; nothing that it says is proven.

    `group` and `epoch` are empty and 0 for a Welcome, which does not show them. `invites` are the
    KeyPackageRefs that a Welcome names. `label` is the ActivityStreams type to send it as.
    """

    body: bytes = field(repr=False)
    sha256: bytes
    kind: Kind
    label: SealedKind
    group: bytes = b""
    epoch: int = 0
    invites: tuple[bytes, ...] = ()


def read(body: bytes) -> Sealed:
    """What `body` is. Raises `TooMuch` (E2E-1.3) and `Malformed` (E2E-1.4)."""
    if len(body) > LONGEST_BYTES:
        raise TooMuch("E2E-1.3", "a sealed message has at most 720 KiB", longest=LONGEST_BYTES)
    try:
        message = framing.parse_message(body)
    except (Malformed, TooMuch):
        raise Malformed("E2E-1.4", "this is not one MLSMessage") from None
    sealed = _seen(body, message)
    if sealed.epoch >= EPOCHS:
        raise Malformed("E2E-1.4", "an epoch that no group reaches")
    return sealed


def _seen(body: bytes, message: Body) -> Sealed:
    digest = hashlib.sha256(body).digest()
    if isinstance(message, PrivateMessage):
        kind = _KINDS[message.content_type]
        label = SealedKind.PRIVATE_MESSAGE
        return Sealed(body, digest, kind, label, message.group_id, message.epoch)
    if isinstance(message, PublicMessage):
        content = message.content
        kind = _KINDS[content.content_type]
        if kind is Kind.APPLICATION:
            raise Malformed("E2E-1.4", "application data is never sent as a PublicMessage")
        label = SealedKind.PUBLIC_MESSAGE
        return Sealed(body, digest, kind, label, content.group_id, content.epoch)
    if isinstance(message, Welcome):
        refs = tuple(secret.new_member for secret in message.secrets)
        return Sealed(body, digest, Kind.WELCOME, SealedKind.WELCOME, invites=refs)
    if isinstance(message, GroupInfo):
        group, epoch = message.context.group_id, message.context.epoch
        return Sealed(body, digest, Kind.GROUP_INFO, SealedKind.GROUP_INFO, group, epoch)
    raise Malformed("E2E-1.4", "a key package is published, not sent")
