"""What every answer says besides, whoever made it: a page or a file may have said it already."""

from collections.abc import Callable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from node.web.idempotency import Answer
from node.web.shortcut import WholeAnswer
from node.web.surface import Surface, surface_of

SURFACE = web.RequestKey("surface", Surface)
# For a year, and for this name alone: what stands below it may be somebody else's.
TRANSPORT_SECURITY = "max-age=31536000"
SAFE_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


def dresser(surfaces: Sequence[Surface], speaks_tls: bool) -> Any:
    """What aiohttp calls before it writes the head of an answer."""

    async def prepared(request: web.Request, response: web.StreamResponse) -> None:
        surface = request.get(SURFACE) or surface_of(request.path, surfaces)
        dress(response.headers, surface, speaks_tls)
        if surface.cors is not None:
            response.headers.update(surface.cors.headers(request.headers.get("Origin", "")))

    return prepared


def dress(headers: MutableMapping[str, str], surface: Surface, speaks_tls: bool) -> None:
    """Say it in `headers`, where nothing else is said."""
    for name, value in SAFE_HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", surface.csp)
    for name, value in surface.headers.items():
        headers.setdefault(name, value)
    if speaks_tls:
        headers["Strict-Transport-Security"] = TRANSPORT_SECURITY


def whole_answers(
    status: int, surface: Surface, speaks_tls: bool
) -> Callable[[Answer, dict[str, str]], web.StreamResponse]:
    """Makes answers of a route, with headers of their own, that are written at once.

    `status` is its usual one; an answer of that without words is made once for all.
    """
    said: dict[str, str] = {}
    dress(said, surface, speaks_tls)
    bare = WholeAnswer(status, HTTPStatus(status).phrase, said)
    nothing = Answer(status, {}, b"")

    def written(answer: Answer, headers: dict[str, str]) -> web.StreamResponse:
        if answer == nothing and not headers:
            return bare.response()
        told = {**said, **answer.headers, **headers}
        phrase = HTTPStatus(answer.status).phrase
        return WholeAnswer(answer.status, phrase, told, answer.body).response()

    return written
