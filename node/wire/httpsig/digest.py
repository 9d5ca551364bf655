"""Pure: the digest of a body, as `Digest` (RFC 3230) and `Content-Digest` (RFC 9530) (FED-4.4)."""

import base64
import binascii
import hashlib
import re
from functools import lru_cache

from node.errors import Malformed, Unproven
from node.wire import structured

_USUAL = re.compile(r"(sha-256|sha-512)=:([A-Za-z0-9+/]+={0,2}):", re.ASCII)
KEPT = 64  # bodies on their way out
_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


@lru_cache(KEPT)
def digest_to_send(body: bytes) -> str:
    """`digest`, remembered: what goes to a thousand servers is hashed once."""
    return digest(body)


@lru_cache(KEPT)
def content_digest_to_send(body: bytes) -> str:
    """`content_digest`, remembered likewise."""
    return content_digest(body)


def digest(body: bytes) -> str:
    """The value of a `Digest` header."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def content_digest(body: bytes) -> str:
    """The value of a `Content-Digest` header."""
    return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode("ascii") + ":"


def check_digest(value: str, body: bytes) -> None:
    """Returns when a `Digest` header fits `body`. `Malformed`, `Unproven` (FED-4.4).

    Algorithm names in any case. Those we do not know are passed over, but every one we know must
    fit: a weak one first in the list cannot stand in for a strong one.
    """
    if value == digest(body):
        return None  # nearly every request
    stated = {}
    for part in value.split(","):
        name, found, text = part.strip().partition("=")
        if not found or name.lower() in stated:
            raise Malformed("FED-4.4", "the Digest header is not a list of distinct algorithms")
        stated[name.lower()] = text
    return _compare({name: _decoded(stated[name]) for name in stated if name in _HASHES}, body)


def check_content_digest(value: str, body: bytes) -> None:
    """Returns when a `Content-Digest` header fits `body`. `Malformed`, `Unproven` (FED-4.4)."""
    if value == content_digest(body):
        return None  # nearly every request
    usual = _USUAL.fullmatch(value)
    if usual:  # what is refused costs no more
        return _compare({usual[1]: _decoded(usual[2])}, body)
    members = structured.dictionary(value, "FED-4.4", "the Content-Digest header")
    return _compare({name: _bytes(members[name]) for name in members if name in _HASHES}, body)


def _compare(stated: dict[str, bytes], body: bytes) -> None:
    if not stated:
        raise Unproven("FED-4.4", "the digest is of no algorithm that is trusted here")
    for name, value in stated.items():
        if _HASHES[name](body).digest() != value:
            raise Unproven("FED-4.4", "the digest is that of another body")


def _bytes(member: structured.Member) -> bytes:
    if isinstance(member, structured.Item) and isinstance(member.value, bytes):
        return member.value
    raise Malformed("FED-4.4", "the Content-Digest header holds something else than bytes")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("FED-4.4", "the digest is not base64") from None
