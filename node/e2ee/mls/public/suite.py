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


_PRIME: Final = 2**255 - 19
# The points of small order, by the number that encodes them: with such a key a shared secret is
# known to all (X25519), and a signature can be made that fits any message (Ed25519).
_X25519_SMALL: Final = frozenset(
    {
        0,
        1,
        _PRIME - 1,
        0x57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F,
        0xB8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0,
    }
)
_ED25519_SMALL: Final = frozenset(
    {
        0,
        1,
        _PRIME - 1,
        0x5FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)


def _number(key: bytes) -> int:
    """What 32 bytes encode: little-endian, the top bit left out, any number above the prime too."""
    return (int.from_bytes(key, "little") & (2**255 - 1)) % _PRIME


def _x25519_key(key: bytes) -> bool:
    return len(key) == 32 and _number(key) not in _X25519_SMALL


def _ed25519_key(key: bytes) -> bool:
    return len(key) == 32 and _number(key) not in _ED25519_SMALL


def _ed25519_verify(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@dataclass(frozen=True, slots=True, eq=False)
class Suite:
    """What a cipher suite number stands for. Lengths are in bytes, named as RFC 9180 does.

    There is one of each: it equals itself only, and so is quick to look up by.
    """

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
    is_hpke_key: Callable[[bytes], bool]
    is_signature_key: Callable[[bytes], bool]
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
    is_hpke_key=_x25519_key,
    is_signature_key=_ed25519_key,
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
    is_hpke_key=_x25519_key,
    is_signature_key=_ed25519_key,
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
    if not suite.is_hpke_key(key):
        raise Malformed("MLS-5.1.1", "an HPKE public key that is not one")


def check_signature_key(suite: Suite, key: bytes) -> None:
    """Refuse a signature public key that cannot be one of `suite` (MLS-5.1.1)."""
    if not suite.is_signature_key(key):
        raise Malformed("MLS-5.1.1", "a signature public key that is not one")


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
