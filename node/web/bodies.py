"""Bodies: how much of one is read and for how long, and the JSON of the client API (API-1)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web
from msgspec import Struct

from node.errors import Malformed, TooMuch
from node.web.problems import WrongType
from node.web.surface import Bodies, Written
from node.wire.api import bodies

BODY_SECONDS = 30.0  # for a whole body: who dribbles it holds a place that others need


class ArrivingBody:
    """The body of a request as it comes, of at most `limit` bytes: a `RawBody`."""

    def __init__(self, request: web.Request, limit: int, rules: Bodies) -> None:
        self._request = request
        self._limit = limit
        self._rules = rules

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._check(self._request.content_length or 0)
        seen = 0
        async for piece in self._request.content.iter_any():
            seen += len(piece)
            self._check(seen)
            yield piece

    async def whole(self) -> bytes:
        """Raises `TooMuch` before more than the limit is read, `Malformed` when it takes long."""
        self._check(self._request.content_length or 0)
        content = self._request.content
        if content.is_eof() and content.exception() is None:
            body = content.read_nowait()  # it came together with its head
            self._check(len(body))
            return body
        try:
            async with asyncio.timeout(BODY_SECONDS):
                return b"".join([piece async for piece in self])
        except TimeoutError:
            raise Malformed(self._rules.too_slow, "the body did not come in time") from None

    def _check(self, size: int) -> None:
        if size > self._limit:
            limit = self._limit
            raise TooMuch(
                self._rules.too_long, f"a body here has at most {limit} bytes", limit=limit
            )


class ArrivedBody(Struct, frozen=True):
    """A raw body that was read already."""

    content: bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.content:
            yield self.content

    async def whole(self) -> bytes:
        return self.content


class JsonBodies(Struct, frozen=True):
    """One JSON value in UTF-8, of the route's type and without members it does not know."""

    limit_bytes: int
    too_long: str = "API-1.4"
    too_slow: str = "API-1.3"

    def check(self, request: web.Request) -> None:
        """Raises `WrongType` (API-1.2), `Malformed` (API-1.3)."""
        if request.content_type != "application/json":
            raise WrongType("API-1.2", "send the body as application/json")
        if (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
            raise Malformed("API-1.3", "write the JSON in UTF-8")

    def read(self, _request: web.Request, raw: bytes, kind: Any) -> Any:
        """Raises `Malformed` (API-1.3)."""
        return bodies.read(raw, kind)

    def write(self, value: Any) -> Written:
        if value is None:
            return Written("", b"")
        if isinstance(value, bytes):
            return Written("application/octet-stream", value)
        return Written("application/json", bodies.write(value))
