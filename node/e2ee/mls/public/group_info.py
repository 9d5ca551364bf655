"""Pure: GroupContext, GroupInfo and Welcome, as they travel (RFC 9420 §8.1, §12.4.3)."""

from dataclasses import dataclass, field, replace
from typing import Final

from node.e2ee.mls.public.commit import HPKECiphertext, read_ciphertext
from node.e2ee.mls.public.extensions import Extensions, encode_extensions, read_extensions
from node.e2ee.mls.public.suite import MLS10, Suite, suite_of, verify_with_label
from node.errors import Malformed, TooMuch
from node.wire import tls
from node.wire.tls import Reader

LAST_EPOCH: Final = 2**64 - 1


@dataclass(frozen=True, slots=True)
class GroupContext:
    """What all members agree on in one epoch."""

    suite_id: int
    group_id: bytes
    epoch: int
    tree_hash: bytes
    confirmed_transcript_hash: bytes
    extensions: Extensions
    version: int = MLS10
    _encoded: bytes = field(default=b"", init=False, compare=False, repr=False)

    @property
    def suite(self) -> Suite:
        return suite_of(self.suite_id)

    def encode(self) -> bytes:
        if not self._encoded:
            # Once: each message of the epoch is signed with it.
            object.__setattr__(self, "_encoded", self._encode())
        return self._encoded

    def _encode(self) -> bytes:
        return (
            tls.u16(self.version)
            + tls.u16(self.suite_id)
            + tls.opaque(self.group_id)
            + tls.u64(self.epoch)
            + tls.opaque(self.tree_hash)
            + tls.opaque(self.confirmed_transcript_hash)
            + encode_extensions(self.extensions)
        )

    def next(self, tree_hash: bytes, extensions: Extensions) -> "GroupContext":
        """The provisional context: the next epoch, still with this one's transcript (§12.4.1).

        Raises `TooMuch` (MLS-8.1) after the last epoch that has a number.
        """
        if self.epoch >= LAST_EPOCH:
            raise TooMuch("MLS-8.1", "a group has come to its last epoch")
        return replace(self, epoch=self.epoch + 1, tree_hash=tree_hash, extensions=extensions)

    def confirmed(self, transcript_hash: bytes) -> "GroupContext":
        """This context once its commit is in the transcript."""
        return replace(self, confirmed_transcript_hash=transcript_hash)


def read_group_context(reader: Reader) -> GroupContext:
    version, suite_id, group_id = reader.u16(), reader.u16(), reader.opaque()
    epoch, tree_hash, transcript = reader.u64(), reader.opaque(), reader.opaque()
    return GroupContext(
        suite_id, group_id, epoch, tree_hash, transcript, read_extensions(reader), version
    )


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """The state of a group, signed by the member at leaf `signer`."""

    context: GroupContext
    extensions: Extensions
    confirmation_tag: bytes
    signer: int
    signature: bytes = b""

    def signed(self) -> bytes:
        """The encoded `GroupInfoTBS`."""
        return (
            self.context.encode()
            + encode_extensions(self.extensions)
            + tls.opaque(self.confirmation_tag)
            + tls.u32(self.signer)
        )

    def encode(self) -> bytes:
        return self.signed() + tls.opaque(self.signature)

    def verifies(self, key: bytes) -> bool:
        """Whether `key` signed this."""
        suite = self.context.suite
        return verify_with_label(suite, key, b"GroupInfoTBS", self.signed(), self.signature)


def read_group_info(reader: Reader) -> GroupInfo:
    context, extensions = read_group_context(reader), read_extensions(reader)
    return GroupInfo(context, extensions, reader.opaque(), reader.u32(), reader.opaque())


@tls.structure
class EncryptedGroupSecrets:
    """The joiner's secrets, sealed to the init key of the key package `new_member` refers to."""

    new_member: bytes
    sealed: HPKECiphertext

    def encode(self) -> bytes:
        return tls.opaque(self.new_member) + self.sealed.encode()


def _read_encrypted_secrets(reader: Reader) -> EncryptedGroupSecrets:
    return EncryptedGroupSecrets(reader.opaque(), read_ciphertext(reader))


@dataclass(frozen=True, slots=True)
class Welcome:
    """An invitation for one or more new members."""

    suite_id: int
    secrets: tuple[EncryptedGroupSecrets, ...]
    encrypted_group_info: bytes

    def encode(self) -> bytes:
        return (
            tls.u16(self.suite_id)
            + tls.vector(secret.encode() for secret in self.secrets)
            + tls.opaque(self.encrypted_group_info)
        )


def read_welcome(reader: Reader) -> Welcome:
    return Welcome(reader.u16(), reader.vector(_read_encrypted_secrets, cost=3), reader.opaque())


def check_version(context: GroupContext) -> None:
    """The group speaks MLS 1.0."""
    if context.version != MLS10:
        raise Malformed("MLS-6", "a group of another version of MLS")
