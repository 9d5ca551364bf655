"""Pure: the bearer tokens of sessions (spec API-3.4)."""

import base64
from hashlib import sha256

from msgspec import Struct

from node.ports import Entropy

PREFIX = "kith_"  # so that scanners for leaked secrets know one when they see it
TOKEN_BYTES = 32


class Token(Struct, frozen=True):
    """A new token: `secret` is told once, `digest` is kept (API-3.4)."""

    secret: str
    digest: bytes


def new_token(entropy: Entropy) -> Token:
    """A token of 256 bits."""
    secret = PREFIX + base64.urlsafe_b64encode(entropy.draw(TOKEN_BYTES)).decode().rstrip("=")
    return Token(secret, digest_of(secret))


def digest_of(secret: str) -> bytes:
    """SHA-256: a token has 256 bits of chance, so a slow hash would add nothing."""
    return sha256(secret.encode()).digest()
