"""Pure: public and private keys as values: PEM and Multikey in, signatures out (spec FED-3)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import cast

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa, padding, rsa
from nacl.bindings import crypto_sign, crypto_sign_BYTES
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from node.errors import Malformed
from node.wire import multibase

RSA_BITS = range(2048, 8193)
RSA_LARGEST_EXPONENT = 1 << 32  # 65537 is everybody's; a huge one only makes us work
LONGEST_PEM = 8192  # characters; an RSA-8192 key takes 1,500


class Algorithm(StrEnum):
    """What kind of key; the scheme of a signature is a `Scheme`."""

    RSA = "rsa"
    ED25519 = "ed25519"
    ML_DSA_44 = "ml-dsa-44"


class Scheme(StrEnum):
    """How a signature is made, under the names of the RFC 9421 registry (the last is ours)."""

    RSA_V1_5_SHA256 = "rsa-v1_5-sha256"
    RSA_V1_5_SHA512 = "rsa-v1_5-sha512"
    RSA_PSS_SHA512 = "rsa-pss-sha512"
    ED25519 = "ed25519"
    ML_DSA_44 = "ml-dsa-44"


ALGORITHM_OF = {
    Scheme.RSA_V1_5_SHA256: Algorithm.RSA,
    Scheme.RSA_V1_5_SHA512: Algorithm.RSA,
    Scheme.RSA_PSS_SHA512: Algorithm.RSA,
    Scheme.ED25519: Algorithm.ED25519,
    Scheme.ML_DSA_44: Algorithm.ML_DSA_44,
}
DEFAULT_SCHEME = {
    Algorithm.RSA: Scheme.RSA_V1_5_SHA256,
    Algorithm.ED25519: Scheme.ED25519,
    Algorithm.ML_DSA_44: Scheme.ML_DSA_44,
}
_PKCS1 = padding.PKCS1v15()
_PSS = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
_SHA256, _SHA512 = hashes.SHA256(), hashes.SHA512()
# The varint multicodec prefixes of Multikey: https://www.w3.org/TR/cid-1.0/#Multikey
_PUBLIC_PREFIX = {
    Algorithm.ED25519: b"\xed\x01",
    Algorithm.RSA: b"\x85\x24",
    Algorithm.ML_DSA_44: b"\x90\x24",
}

PublicMaterial = rsa.RSAPublicKey | ed25519.Ed25519PublicKey | mldsa.MLDSA44PublicKey
PrivateMaterial = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that was read once. `id` is how signatures name it, `owner` the actor who says so.

    Two are equal when id, owner and the key itself are. `raw` is the key's Multikey payload:
    32 bytes for Ed25519, 1,312 for ML-DSA-44, a PKCS#1 structure for RSA.
    """

    algorithm: Algorithm
    id: str
    owner: str
    raw: bytes = field(repr=False)
    expires: datetime | None = None
    revoked: datetime | None = None
    material: PublicMaterial = field(repr=False, compare=False, kw_only=True)

    def usable(self, now: datetime) -> bool:
        """Whether the key is neither expired nor revoked at `now` (FED-3.5)."""
        expired = self.expires is not None and self.expires <= now
        return not (expired or (self.revoked is not None and self.revoked <= now))

    def verifies(self, signature: bytes, message: bytes, scheme: Scheme | None = None) -> bool:
        """Whether `signature` over `message` is this key's, by `scheme` (the key's usual one)."""
        wanted = scheme or DEFAULT_SCHEME[self.algorithm]
        if ALGORITHM_OF[wanted] is not self.algorithm:
            return False
        try:
            _verify(self, signature, message, wanted)
        except (InvalidSignature, BadSignatureError, ValueError):
            return False
        return True

    def pem(self) -> str:
        """SubjectPublicKeyInfo in PEM, as `publicKeyPem` wants it."""
        return self.material.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode("ascii")

    def multibase(self) -> str:
        """`publicKeyMultibase` of a Multikey (FEP-521a)."""
        return multibase.encode(_PUBLIC_PREFIX[self.algorithm] + self.raw)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key of ours. Neither `repr` nor `str` shows any of it. Load once: RSA costs 39 ms."""

    public: PublicKey
    material: PrivateMaterial = field(repr=False, compare=False)
    # Of an Ed25519 key, its seed and public key: libsodium signs in less time, and the same.
    quick: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def id(self) -> str:
        return self.public.id

    @property
    def algorithm(self) -> Algorithm:
        return self.public.algorithm

    def sign(self, message: bytes) -> bytes:
        """The signature by the key's usual scheme: for RSA that is `rsa-v1_5-sha256`."""
        if self.quick is not None:
            return crypto_sign(message, self.quick)[:crypto_sign_BYTES]
        if isinstance(self.material, rsa.RSAPrivateKey):
            return self.material.sign(message, _PKCS1, _SHA256)
        return self.material.sign(message)

    def pem(self) -> bytes:
        """PKCS#8 in PEM, unencrypted: seal it before it goes anywhere."""
        return self.material.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def public_from_pem(
    pem: str, id: str, owner: str, expires: datetime | None = None, revoked: datetime | None = None
) -> PublicKey:
    """The key of a `publicKeyPem`. Raises `Malformed` (FED-3.1, FED-3.2)."""
    if len(pem) > LONGEST_PEM or "-----BEGIN" not in pem:
        raise Malformed("FED-3.2", "the key is no PEM text, or too long for one")
    try:
        material = serialization.load_pem_public_key(pem.strip().encode("utf-8"))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Malformed("FED-3.2", "the PEM text does not hold a public key") from None
    return _public(material, id, owner, expires, revoked)


def public_from_multibase(
    text: str, id: str, owner: str, expires: datetime | None = None, revoked: datetime | None = None
) -> PublicKey:
    """The key of a `publicKeyMultibase` or of a did:key. Raises `Malformed` (FED-3.1, FED-3.2)."""
    data = multibase.decode(text)
    for algorithm, prefix in _PUBLIC_PREFIX.items():
        if data.startswith(prefix):
            material = _from_raw(algorithm, data[len(prefix) :])
            return _public(material, id, owner, expires, revoked)
    raise Malformed("FED-3.1", "the Multikey is of no kind that is read here")


def private_from_pem(pem: bytes, id: str, owner: str) -> PrivateKey:
    """A private key of ours from unencrypted PEM. Raises `Malformed` (FED-3.1, FED-3.2)."""
    try:
        material = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Malformed("FED-3.2", "the PEM text does not hold a private key") from None
    return private_from_material(material, id, owner)


def ed25519_from_seed(seed: bytes, id: str, owner: str) -> PrivateKey:
    """The Ed25519 key of 32 bytes of `seed`, drawn from the Entropy port."""
    return private_from_material(ed25519.Ed25519PrivateKey.from_private_bytes(seed), id, owner)


def private_from_material(material: object, id: str, owner: str) -> PrivateKey:
    """A key that the world made (`rsa.generate_private_key`) as a value. `Malformed` FED-3.1."""
    if not isinstance(
        material, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | mldsa.MLDSA44PrivateKey
    ):
        raise Malformed("FED-3.1", "the private key is of no kind that is used here")
    quick = None
    if isinstance(material, ed25519.Ed25519PrivateKey):
        quick = material.private_bytes_raw() + material.public_key().public_bytes_raw()
    return PrivateKey(_public(material.public_key(), id, owner), material, quick)


def did_key(did: str) -> PublicKey:
    """The key that a `did:key:…` is; a fragment is cut off. `Malformed` (FED-3.1, FED-3.2)."""
    subject = did.partition("#")[0]
    if not subject.startswith("did:key:"):
        raise Malformed("FED-3.2", "the identifier is not a did:key")
    return public_from_multibase(subject.removeprefix("did:key:"), did, subject)


def _from_raw(algorithm: Algorithm, raw: bytes) -> object:
    try:
        if algorithm is Algorithm.ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        if algorithm is Algorithm.ML_DSA_44:
            return mldsa.MLDSA44PublicKey.from_public_bytes(raw)
        return serialization.load_der_public_key(raw)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise Malformed("FED-3.2", "the Multikey does not hold a public key") from None


def _public(
    material: object,
    id: str,
    owner: str,
    expires: datetime | None = None,
    revoked: datetime | None = None,
) -> PublicKey:
    """The value of a parsed key, if it is of a kind and strength that counts (FED-3.1)."""
    if isinstance(material, rsa.RSAPublicKey):
        _check_rsa(material)
        raw = material.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        known: PublicMaterial = material
        algorithm = Algorithm.RSA
    elif isinstance(material, ed25519.Ed25519PublicKey):
        known, raw, algorithm = material, material.public_bytes_raw(), Algorithm.ED25519
    elif isinstance(material, mldsa.MLDSA44PublicKey):
        known, raw, algorithm = material, material.public_bytes_raw(), Algorithm.ML_DSA_44
    else:
        raise Malformed("FED-3.1", "the key is neither RSA nor Ed25519 nor ML-DSA-44")
    return PublicKey(algorithm, id, owner, raw, expires, revoked, material=known)


def _check_rsa(material: rsa.RSAPublicKey) -> None:
    exponent = material.public_numbers().e
    if material.key_size not in RSA_BITS:
        raise Malformed("FED-3.1", "an RSA key has 2048 to 8192 bits")
    if not (1 < exponent < RSA_LARGEST_EXPONENT and exponent % 2):
        raise Malformed("FED-3.1", "the RSA key's exponent is even, 1 or huge")


def _verify(key: PublicKey, signature: bytes, message: bytes, scheme: Scheme) -> None:
    # By the key's word for it: to ask an abstract class takes as long as a tenth of the proof.
    if key.algorithm is Algorithm.RSA:
        material = cast(rsa.RSAPublicKey, key.material)
        if scheme is Scheme.RSA_PSS_SHA512:
            return material.verify(signature, message, _PSS, _SHA512)
        digest = _SHA512 if scheme is Scheme.RSA_V1_5_SHA512 else _SHA256
        return material.verify(signature, message, _PKCS1, digest)
    if key.algorithm is Algorithm.ED25519:
        # libsodium takes half the time, and refuses keys of small order (FED-3.1).
        VerifyKey(key.raw).verify(message, signature)
        return None
    return cast(mldsa.MLDSA44PublicKey, key.material).verify(signature, message)
