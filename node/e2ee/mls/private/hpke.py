"""Pure: HPKE in Base mode with its exporter (RFC 9180), as MLS uses it (RFC 9420 §5.1.3, §8.3).

`cryptography` has SealBase and OpenBase, but draws the ephemeral key itself and has neither
DeriveKeyPair nor the exporter. All arithmetic stays in OpenSSL.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.public.commit import HPKECiphertext
from node.e2ee.mls.public.suite import LABEL, Suite
from node.errors import Malformed, Unproven
from node.wire import tls

VERSION: Final = b"HPKE-v1"
X25519_KEM: Final = b"KEM" + tls.u16(0x0020)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An HPKE key pair, both halves raw."""

    private: bytes = field(repr=False)
    public: bytes


def _extract(hash_name: str, salt: bytes, suite_id: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt, VERSION + suite_id + label + ikm, hash_name)


def _expand(
    hash_name: str, prk: bytes, suite_id: bytes, label: bytes, info: bytes, length: int
) -> bytes:
    labeled = tls.u16(length) + VERSION + suite_id + label + info
    if length <= 32:
        # No hash of a suite is shorter: one block is all.
        return hmac.digest(prk, labeled + b"\x01", hash_name)[:length]
    block, out, count = b"", b"", 0
    while len(out) < length:
        count += 1
        block = hmac.digest(prk, block + labeled + tls.u8(count), hash_name)
        out += block
    return out[:length]


def _x25519_derive(ikm: bytes) -> KeyPair:
    prk = _extract("sha256", b"", X25519_KEM, b"dkp_prk", ikm)
    return _x25519_pair(_expand("sha256", prk, X25519_KEM, b"sk", b"", 32))


def _x25519_pair(private: bytes) -> KeyPair:
    key = X25519PrivateKey.from_private_bytes(private)
    return KeyPair(private, key.public_key().public_bytes_raw())


def _x25519_exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    try:
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        # Also what OpenSSL says of a shared secret that is all zero.
        raise Malformed("MLS-5.1.1", "an HPKE public key that is not one") from None


def _x25519_shared(dh: bytes, enc: bytes, public: bytes) -> bytes:
    prk = _extract("sha256", b"", X25519_KEM, b"eae_prk", dh)
    return _expand("sha256", prk, X25519_KEM, b"shared_secret", enc + public, 32)


def _x25519_encap(public: bytes, entropy: Entropy) -> tuple[bytes, bytes]:
    # Any 32 bytes are a private key (RFC 9180 §7.1.3); parsed once, for that costs an exchange.
    ephemeral = X25519PrivateKey.from_private_bytes(entropy.draw(32))
    enc = ephemeral.public_key().public_bytes_raw()
    return _x25519_shared(_x25519_exchange(ephemeral, public), enc, public), enc


def _x25519_decap(enc: bytes, pair: KeyPair) -> bytes:
    private = X25519PrivateKey.from_private_bytes(pair.private)
    return _x25519_shared(_x25519_exchange(private, enc), enc, pair.public)


@dataclass(frozen=True, slots=True)
class Kem:
    """`encap` gives (shared secret, enc); `pair` completes a private key with its public half."""

    derive: Callable[[bytes], KeyPair]
    pair: Callable[[bytes], KeyPair]
    encap: Callable[[bytes, Entropy], tuple[bytes, bytes]]
    decap: Callable[[bytes, KeyPair], bytes]


KEMS: Final = {0x0020: Kem(_x25519_derive, _x25519_pair, _x25519_encap, _x25519_decap)}


def derive_key_pair(suite: Suite, secret: bytes) -> KeyPair:
    """`KEM.DeriveKeyPair(secret)`."""
    return KEMS[suite.kem_id].derive(secret)


def key_pair(suite: Suite, private: bytes) -> KeyPair:
    """The pair that `private` is half of."""
    return KEMS[suite.kem_id].pair(private)


def fresh_key_pair(suite: Suite, entropy: Entropy) -> KeyPair:
    return derive_key_pair(suite, entropy.draw(suite.nh))


@lru_cache(8)
def _suite_id(suite: Suite) -> bytes:
    return b"HPKE" + tls.u16(suite.kem_id) + tls.u16(suite.kdf_id) + tls.u16(suite.aead_id)


@lru_cache(4)
def _mode_context(suite: Suite, info: bytes) -> bytes:
    """`key_schedule_context` in mode Base (0, no PSK): the same for all ciphertexts of a path."""
    name, id = suite.hash_name, _suite_id(suite)
    psk_id_hash = _extract(name, b"", id, b"psk_id_hash", b"")
    return b"\x00" + psk_id_hash + _extract(name, b"", id, b"info_hash", info)


@dataclass(frozen=True, slots=True)
class _Schedule:
    """`KeySchedule` of RFC 9180 §5.1: what both sides hold, each part derived when it is asked."""

    suite: Suite
    secret: bytes = field(repr=False)
    context: bytes = field(repr=False)

    def part(self, label: bytes, length: int) -> bytes:
        suite = self.suite
        name, id = suite.hash_name, _suite_id(suite)
        return _expand(name, self.secret, id, label, self.context, length)

    def aead(self) -> tuple[AESGCM | ChaCha20Poly1305, bytes]:
        """The key, ready to use, and the nonce of the one message."""
        suite = self.suite
        return suite.aead(self.part(b"key", suite.nk)), self.part(b"base_nonce", suite.nn)


def _schedule(suite: Suite, shared: bytes, info: bytes) -> _Schedule:
    secret = _extract(suite.hash_name, shared, _suite_id(suite), b"secret", b"")
    return _Schedule(suite, secret, _mode_context(suite, info))


def _labeled(label: bytes, context: bytes) -> bytes:
    """The encoded `EncryptContext` of §5.1.3."""
    return tls.opaque(LABEL + label) + tls.opaque(context)


def _seal(
    suite: Suite, public: bytes, info: bytes, plaintext: bytes, entropy: Entropy
) -> HPKECiphertext:
    shared, enc = KEMS[suite.kem_id].encap(public, entropy)
    key, nonce = _schedule(suite, shared, info).aead()
    return HPKECiphertext(enc, key.encrypt(nonce, plaintext, b""))


def _open(suite: Suite, pair: KeyPair, info: bytes, sealed: HPKECiphertext) -> bytes:
    shared = KEMS[suite.kem_id].decap(sealed.kem_output, pair)
    key, nonce = _schedule(suite, shared, info).aead()
    try:
        return key.decrypt(nonce, sealed.ciphertext, b"")
    except InvalidTag:
        raise Unproven("MLS-5.1.3", "a ciphertext that was not sealed to this key") from None


def encrypt_with_label(
    suite: Suite, public: bytes, label: bytes, context: bytes, plaintext: bytes, entropy: Entropy
) -> HPKECiphertext:
    """`EncryptWithLabel` of §5.1.3. Raises `Malformed` (MLS-5.1.1) for a key that is none."""
    return _seal(suite, public, _labeled(label, context), plaintext, entropy)


def decrypt_with_label(
    suite: Suite, pair: KeyPair, label: bytes, context: bytes, sealed: HPKECiphertext
) -> bytes:
    """`DecryptWithLabel` of §5.1.3. Raises `Unproven` (MLS-5.1.3) when it does not open."""
    return _open(suite, pair, _labeled(label, context), sealed)


def seal(suite: Suite, public: bytes, info: bytes, plaintext: bytes, entropy: Entropy) -> bytes:
    """`enc` and ciphertext of RFC 9180 §6.1, in one; for what is no part of MLS (spec KEY-3.8)."""
    sealed = _seal(suite, public, info, plaintext, entropy)
    return sealed.kem_output + sealed.ciphertext


def open_sealed(suite: Suite, pair: KeyPair, info: bytes, sealed: bytes) -> bytes:
    """The inverse of `seal`. Raises `Unproven` (MLS-5.1.3) when it does not open."""
    size = len(pair.public)  # of an `enc` too, with the KEMs that are built
    return _open(suite, pair, info, HPKECiphertext(sealed[:size], sealed[size:]))


EXTERNAL_INIT: Final = LABEL + b"external init secret"


def _export(suite: Suite, shared: bytes) -> bytes:
    secret = _schedule(suite, shared, b"").part(b"exp", suite.nh)
    return _expand(suite.hash_name, secret, _suite_id(suite), b"sec", EXTERNAL_INIT, suite.nh)


def external_init_sender(
    suite: Suite, external_pub: bytes, entropy: Entropy
) -> tuple[bytes, bytes]:
    """(init secret, kem_output) of one who joins by an external commit (§8.3)."""
    shared, enc = KEMS[suite.kem_id].encap(external_pub, entropy)
    return _export(suite, shared), enc


def external_init_receiver(suite: Suite, pair: KeyPair, kem_output: bytes) -> bytes:
    """The init secret that the sender of `kem_output` has (§8.3)."""
    return _export(suite, KEMS[suite.kem_id].decap(kem_output, pair))
