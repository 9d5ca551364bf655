"""Pure: JSON as it is let in: bounded, unambiguous, plain values (spec FED-2)."""

import json
from typing import NoReturn, TypeAlias

import msgspec

from node.errors import Malformed, TooMuch

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Document: TypeAlias = dict[str, Json]

LARGEST_DOCUMENT_BYTES = 1 << 20  # Mastodon's limit as well
DEEPEST = 64  # real documents end at about 10; CPython's decoder would overflow at some thousand
MOST_BRACKETS = 2 * 20_000  # an object of every second name is what 1 MiB of real words never has
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def decode(data: bytes, limit_bytes: int = LARGEST_DOCUMENT_BYTES, deepest: int = DEEPEST) -> Json:
    """The value that `data` says, and nothing else could read into it.

    Raises `TooMuch` (FED-2.1 size) and `Malformed` (FED-2.1 depth, FED-2.2 anything else).
    """
    if len(data) > limit_bytes:
        raise TooMuch("FED-2.1", "the document is too large", limit_bytes=limit_bytes)
    if data.count(b"[") + data.count(b"{") > deepest:
        _check_depth(data, deepest)
    try:
        text = data.decode("utf-8")
        value: Json = _DECODER.decode(text)
    except _Ambiguous as error:
        raise Malformed("FED-2.2", str(error)) from None
    except (ValueError, RecursionError):
        raise Malformed("FED-2.2", "the document is not JSON in UTF-8") from None
    if "\\ud" in text or "\\uD" in text:
        _check_surrogates(value)
    return value


def document(data: bytes, limit_bytes: int = LARGEST_DOCUMENT_BYTES) -> Document:
    """`decode` for what must be an object. `TooMuch` (FED-2.1), `Malformed` (FED-2.1, FED-2.2)."""
    value = decode(data, limit_bytes)
    if not isinstance(value, dict):
        raise Malformed("FED-2.2", "the document is not a JSON object")
    return value


def encode(value: Json) -> bytes:
    """Compact JSON in UTF-8, members in the order in which they stand."""
    return msgspec.json.encode(value)


def _check_depth(data: bytes, deepest: int) -> None:
    """Refuses what is nested too deep or too much, before anything decodes it.

    How many brackets there are is known after one pass, and bounds all that follows.
    """
    brackets = _without_strings(data).translate(_ONE_KIND, _NO_BRACKETS)
    if len(brackets) > MOST_BRACKETS:
        raise Malformed("FED-2.1", "the document has too many lists and objects")
    for _ in range(deepest):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"")  # takes exactly the innermost level away
    if brackets:
        raise Malformed("FED-2.1", "the document is nested too deep, or its brackets do not match")


def _without_strings(data: bytes) -> bytes:
    """`data` with its strings cut out; what follows an unclosed quote is a string."""
    if b"\\" in data:
        # An escaped quote ends no string; the pair is replaced so that the other cannot hide it.
        data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(data.split(b'"')[::2])


class _Ambiguous(ValueError):
    """What other readers may take, each in their own way."""


def _members(pairs: list[tuple[str, Json]]) -> Document:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Ambiguous("the document names a member twice, so that it can be read in two ways")
    return members


def _constant(_name: str) -> NoReturn:
    raise _Ambiguous("the document holds NaN or Infinity, which are no JSON")


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Ambiguous("the document holds a number that does not fit a double")
    return number


def _check_surrogates(value: Json) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise Malformed("FED-2.2", "the document holds half of a surrogate pair") from None


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_constant, parse_float=_float
)
