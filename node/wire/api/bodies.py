"""Pure: a JSON body of the client API into its structure, and structures into bytes (API-1)."""

from typing import Any

import msgspec

from node.errors import Malformed
from node.wire import json

DEEPEST = 32  # levels: the API's own bodies have at most five
LARGEST_NUMBER = (1 << 63) - 1
_ONE_DIGIT = bytes(0x30 if byte in b"0123456789" else 0x20 for byte in range(256))
_LONG_NUMBER = b"0" * 18


def read(body: bytes, kind: Any) -> Any:
    """`body` as a value of the msgspec type `kind`. Raises `Malformed` (API-1.3)."""
    try:
        # Depth, duplicate keys, NaN: msgspec lets some of it pass, or recurses without end.
        value = json.decode(body, len(body), DEEPEST)
        if _may_be_unkept(body):
            _check_kept(value)
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Malformed("API-1.3", f"the body is not what this route takes: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("API-1.3", "the body is not JSON in UTF-8") from None
    except Malformed as error:
        if error.clause == "API-1.7":
            raise
        raise Malformed("API-1.3", f"the body is not what this API takes: {error.reason}") from None


def _may_be_unkept(body: bytes) -> bool:
    """Whether it may hold what no database keeps; nearly no body does, so nearly none is walked.

    An expression that says the same takes most of the time that a sealed message is read in.
    """
    return b"\\u0000" in body or _LONG_NUMBER in body.translate(_ONE_DIGIT)


def _check_kept(value: json.Json) -> None:
    """Raises `Malformed` (API-1.7) for what no database keeps."""
    if isinstance(value, dict):
        for name, member in value.items():
            _check_kept(name)
            _check_kept(member)
    elif isinstance(value, list):
        for item in value:
            _check_kept(item)
    elif isinstance(value, str) and "\0" in value:
        raise Malformed("API-1.7", "a text of the body holds a NUL character: leave it out")
    elif isinstance(value, int) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise Malformed("API-1.7", "a number of the body has more than 63 bits")


def write(value: Any) -> bytes:
    """`value`, of msgspec structures and plain types, as JSON."""
    return msgspec.json.encode(value)
