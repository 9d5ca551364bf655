"""Pure: the secrets inside a Welcome, and how it is made and opened (RFC 9420 §12.4.3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from node.e2ee.mls.private import crypto
from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.private.hpke import KeyPair, decrypt_with_label, encrypt_with_label
from node.e2ee.mls.private.key_schedule import welcome_secret
from node.e2ee.mls.public.group_info import (
    EncryptedGroupSecrets,
    GroupInfo,
    Welcome,
    read_group_info,
)
from node.e2ee.mls.public.key_package import KeyPackage
from node.e2ee.mls.public.proposals import (
    RESUMPTION_PSK,
    USAGE_APPLICATION,
    PreSharedKeyID,
    read_psk_id,
)
from node.e2ee.mls.public.suite import Suite
from node.errors import Malformed, Missing, Unproven
from node.wire import tls
from node.wire.tls import Reader

LABEL: Final = b"Welcome"


@dataclass(frozen=True, slots=True)
class GroupSecrets:
    """What one new member needs to open the rest of a Welcome."""

    joiner_secret: bytes = field(repr=False)
    path_secret: bytes | None = field(repr=False)
    psks: tuple[PreSharedKeyID, ...]

    def encode(self) -> bytes:
        path = None if self.path_secret is None else tls.opaque(self.path_secret)
        psks = tls.vector(psk.encode() for psk in self.psks)
        return tls.opaque(self.joiner_secret) + tls.optional(path) + psks


def read_group_secrets(reader: Reader) -> GroupSecrets:
    joiner, path = reader.opaque(), reader.optional(Reader.opaque)
    return GroupSecrets(joiner, path, reader.vector(read_psk_id, cost=2))


def _welcome_keys(suite: Suite, member: bytes) -> tuple[bytes, bytes]:
    secret = welcome_secret(suite, member)
    return (
        crypto.expand_with_label(suite, secret, b"key", b"", suite.nk),
        crypto.expand_with_label(suite, secret, b"nonce", b"", suite.nn),
    )


def seal_welcome(
    suite: Suite,
    info: GroupInfo,
    member: bytes,
    newcomers: Sequence[tuple[KeyPackage, GroupSecrets]],
    entropy: Entropy,
) -> Welcome:
    """One Welcome for all `newcomers`; `member` is the secret that `member_secret` gives."""
    key, nonce = _welcome_keys(suite, member)
    sealed_info = crypto.seal(suite, key, nonce, info.encode(), b"")
    return Welcome(
        suite.id,
        tuple(
            EncryptedGroupSecrets(
                package.reference(),
                encrypt_with_label(
                    suite, package.init_key, LABEL, sealed_info, secrets.encode(), entropy
                ),
            )
            for package, secrets in newcomers
        ),
        sealed_info,
    )


def find_entry(welcome: Welcome, package: KeyPackage) -> EncryptedGroupSecrets:
    """The entry that is for `package` (MLS-12.4.3.1a), in its own suite (MLS-12.4.3.1b)."""
    if welcome.suite_id != package.suite_id:
        raise Malformed("MLS-12.4.3.1b", "a Welcome of another suite than the key package")
    reference = package.reference()
    for entry in welcome.secrets:
        if entry.new_member == reference:
            return entry
    raise Missing("MLS-12.4.3.1a", "a Welcome that is not for this key package")


def open_group_secrets(
    suite: Suite, welcome: Welcome, entry: EncryptedGroupSecrets, init: KeyPair
) -> GroupSecrets:
    """The secrets in `entry`; `init` is the key pair of the package's init key."""
    context = welcome.encrypted_group_info
    plain = decrypt_with_label(suite, init, LABEL, context, entry.sealed)
    secrets = tls.parse(plain, read_group_secrets)
    check_welcome_psks(suite, secrets.psks)
    return secrets


def check_welcome_psks(suite: Suite, psks: Sequence[PreSharedKeyID]) -> None:
    """Nonces are of the right length (MLS-8.4b); reinit or branch stands alone (MLS-12.4.3.1c)."""
    if any(len(psk.nonce) != suite.nh for psk in psks):
        raise Malformed("MLS-8.4b", "a PSK nonce has the wrong length")
    special = [psk for psk in psks if psk.type == RESUMPTION_PSK and psk.usage != USAGE_APPLICATION]
    if len(special) > 1:
        raise Malformed("MLS-12.4.3.1c", "a Welcome with two PSKs for reinit or branch")


def open_group_info(suite: Suite, welcome: Welcome, member: bytes) -> GroupInfo:
    """The GroupInfo inside, not believed yet. Raises `Unproven` (MLS-12.4.3.1d)."""
    key, nonce = _welcome_keys(suite, member)
    plain = crypto.open(suite, key, nonce, welcome.encrypted_group_info, b"")
    if plain is None:
        raise Unproven("MLS-12.4.3.1d", "the group info of a Welcome does not open")
    return tls.parse(plain, read_group_info)
