"""Pure: message framing: MLSMessage, its formats, the header a relay may read (RFC 9420 §6)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from node.e2ee.mls.public.commit import Commit, read_commit
from node.e2ee.mls.public.group_info import (
    GroupInfo,
    Welcome,
    read_group_info,
    read_welcome,
)
from node.e2ee.mls.public.key_package import KeyPackage, read_key_package
from node.e2ee.mls.public.proposals import Proposal, encode_proposal, read_proposal
from node.e2ee.mls.public.suite import MLS10
from node.errors import Malformed, TooMuch
from node.wire import tls
from node.wire.tls import Reader

PUBLIC_MESSAGE: Final = 1
PRIVATE_MESSAGE: Final = 2
WELCOME: Final = 3
GROUP_INFO: Final = 4
KEY_PACKAGE: Final = 5

APPLICATION: Final = 1
PROPOSAL: Final = 2
COMMIT: Final = 3

MEMBER: Final = 1
EXTERNAL: Final = 2
NEW_MEMBER_PROPOSAL: Final = 3
NEW_MEMBER_COMMIT: Final = 4

# A Welcome with the tree of 10,000 members is about 3 MiB.
LONGEST_MESSAGE: Final = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Sender:
    """`index` is a leaf index for a member, a place in external_senders for an external one."""

    type: int
    index: int = 0

    def encode(self) -> bytes:
        if self.type in (MEMBER, EXTERNAL):
            return tls.u8(self.type) + tls.u32(self.index)
        return tls.u8(self.type)


def read_sender(reader: Reader) -> Sender:
    type = reader.u8()
    if not MEMBER <= type <= NEW_MEMBER_COMMIT:
        raise Malformed("MLS-6", "a type of sender that is not known")
    return Sender(type, reader.u32() if type <= EXTERNAL else 0)


Content = bytes | Proposal | Commit
"""Application data, a proposal or a commit."""


@dataclass(frozen=True, slots=True)
class FramedContent:
    group_id: bytes
    epoch: int
    sender: Sender
    authenticated_data: bytes
    content: Content = field(repr=False)  # a person's words may be in it

    @property
    def content_type(self) -> int:
        if isinstance(self.content, bytes):
            return APPLICATION
        return COMMIT if isinstance(self.content, Commit) else PROPOSAL

    def encode(self) -> bytes:
        return (
            tls.opaque(self.group_id)
            + tls.u64(self.epoch)
            + self.sender.encode()
            + tls.opaque(self.authenticated_data)
            + tls.u8(self.content_type)
            + encode_content(self.content)
        )


def encode_content(content: Content) -> bytes:
    if isinstance(content, bytes):
        return tls.opaque(content)
    return content.encode() if isinstance(content, Commit) else encode_proposal(content)


_CONTENT_READERS: Final[dict[int, Callable[[Reader], Content]]] = {
    APPLICATION: Reader.opaque,
    PROPOSAL: read_proposal,
    COMMIT: read_commit,
}


def read_content(reader: Reader, content_type: int) -> Content:
    read = _CONTENT_READERS.get(content_type)
    if read is None:
        raise Malformed("MLS-6", "a type of content that is not known")
    return read(reader)


def _read_framed_content(reader: Reader) -> FramedContent:
    group_id, epoch, sender = reader.opaque(), reader.u64(), read_sender(reader)
    authenticated_data = reader.opaque()
    return FramedContent(
        group_id, epoch, sender, authenticated_data, read_content(reader, reader.u8())
    )


@dataclass(frozen=True, slots=True)
class AuthData:
    """`FramedContentAuthData`; the tag stands only with a commit."""

    signature: bytes
    confirmation_tag: bytes | None

    def encode(self) -> bytes:
        tag = b"" if self.confirmation_tag is None else tls.opaque(self.confirmation_tag)
        return tls.opaque(self.signature) + tag


def read_auth_data(reader: Reader, content_type: int) -> AuthData:
    return AuthData(reader.opaque(), reader.opaque() if content_type == COMMIT else None)


@dataclass(frozen=True, slots=True)
class AuthenticatedContent:
    wire_format: int
    content: FramedContent
    auth: AuthData

    def encode(self) -> bytes:
        return tls.u16(self.wire_format) + self.content.encode() + self.auth.encode()


def read_authenticated_content(reader: Reader) -> AuthenticatedContent:
    wire_format, content = reader.u16(), _read_framed_content(reader)
    return AuthenticatedContent(wire_format, content, read_auth_data(reader, content.content_type))


@dataclass(frozen=True, slots=True)
class PublicMessage:
    """Signed, not encrypted. The membership tag stands only with a member."""

    content: FramedContent
    auth: AuthData
    membership_tag: bytes | None

    def encode(self) -> bytes:
        tag = b"" if self.membership_tag is None else tls.opaque(self.membership_tag)
        return self.content.encode() + self.auth.encode() + tag

    def authenticated(self) -> AuthenticatedContent:
        return AuthenticatedContent(PUBLIC_MESSAGE, self.content, self.auth)


def _read_public_message(reader: Reader) -> PublicMessage:
    content = _read_framed_content(reader)
    auth = read_auth_data(reader, content.content_type)
    tag = reader.opaque() if content.sender.type == MEMBER else None
    return PublicMessage(content, auth, tag)


@dataclass(frozen=True, slots=True)
class PrivateMessage:
    """Signed and encrypted. What stands here in clear is all that a relay learns."""

    group_id: bytes
    epoch: int
    content_type: int
    authenticated_data: bytes
    encrypted_sender_data: bytes
    ciphertext: bytes

    def encode(self) -> bytes:
        return (
            tls.opaque(self.group_id)
            + tls.u64(self.epoch)
            + tls.u8(self.content_type)
            + tls.opaque(self.authenticated_data)
            + tls.opaque(self.encrypted_sender_data)
            + tls.opaque(self.ciphertext)
        )


def _read_private_message(reader: Reader) -> PrivateMessage:
    group_id, epoch, content_type = reader.opaque(), reader.u64(), reader.u8()
    if not APPLICATION <= content_type <= COMMIT:
        raise Malformed("MLS-6", "a type of content that is not known")
    return PrivateMessage(
        group_id, epoch, content_type, reader.opaque(), reader.opaque(), reader.opaque()
    )


Body = PublicMessage | PrivateMessage | Welcome | GroupInfo | KeyPackage

_BODY_READERS: Final[dict[int, Callable[[Reader], Body]]] = {
    PUBLIC_MESSAGE: _read_public_message,
    PRIVATE_MESSAGE: _read_private_message,
    WELCOME: read_welcome,
    GROUP_INFO: read_group_info,
    KEY_PACKAGE: read_key_package,
}
_WIRE_FORMATS: Final = {
    PublicMessage: PUBLIC_MESSAGE,
    PrivateMessage: PRIVATE_MESSAGE,
    Welcome: WELCOME,
    GroupInfo: GROUP_INFO,
    KeyPackage: KEY_PACKAGE,
}


def _read_preamble(reader: Reader) -> int:
    """The wire format, after the version (MLS-6)."""
    if reader.u16() != MLS10:
        raise Malformed("MLS-6", "a message of another version of MLS")
    wire_format = reader.u16()
    if wire_format not in _BODY_READERS:
        raise Malformed("MLS-6", "a wire format that is not known")
    return wire_format


def read_message(reader: Reader) -> Body:
    body = _BODY_READERS[_read_preamble(reader)](reader)
    if isinstance(body, KeyPackage) and body.version != MLS10:
        raise Malformed("MLS-10a", "a key package of another version than its message")
    return body


def parse_message(data: bytes) -> Body:
    """The one MLSMessage that `data` is. Raises `Malformed` or `TooMuch`."""
    check_size(data)
    return tls.parse(data, read_message)


def encode_message(body: Body) -> bytes:
    """`body` as an MLSMessage."""
    return tls.u16(MLS10) + tls.u16(_WIRE_FORMATS[type(body)]) + body.encode()


def check_size(data: bytes) -> None:
    """Refuse what is larger than any message of ours before reading it."""
    if len(data) > LONGEST_MESSAGE:
        raise TooMuch("MLS-2.1b", "a message is larger than is accepted here")


@dataclass(frozen=True, slots=True)
class Header:
    """What anyone can read of a message. The last three are None where the format has none.

    `wire_format` is one of PUBLIC_MESSAGE … KEY_PACKAGE, `content_type` one of APPLICATION,
    PROPOSAL, COMMIT. For a GroupInfo, group and epoch are those of its context.
    """

    wire_format: int
    group_id: bytes | None = None
    epoch: int | None = None
    content_type: int | None = None


def header(data: bytes) -> Header:
    """The header of the MLSMessage in `data`, for one who orders and carries messages.

    Reads the whole frame of a PrivateMessage, and all of any other: what passes here is a
    well-formed MLSMessage, of which nothing else is proven. Raises `Malformed` or `TooMuch`.
    """
    body = parse_message(data)
    if isinstance(body, PrivateMessage):
        return Header(PRIVATE_MESSAGE, body.group_id, body.epoch, body.content_type)
    if isinstance(body, PublicMessage):
        content = body.content
        return Header(PUBLIC_MESSAGE, content.group_id, content.epoch, content.content_type)
    if isinstance(body, GroupInfo):
        return Header(GROUP_INFO, body.context.group_id, body.context.epoch)
    return Header(_WIRE_FORMATS[type(body)])
