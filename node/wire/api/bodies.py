"""Pure: a JSON body of the client API into its structure, and structures into bytes (API-1)."""

from typing import Any

import msgspec

from node.errors import Malformed
from node.wire import json

DEEPEST = 32  # levels: the API's own bodies have at most five


def read(body: bytes, kind: Any) -> Any:
    """`body` as a value of the msgspec type `kind`. Raises `Malformed` (API-1.3)."""
    try:
        # Depth, duplicate keys, NaN: msgspec lets some of it pass, or recurses without end.
        json.decode(body, len(body), DEEPEST)
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Malformed("API-1.3", f"the body is not what this route takes: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("API-1.3", "the body is not JSON in UTF-8") from None
    except Malformed as error:
        raise Malformed("API-1.3", f"the body is not what this API takes: {error.reason}") from None


def write(value: Any) -> bytes:
    """`value`, of msgspec structures and plain types, as JSON."""
    return msgspec.json.encode(value)
