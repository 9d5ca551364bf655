"""The only table from an error to a status, and problem documents (RFC 9457, spec API-2)."""

import logging
from collections.abc import Mapping

import msgspec
from aiohttp import web

from node.errors import (
    Conflict,
    Forbidden,
    Full,
    Gone,
    Malformed,
    Missing,
    NodeError,
    NoRoom,
    Outdated,
    Refused,
    TooMuch,
    Unproven,
    Unreachable,
)

LOG = logging.getLogger("node.web")


class WrongMethod(Refused):
    """The path exists, but not with this method."""


class TooSlow(Refused):
    """What was to come did not come in time."""


class HeadTooLarge(Refused):
    """The head of the request, a header or the address is longer than is read."""


class Busy(TooMuch):
    """The node has no more room for this now, whoever asks: the same may be said again soon."""


class WrongRange(Refused):
    """The part that is asked for does not exist, or is not named as RFC 9110 says."""


class WrongType(Refused):
    """The body has a media type that is not taken here."""


class Kind(msgspec.Struct, frozen=True):
    """One sort of problem: `code` is stable, `advice` says what a person can do next."""

    code: str
    status: int
    title: str
    advice: str


BROKEN = Kind(
    "broken",
    500,
    "The node failed",
    "Try again. If it fails again, tell the operator the incident.",
)
RATE_LIMITED = Kind(
    "rate_limited",
    429,
    "Too many requests",
    "Wait as many seconds as Retry-After says, then try again.",
)
NO_ROOM_SECONDS = 60  # so soon a database without room is looked at again
FULL = Kind("full", 507, "No space left", "Delete a video to make space, or try again later.")
BUSY = Kind(
    "busy",
    503,
    "The node is busy",
    "Wait as many seconds as Retry-After says, then try again.",
)
KINDS: tuple[tuple[type[NodeError], Kind], ...] = (
    (
        TooSlow,
        Kind(
            "too_slow",
            408,
            "The request came too slowly",
            "Send it again, in smaller parts if the line is slow.",
        ),
    ),
    (
        HeadTooLarge,
        Kind(
            "head_too_large",
            431,
            "Request header too large",
            "Send a shorter address, and fewer and shorter headers.",
        ),
    ),
    (Busy, BUSY),
    (
        WrongMethod,
        Kind(
            "wrong_method", 405, "Method not allowed", "Use a method that the Allow header names."
        ),
    ),
    (
        WrongType,
        Kind(
            "wrong_type",
            415,
            "Media type not supported",
            "Send the media type that this address takes.",
        ),
    ),
    (
        WrongRange,
        Kind(
            "wrong_range",
            416,
            "Range not satisfiable",
            "Ask for one range that lies inside the file.",
        ),
    ),
    (
        Malformed,
        Kind("malformed", 400, "Bad request", "Correct what the detail names, and send it again."),
    ),
    (
        Unproven,
        Kind(
            "unproven",
            401,
            "Not logged in",
            "Log in, or check the name and the password. A server checks its signature.",
        ),
    ),
    (
        Forbidden,
        Kind(
            "forbidden",
            403,
            "Not allowed",
            "You may not do this. Ask whoever it belongs to, or an administrator.",
        ),
    ),
    (
        Gone,
        Kind("gone", 410, "No longer here", "Ask whoever sent it to send it again."),
    ),
    (
        Missing,
        Kind(
            "missing",
            404,
            "Not found",
            "Check the address. It may also be that this is not for you.",
        ),
    ),
    (
        Outdated,
        Kind(
            "outdated",
            412,
            "Something newer is there",
            "Load it again, and do what was meant upon that.",
        ),
    ),
    (
        Conflict,
        Kind(
            "conflict",
            409,
            "Conflict",
            "Something changed meanwhile. Load it again, then decide anew.",
        ),
    ),
    (Full, FULL),
    (NoRoom, FULL),
    (TooMuch, Kind("too_much", 413, "Too large", "Send less. The parameters name the limit.")),
    (
        Unreachable,
        Kind(
            "unreachable", 502, "Another server did not answer", "It may be down. Try again later."
        ),
    ),
)


def kind_of(error: BaseException) -> Kind:
    """What sort of problem `error` is; whatever is not in the table is our own fault."""
    waits = isinstance(error, TooMuch) and error.retry_after_seconds is not None
    if waits and not isinstance(error, Full | Busy):
        return RATE_LIMITED
    return next((kind for type_, kind in KINDS if isinstance(error, type_)), BROKEN)


def every_kind() -> tuple[Kind, ...]:
    """All sorts of problems, for the description and for the page of each."""
    return tuple(dict.fromkeys((*(kind for _, kind in KINDS), RATE_LIMITED, BROKEN)))


class Problem(msgspec.Struct, frozen=True):
    """A refusal as it is answered, whatever the form."""

    kind: Kind
    detail: str
    clause: str
    params: Mapping[str, str | int]
    headers: Mapping[str, str]
    incident: str = ""

    def document(self) -> bytes:
        """The problem document."""
        members: dict[str, object] = {
            "type": f"/problems/{self.kind.code}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "clause": self.clause,
            "code": self.kind.code,
            "params": dict(self.params),
        }
        if self.incident:
            members["incident"] = self.incident
        return msgspec.json.encode(members)


def problem_of(error: BaseException, incident: str) -> Problem:
    """The answer to `error`. Of our own faults nothing is told but `incident` (API-2.3)."""
    kind = kind_of(error)
    headers: dict[str, str] = {}
    if kind.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, WrongMethod):
        headers["Allow"] = str(error.params.get("allow", ""))
    if isinstance(error, TooMuch) and error.retry_after_seconds is not None:
        headers["Retry-After"] = str(max(1, error.retry_after_seconds))
    if isinstance(error, Refused):
        return Problem(kind, error.reason, error.clause, error.params, headers)
    if isinstance(error, NoRoom):
        headers["Retry-After"] = str(NO_ROOM_SECONDS)
        return Problem(
            kind, "the node's disk is full; nothing was changed", "FED-12.8", {}, headers
        )
    if isinstance(error, Unreachable):
        return Problem(kind, "the other server did not answer as it should", "", {}, headers)
    return Problem(
        kind,
        "a fault of this node; its operator finds it by the incident",
        "",
        {},
        headers,
        incident,
    )


def log(problem: Problem, method: str, path: str, error: BaseException) -> None:
    """Ids and clauses, never bodies; a fault of ours with its trace."""
    if isinstance(error, NoRoom):
        LOG.error(
            "no room left on the disk of the database", extra={"method": method, "path": path}
        )
    elif problem.kind is BROKEN:
        LOG.error(
            "fault",
            extra={"incident": problem.incident, "method": method, "path": path},
            exc_info=error,
        )
    else:
        LOG.debug(
            "refused", extra={"clause": problem.clause, "code": problem.kind.code, "method": method}
        )


def answer(problem: Problem) -> web.Response:
    """The problem as `application/problem+json`."""
    return web.Response(
        status=problem.kind.status,
        body=problem.document(),
        content_type="application/problem+json",
        headers=dict(problem.headers),
    )


def from_http(error: web.HTTPException) -> Refused | None:
    """aiohttp's own refusals in our words; None for what is none (a redirect)."""
    if error.status == 405:
        allow = error.headers.get("Allow", "")
        return WrongMethod("API-1.5", f"this path takes {allow}", allow=allow)
    if error.status == 404:
        return Missing("API-1.5", "there is no such path")
    if error.status == 413:
        return TooMuch("API-1.4", "the body is larger than this node takes")
    if 400 <= error.status < 500:
        return Malformed("API-1.3", "the request is not one this node understands")
    return None
