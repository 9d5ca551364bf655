"""Pure: a push message as RFC 8291 seals it, and the proof of who sends it (RFC 8292)."""

import base64
import hmac
import json
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from node.errors import Malformed

POINT_BYTES, AUTH_BYTES, SALT_BYTES = 65, 16, 16
SECRET_BYTES = 64  # that a private key is made of: twice its length, so that none is likelier
RECORD_SIZE = 4096  # what every push service takes

_CURVE = ec.SECP256R1()
_ORDER = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)


def private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """The key that follows from 64 bytes of chance, or of another secret."""
    return ec.derive_private_key(int.from_bytes(secret, "big") % (_ORDER - 1) + 1, _CURVE)


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half: an uncompressed point, 65 bytes."""
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def check(public: bytes, auth: bytes) -> None:
    """Raises `Malformed` (PSH-1.2) for what no browser gives as its keys."""
    if len(auth) != AUTH_BYTES:
        raise Malformed("PSH-1.2", "auth is 16 bytes")
    try:
        if len(public) != POINT_BYTES:
            raise ValueError
        ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, public)
    except ValueError:
        raise Malformed("PSH-1.2", "p256dh is a point on P-256, uncompressed: 65 bytes") from None


def seal(
    words: bytes,
    length: int,
    public: bytes,
    auth: bytes,
    own: ec.EllipticCurvePrivateKey,
    salt: bytes,
) -> bytes:
    """`words`, padded to `length`, for the browser with these keys: one record of aes128gcm.

    `own` and `salt` are fresh for each message.
    """
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, public)
    shared, sender = own.exchange(ec.ECDH(), theirs), point(own)
    secret = _expand(_mac(auth, shared), b"WebPush: info\0" + public + sender, 32)
    random = _mac(salt, secret)
    key = _expand(random, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _expand(random, b"Content-Encoding: nonce\0", 12)
    record = words + b"\2" + bytes(length - len(words))
    head = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(sender)]) + sender
    return head + AESGCM(key).encrypt(nonce, record, None)


def authorization(
    key: ec.EllipticCurvePrivateKey, audience: str, subject: str, expires: datetime
) -> str:
    """The header by which a push service knows whose message it is. `subject` is to be asked."""
    claims = {"aud": audience, "exp": int(expires.timestamp()), "sub": subject}
    said = ".".join(
        text(json.dumps(part, separators=(",", ":")).encode())
        for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    r, s = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"vapid t={said}.{text(signature)}, k={text(point(key))}"


def _mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, sha256).digest()


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    """One block of HKDF-Expand."""
    return _mac(key, info + b"\1")[:length]


def text(data: bytes) -> str:
    """Base64url without padding, as these standards have it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
