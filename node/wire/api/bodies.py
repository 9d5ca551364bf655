"""Pure: a JSON body of the client API into its structure, and structures into bytes (API-1)."""

import json
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from node.errors import Malformed

DEEPEST = 32  # levels: the API's own bodies have at most five
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"', re.S)
_BRACKET = re.compile(rb"[\[\]{}]")


def depth(body: bytes) -> int:
    """How deep arrays and objects of `body` are nested; text in strings does not count.

    Asked before any decoder sees the body: a decoder recurses, this counts.
    """
    level = deepest = 0
    for bracket in _BRACKET.findall(_TEXT.sub(b"", body)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("API-1.3", "a key stands twice in one object")
    return found


def read(body: bytes, kind: Any) -> Any:
    """`body` as a value of the msgspec type `kind`. Raises `Malformed` (API-1.3)."""
    # Brackets bound the depth from above, and counting them costs nothing.
    if body.count(b"[") + body.count(b"{") > DEEPEST and depth(body) > DEEPEST:
        raise Malformed("API-1.3", f"the body is nested more than {DEEPEST} deep", most=DEEPEST)
    try:
        json.loads(body.decode("utf-8"), object_pairs_hook=_once)
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Malformed("API-1.3", f"the body is not what this route takes: {error}") from None
    except (ValueError, msgspec.DecodeError):
        raise Malformed("API-1.3", "the body is not JSON in UTF-8") from None


def write(value: Any) -> bytes:
    """`value`, of msgspec structures and plain types, as JSON."""
    return msgspec.json.encode(value)
