"""Pure: extensions, and those that have a form of their own (RFC 9420 §11.1, §12.1.8.1, §13.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from node.e2ee.mls.public.credentials import Credential, read_credential
from node.errors import Malformed
from node.wire import tls
from node.wire.tls import Reader

APPLICATION_ID: Final = 1
RATCHET_TREE: Final = 2
REQUIRED_CAPABILITIES: Final = 3
EXTERNAL_PUB: Final = 4
EXTERNAL_SENDERS: Final = 5
DEFAULT_EXTENSIONS: Final = frozenset(range(1, 6))
DEFAULT_PROPOSALS: Final = frozenset(range(1, 8))
GREASE: Final = frozenset(0x0A0A + 0x1010 * step for step in range(15))


@tls.structure
class Extension:
    type: int
    data: bytes

    def encode(self) -> bytes:
        return tls.u16(self.type) + tls.opaque(self.data)


Extensions = tuple[Extension, ...]


def _read_extension(reader: Reader) -> Extension:
    return Extension(reader.u16(), reader.opaque())


def read_extensions(reader: Reader) -> Extensions:
    """A list of extensions, no type twice (MLS-13.4a)."""
    extensions = reader.vector(_read_extension, cost=4)
    if len(extensions) > 1 and len({e.type for e in extensions}) != len(extensions):
        raise Malformed("MLS-13.4a", "a list holds two extensions of one type")
    return extensions


def encode_extensions(extensions: Iterable[Extension]) -> bytes:
    return tls.vector(extension.encode() for extension in extensions)


def find(extensions: Extensions, type: int) -> bytes | None:
    """The data of the extension of this type, or None."""
    for extension in extensions:
        if extension.type == type:
            return extension.data
    return None


@dataclass(frozen=True, slots=True)
class RequiredCapabilities:
    """What every member has to support (§11.1)."""

    extensions: tuple[int, ...] = ()
    proposals: tuple[int, ...] = ()
    credentials: tuple[int, ...] = ()

    def encode(self) -> bytes:
        return tls.u16s(self.extensions) + tls.u16s(self.proposals) + tls.u16s(self.credentials)


def _read_required(reader: Reader) -> RequiredCapabilities:
    return RequiredCapabilities(reader.u16s(), reader.u16s(), reader.u16s())


def required_capabilities(extensions: Extensions) -> RequiredCapabilities:
    """What `extensions` of a group require; nothing when they do not say."""
    data = find(extensions, REQUIRED_CAPABILITIES)
    return RequiredCapabilities() if data is None else tls.parse(data, _read_required)


@tls.structure
class ExternalSender:
    """One who may propose from outside (§12.1.8.1)."""

    signature_key: bytes
    credential: Credential

    def encode(self) -> bytes:
        return tls.opaque(self.signature_key) + self.credential.encode()


def _read_sender(reader: Reader) -> ExternalSender:
    return ExternalSender(reader.opaque(), read_credential(reader))


def _read_senders(reader: Reader) -> tuple[ExternalSender, ...]:
    return reader.vector(_read_sender, cost=4)


def external_senders(extensions: Extensions) -> tuple[ExternalSender, ...]:
    """Who may propose from outside; none when the group does not say."""
    data = find(extensions, EXTERNAL_SENDERS)
    return () if data is None else tls.parse(data, _read_senders)


def external_pub(extensions: Extensions) -> bytes | None:
    """The public key for external commits of a GroupInfo, if it has one (§12.4.3.2)."""
    data = find(extensions, EXTERNAL_PUB)
    return None if data is None else tls.parse(data, Reader.opaque)


def check_group_extensions(extensions: Extensions) -> None:
    """The lists of a GroupContext read: those that have a form are of it."""
    required_capabilities(extensions)
    external_senders(extensions)
