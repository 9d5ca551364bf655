"""Pure: multibase text and multicodec prefixes, as Multikey and did:key use them (spec FED-3)."""

import base64
import binascii
import re

from node.errors import Malformed

LONGEST = 4096  # characters: an ML-DSA-44 signature is 3,311 of them, an RSA-8192 key 1,430
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGIT = {letter: value for value, letter in enumerate(_ALPHABET)}
_STEP = 64  # letters taken together: one by one costs three times as much
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


def encode(data: bytes) -> str:
    """base58btc, prefixed with ``z``."""
    number, letters = int.from_bytes(data, "big"), []
    while number:
        number, digit = divmod(number, 58)
        letters.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\x00"))
    return "z" + "1" * zeros + "".join(reversed(letters))


def decode(text: str) -> bytes:
    """The bytes of base58btc (``z``) or unpadded base64url (``u``). `Malformed` FED-3.2."""
    if not 1 < len(text) <= LONGEST:
        raise Malformed("FED-3.2", "the multibase text is empty or too long")
    if text[0] == "z":
        return _base58(text[1:])
    if text[0] == "u" and _BASE64URL.fullmatch(text[1:]):
        try:
            return base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4))
        except binascii.Error:
            raise Malformed("FED-3.2", "the multibase text is not base64url") from None
    raise Malformed("FED-3.2", "the multibase text is neither base58btc nor base64url")


def _base58(text: str) -> bytes:
    number = 0
    try:
        for start in range(0, len(text), _STEP):
            part = 0
            for letter in text[start : start + _STEP]:
                part = part * 58 + _DIGIT[letter]
            number = number * 58 ** len(text[start : start + _STEP]) + part
    except KeyError:
        raise Malformed("FED-3.2", "the multibase text is not base58btc") from None
    zeros = len(text) - len(text.lstrip("1"))
    return b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
