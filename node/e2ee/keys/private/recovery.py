"""Pure: the recovery key, and what is derived from it (spec KEY-2)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from node.e2ee.keys.public.signed import Signed, sign_content
from node.e2ee.mls.private import hpke
from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.public.suite import X25519_AES128_SHA256_ED25519 as SUITE
from node.errors import Malformed

KEY_BYTES: Final = 32
PREFIX: Final = "KITH1-"
CHECK_BYTES: Final = 4


def derive(key: bytes, label: bytes) -> bytes:
    """`X(key, label)`: HKDF-Expand by SHA-256 of 32 bytes, which is one block (KEY-2.1)."""
    return hmac.digest(key, label + b"\x01", "sha256")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key that signs the structures of an account: the root or a list key."""

    private: bytes = field(repr=False)

    @property
    def public(self) -> bytes:
        return self._key().public_key().public_bytes_raw()

    def sign(self, label: bytes, content: bytes) -> Signed:
        return Signed(content, self._key().sign(sign_content(label, content)))

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.private)


@dataclass(frozen=True)
class RecoveryKey:
    """32 bytes: on paper, and in vaults until they are. What is derived is used and forgotten."""

    key: bytes = field(repr=False)

    @cached_property
    def root(self) -> SigningKey:
        """It signs delegations, and nothing else."""
        return SigningKey(derive(self.key, b"Kith root 1"))

    @cached_property
    def kem(self) -> KeyPair:
        """To which a key box seals its entry for the recovery key."""
        return hpke.key_pair(SUITE, derive(self.key, b"Kith recovery kem 1"))


def _check(key: bytes) -> bytes:
    return hashlib.sha256(b"Kith recovery check 1" + key).digest()[:CHECK_BYTES]


def qr_text(key: bytes) -> str:
    """What the QR code of a recovery key says (KEY-2.4)."""
    return PREFIX + base64.b32encode(key + _check(key)).decode().rstrip("=")


def is_qr_text(text: str) -> bool:
    """Whether that is meant to be the text of such a code."""
    return text.strip().upper().startswith(PREFIX)


def from_qr_text(text: str) -> bytes:
    """The recovery key in the text of its QR code. Raises `Malformed` (KEY-2.4)."""
    letters = text.strip().upper().removeprefix(PREFIX)
    try:
        key = base64.b32decode(letters + "=" * (-len(letters) % 8))[:KEY_BYTES]
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES or qr_text(key) != PREFIX + letters:
        raise Malformed("KEY-2.4", "that is not the whole text of a recovery key's QR code")
    return key
