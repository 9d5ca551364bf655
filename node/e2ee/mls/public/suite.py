"""Pure: cipher suites, hash-based identifiers and the check of a signature (RFC 9420 §5.1-5.2).

A new suite is a new row of `SUITES` (and of `private.hpke.KEMS` if its KEM is new); no other
page knows which suites there are.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from node.errors import Malformed
from node.wire import tls

MLS10: Final = 1  # ProtocolVersion mls10
LABEL: Final = b"MLS 1.0 "


def _ed25519_verify(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@dataclass(frozen=True, slots=True)
class Suite:
    """What a cipher suite number stands for. Lengths are in bytes, named as RFC 9180 does."""

    id: int
    name: str
    kem_id: int
    kdf_id: int
    aead_id: int
    hash_name: str
    hash: Callable[[bytes], bytes]
    nh: int
    nk: int
    nn: int
    npk: int  # an HPKE public key
    nenc: int  # a KEM output
    nsig: int  # a signature public key
    aead: type[AESGCM] | type[ChaCha20Poly1305]
    signature: str
    verify: Callable[[bytes, bytes, bytes], bool]


X25519_AES128_SHA256_ED25519: Final = Suite(
    id=1,
    name="MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
    kem_id=0x0020,
    kdf_id=0x0001,
    aead_id=0x0001,
    hash_name="sha256",
    hash=_sha256,
    nh=32,
    nk=16,
    nn=12,
    npk=32,
    nenc=32,
    nsig=32,
    aead=AESGCM,
    signature="ed25519",
    verify=_ed25519_verify,
)
X25519_CHACHA20_SHA256_ED25519: Final = Suite(
    id=3,
    name="MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
    kem_id=0x0020,
    kdf_id=0x0001,
    aead_id=0x0003,
    hash_name="sha256",
    hash=_sha256,
    nh=32,
    nk=32,
    nn=12,
    npk=32,
    nenc=32,
    nsig=32,
    aead=ChaCha20Poly1305,
    signature="ed25519",
    verify=_ed25519_verify,
)
SUITES: Final = {
    row.id: row for row in (X25519_AES128_SHA256_ED25519, X25519_CHACHA20_SHA256_ED25519)
}


def suite_of(id: int) -> Suite:
    """The suite with the number `id`. Raises `Malformed` (MLS-5.1) when it is not spoken here."""
    found = SUITES.get(id)
    if found is None:
        raise Malformed("MLS-5.1", "a cipher suite that is not spoken here", suite=id)
    return found


def check_hpke_key(suite: Suite, key: bytes) -> None:
    """Refuse an HPKE public key that cannot be one of `suite` (MLS-5.1.1)."""
    if len(key) != suite.npk:
        raise Malformed("MLS-5.1.1", "an HPKE public key has the wrong length")


def check_signature_key(suite: Suite, key: bytes) -> None:
    """Refuse a signature public key that cannot be one of `suite` (MLS-5.1.1)."""
    if len(key) != suite.nsig:
        raise Malformed("MLS-5.1.1", "a signature public key has the wrong length")


def ref_hash(suite: Suite, label: bytes, value: bytes) -> bytes:
    """`RefHash(label, value)` of §5.2; `label` in full."""
    return suite.hash(tls.opaque(label) + tls.opaque(value))


def sign_content(label: bytes, content: bytes) -> bytes:
    """The encoded `SignContent` of §5.1.2; `label` without its prefix."""
    return tls.opaque(LABEL + label) + tls.opaque(content)


def verify_with_label(
    suite: Suite, key: bytes, label: bytes, content: bytes, signature: bytes
) -> bool:
    """`VerifyWithLabel` of §5.1.2: False also for a key or signature that is not well formed."""
    return suite.verify(key, sign_content(label, content), signature)
