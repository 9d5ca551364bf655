"""Pure: requests to the home node and what its answers mean; no I/O (spec API).

The same errors as on the server come out of a problem document, so that a program on this side
asks `except Conflict` and not `if status == 409`.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from node.errors import (
    Conflict,
    Forbidden,
    Full,
    Malformed,
    Missing,
    NodeError,
    Outdated,
    Refused,
    TooMuch,
    Unproven,
    Unreachable,
)
from node.wire.digits import whole

T = TypeVar("T")
ROOT = "/api/kith/v1"
KINDS: Mapping[int, type[Refused]] = {
    400: Malformed,
    401: Unproven,
    403: Forbidden,
    404: Missing,
    405: Malformed,
    409: Conflict,
    410: Missing,
    412: Outdated,
    415: Malformed,
    416: Malformed,
    422: Malformed,
}
FULL = 507
TOO_MUCH = (413, 429, FULL)


class Problem(msgspec.Struct, kw_only=True):
    """A problem document (RFC 9457) as our nodes write it."""

    status: int = 0
    title: str = ""
    detail: str = ""
    clause: str = ""
    code: str = ""
    params: dict[str, str | int] = {}


def encode(body: Any) -> bytes:
    """A structure as JSON."""
    return msgspec.json.encode(body)


def decode(body: bytes, answers: type[T]) -> T:
    """An answer's JSON as `answers`. Raises `Unreachable` when this is not what a node says."""
    try:
        return msgspec.json.decode(body, type=answers)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Unreachable(f"this is not the answer of a Kith node: {error}") from None


def error_of(status: int, body: bytes, headers: Mapping[str, str]) -> NodeError:
    """What a refusing answer means."""
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except (msgspec.DecodeError, msgspec.ValidationError):
        if status == 413:
            # Our node always says it in a problem document: this is who stands before it.
            return TooMuch("API-9.6", "a proxy in front of the server takes no body of this size")
        problem = Problem(detail=f"the server answered {status}")
    clause = problem.clause or "API-2"
    reason = problem.detail or problem.title
    if status in TOO_MUCH:
        kind = Full if status == FULL else TooMuch
        return kind(clause, reason, whole(headers.get("Retry-After", "")), **problem.params)
    if status in KINDS:
        return KINDS[status](clause, reason, **problem.params)
    if problem.code == "unreachable":
        return Unreachable(reason, beyond=True)
    return Unreachable(f"the server answered {status}: {reason}")
