"""Pure: the key derivation, MAC and signing functions of MLS (RFC 9420 §5.1.2, §8, §9.1)."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.public.suite import LABEL, Suite, sign_content
from node.wire import tls


def extract(suite: Suite, salt: bytes, ikm: bytes) -> bytes:
    """`KDF.Extract`."""
    return hmac.digest(salt, ikm, suite.hash_name)


@lru_cache(64)
def _label_head(length: int, label: bytes) -> bytes:
    """The part of a `KDFLabel` that is the same each time."""
    return tls.u16(length) + tls.opaque(LABEL + label)


def kdf_label(length: int, label: bytes, context: bytes) -> bytes:
    """The encoded `KDFLabel` of §8."""
    return _label_head(length, label) + tls.opaque(context)


def expand(suite: Suite, secret: bytes, info: bytes, length: int) -> bytes:
    """`KDF.Expand`."""
    if length <= suite.nh:
        return hmac.digest(secret, info + b"\x01", suite.hash_name)[:length]
    block, out, count = b"", b"", 0
    while len(out) < length:
        count += 1
        block = hmac.digest(secret, block + info + tls.u8(count), suite.hash_name)
        out += block
    return out[:length]


def expand_with_label(
    suite: Suite, secret: bytes, label: bytes, context: bytes, length: int
) -> bytes:
    """`ExpandWithLabel`; `label` without its prefix."""
    return expand(suite, secret, kdf_label(length, label, context), length)


def derive_secret(suite: Suite, secret: bytes, label: bytes) -> bytes:
    """`DeriveSecret`."""
    return expand(suite, secret, kdf_label(suite.nh, label, b""), suite.nh)


def derive_tree_secret(
    suite: Suite, secret: bytes, label: bytes, generation: int, length: int
) -> bytes:
    """`DeriveTreeSecret`."""
    return expand_with_label(suite, secret, label, tls.u32(generation), length)


def mac(suite: Suite, key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, suite.hash_name)


def same(a: bytes, b: bytes) -> bool:
    """Equality in constant time: for tags and all that a secret decides."""
    return hmac.compare_digest(a, b)


@dataclass(frozen=True, slots=True)
class SignatureKey:
    """A signature key pair of a suite, raw; `sign` holds it parsed: parsing costs as much."""

    private: bytes = field(repr=False)
    public: bytes
    sign: Callable[[bytes], bytes] = field(repr=False, compare=False)


def _ed25519(private: bytes) -> SignatureKey:
    key = Ed25519PrivateKey.from_private_bytes(private)
    return SignatureKey(private, key.public_key().public_bytes_raw(), key.sign)


# (complete a private key, its length) by the name that stands in `suite.SUITES`.
SIGNATURES: Final = {"ed25519": (_ed25519, 32)}


def signature_key(suite: Suite, private: bytes) -> SignatureKey:
    """The pair that `private` is half of."""
    return SIGNATURES[suite.signature][0](private)


def fresh_signature_key(suite: Suite, entropy: Entropy) -> SignatureKey:
    return signature_key(suite, entropy.draw(SIGNATURES[suite.signature][1]))


def sign_with_label(suite: Suite, key: bytes | SignatureKey, label: bytes, content: bytes) -> bytes:
    """`SignWithLabel`; `label` without its prefix. A key given raw is parsed first."""
    pair = signature_key(suite, key) if isinstance(key, bytes) else key
    return pair.sign(sign_content(label, content))


def seal(suite: Suite, key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """`AEAD.Seal`. The caller sees to it that no (key, nonce) is used twice."""
    return suite.aead(key).encrypt(nonce, plaintext, aad)


def open(suite: Suite, key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes | None:
    """`AEAD.Open`, or None when it does not open."""
    try:
        return suite.aead(key).decrypt(nonce, ciphertext, aad)
    except InvalidTag:
        return None
