"""Pure: AuthenticatedContent to and from PublicMessage and PrivateMessage (RFC 9420 §6.1-6.3)."""

from dataclasses import dataclass, field
from typing import Final

from node.e2ee.mls.private import crypto
from node.e2ee.mls.private.crypto import SignatureKey
from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.private.secret_tree import APPLICATION, HANDSHAKE, Ahead, Bounds, SecretTree
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.framing import (
    AuthData,
    AuthenticatedContent,
    FramedContent,
    PrivateMessage,
    PublicMessage,
    Sender,
    encode_content,
    read_auth_data,
    read_content,
)
from node.e2ee.mls.public.suite import MLS10, Suite, verify_with_label
from node.errors import Forbidden, Malformed, Unproven
from node.wire import tls
from node.wire.tls import Reader

LABEL: Final = b"FramedContentTBS"
SMALLEST: Final = 256
LARGEST_DOUBLING: Final = 4096


def content_tbs(wire_format: int, content: FramedContent, context: bytes) -> bytes:
    """The encoded `FramedContentTBS`; `context` is the encoded GroupContext of the epoch.

    It counts for members and for those who join by their own commit (§6.1).
    """
    tbs = tls.u16(MLS10) + tls.u16(wire_format) + content.encode()
    if content.sender.type in (framing.MEMBER, framing.NEW_MEMBER_COMMIT):
        return tbs + context
    return tbs


def sign(
    suite: Suite,
    key: bytes | SignatureKey,
    wire_format: int,
    content: FramedContent,
    context: bytes,
) -> bytes:
    """The signature of `content`."""
    return crypto.sign_with_label(suite, key, LABEL, content_tbs(wire_format, content, context))


def check_signature(
    suite: Suite, key: bytes, message: AuthenticatedContent, context: bytes
) -> None:
    """The sender's key signed this content, in this epoch (MLS-6.1e)."""
    tbs = content_tbs(message.wire_format, message.content, context)
    if not verify_with_label(suite, key, LABEL, tbs, message.auth.signature):
        raise Unproven("MLS-6.1e", "the signature of a message is wrong")


def membership_tag(
    suite: Suite, key: bytes, content: FramedContent, auth: AuthData, context: bytes
) -> bytes:
    """The MAC that only members can make (§6.2); `key` is the membership key."""
    tbs = content_tbs(framing.PUBLIC_MESSAGE, content, context)
    return crypto.mac(suite, key, tbs + auth.encode())


def protect_public(
    suite: Suite, key: bytes, message: AuthenticatedContent, context: bytes
) -> PublicMessage:
    """`message` as a PublicMessage, with a membership tag where the sender is a member."""
    tag = None
    if message.content.sender.type == framing.MEMBER:
        tag = membership_tag(suite, key, message.content, message.auth, context)
    return PublicMessage(message.content, message.auth, tag)


def check_membership_tag(suite: Suite, key: bytes, message: PublicMessage, context: bytes) -> None:
    """A member made this message (MLS-6.2b)."""
    expected = membership_tag(suite, key, message.content, message.auth, context)
    if message.membership_tag is None or not crypto.same(expected, message.membership_tag):
        raise Unproven("MLS-6.2b", "a membership tag is wrong")


def check_not_application(message: PublicMessage) -> None:
    """Application data is never sent in clear (MLS-6a)."""
    if message.content.content_type == framing.APPLICATION:
        raise Forbidden("MLS-6a", "application data in a message that is not encrypted")


def padded_size(size: int) -> int:
    """The step of the padding ladder that holds `size` bytes: doublings, then steps of 5 %."""
    step = SMALLEST
    while step < size:
        step = step * 2 if step < LARGEST_DOUBLING else step + step // 20
    return step


@dataclass(frozen=True, slots=True)
class SenderData:
    leaf_index: int
    generation: int
    reuse_guard: bytes = field(repr=False)

    def encode(self) -> bytes:
        return tls.u32(self.leaf_index) + tls.u32(self.generation) + self.reuse_guard


def read_sender_data(reader: Reader) -> SenderData:
    return SenderData(reader.u32(), reader.u32(), reader.take(4))


def sender_data_key(suite: Suite, secret: bytes, ciphertext: bytes) -> tuple[bytes, bytes]:
    """(key, nonce) for the sender data that goes with `ciphertext` (§6.3.2)."""
    sample = ciphertext[: suite.nh]
    return (
        crypto.expand_with_label(suite, secret, b"key", sample, suite.nk),
        crypto.expand_with_label(suite, secret, b"nonce", sample, suite.nn),
    )


def _guarded(nonce: bytes, guard: bytes) -> bytes:
    head = int.from_bytes(nonce[:4], "big") ^ int.from_bytes(guard, "big")
    return tls.u32(head) + nonce[4:]


def _header(group_id: bytes, epoch: int, content_type: int) -> bytes:
    """The encoded `SenderDataAAD`, with which `PrivateContentAAD` begins too."""
    return tls.opaque(group_id) + tls.u64(epoch) + tls.u8(content_type)


def place_of(leaf_index: int, content_type: int) -> tuple[int, int]:
    """Which ratchet a sender uses for this type of content."""
    return leaf_index, APPLICATION if content_type == framing.APPLICATION else HANDSHAKE


def check_member(sender: Sender) -> None:
    """Only a member can send a PrivateMessage (MLS-6.3.2b)."""
    if sender.type != framing.MEMBER:
        raise Forbidden("MLS-6.3.2b", "only a member can send an encrypted message")


def protect_private(
    suite: Suite,
    sender_data_secret: bytes,
    ahead: Ahead,
    message: AuthenticatedContent,
    entropy: Entropy,
) -> PrivateMessage:
    """`message` as a PrivateMessage, with the key in `ahead`, padded to the ladder."""
    content = message.content
    check_member(content.sender)
    header = _header(content.group_id, content.epoch, content.content_type)
    plaintext = encode_content(content.content) + message.auth.encode()
    guard = entropy.draw(4)
    ciphertext = crypto.seal(
        suite,
        ahead.key.key,
        _guarded(ahead.key.nonce, guard),
        plaintext.ljust(padded_size(len(plaintext)), b"\x00"),
        header + tls.opaque(content.authenticated_data),
    )
    data = SenderData(content.sender.index, ahead.key.generation, guard)
    key, nonce = sender_data_key(suite, sender_data_secret, ciphertext)
    return PrivateMessage(
        content.group_id,
        content.epoch,
        content.content_type,
        content.authenticated_data,
        crypto.seal(suite, key, nonce, data.encode(), header),
        ciphertext,
    )


def open_sender_data(
    suite: Suite, sender_data_secret: bytes, message: PrivateMessage
) -> SenderData:
    """Who sent `message` and which key it needs. Raises `Unproven` (MLS-6.3.2c)."""
    header = _header(message.group_id, message.epoch, message.content_type)
    key, nonce = sender_data_key(suite, sender_data_secret, message.ciphertext)
    plain = crypto.open(suite, key, nonce, message.encrypted_sender_data, header)
    if plain is None:
        raise Unproven("MLS-6.3.2c", "the sender data of a message does not open")
    return tls.parse(plain, read_sender_data)


def check_padding(padding: bytes) -> None:
    """Padding is zero bytes only (MLS-6.3.1a)."""
    if padding.strip(b"\x00"):
        raise Malformed("MLS-6.3.1a", "the padding of a message is not zero")


def open_content(
    suite: Suite, secrets: SecretTree, message: PrivateMessage, data: SenderData, bounds: Bounds
) -> tuple[AuthenticatedContent, Ahead]:
    """The content, not yet believed: its signature is to be checked before the key is taken."""
    ahead = secrets.ahead(place_of(data.leaf_index, message.content_type), data.generation, bounds)
    header = _header(message.group_id, message.epoch, message.content_type)
    plain = crypto.open(
        suite,
        ahead.key.key,
        _guarded(ahead.key.nonce, data.reuse_guard),
        message.ciphertext,
        header + tls.opaque(message.authenticated_data),
    )
    if plain is None:
        raise Unproven("MLS-6.3.1b", "a message does not open")
    reader = Reader(plain)
    content = read_content(reader, message.content_type)
    auth = read_auth_data(reader, message.content_type)
    check_padding(reader.rest())
    framed = FramedContent(
        message.group_id,
        message.epoch,
        Sender(framing.MEMBER, data.leaf_index),
        message.authenticated_data,
        content,
    )
    return AuthenticatedContent(framing.PRIVATE_MESSAGE, framed, auth), ahead
