"""Bodies: how much of one is read and for how long, and the JSON of the client API (API-1)."""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any, Protocol

from aiohttp import web
from msgspec import Struct

from node.errors import Malformed, TooMuch
from node.web.budget import Holding
from node.web.problems import TooSlow, WrongType
from node.web.surface import Written
from node.wire.api import bodies

BODY_SECONDS = 30.0  # for a whole body: who dribbles it holds a place that others need
SLOWEST = 4096  # bytes in a second, of a body that is longer than the node would hold


class ArrivingBody:
    """The body of a request as it comes, of at most `limit` bytes: a `RawBody`.

    What is held of it stands in `holding`.
    """

    def __init__(
        self, request: web.BaseRequest, limit: int, rules: "Rules", holding: Holding
    ) -> None:
        self._request = request
        self._limit = limit
        self._rules = rules
        self._holding = holding

    @property
    def declared(self) -> int | None:
        return self._request.content_length

    async def pieces(self, size: int) -> AsyncIterator[bytes]:
        gathered = bytearray()
        async for piece in self._arriving(SLOWEST):
            self._holding.add(len(piece))
            gathered += piece
            if len(gathered) >= size:
                yield bytes(gathered)
                self._holding.add(-len(gathered))
                gathered.clear()
        if gathered:
            yield bytes(gathered)
            self._holding.add(-len(gathered))

    async def whole(self) -> bytes:
        self._check(self.declared or 0)
        content = self._request.content
        if content.is_eof() and content.exception() is None:
            body = content.read_nowait()  # it came together with its head
            self._check(len(body))
            self._holding.add(len(body))
            return body
        found = []
        async for piece in self._arriving(math.inf):
            self._holding.add(len(piece))
            found.append(piece)
        return b"".join(found)

    async def _arriving(self, pace: float) -> AsyncIterator[bytes]:
        """Each piece in its time: `pace` bytes give a second more."""
        self._check(self.declared or 0)
        clock = asyncio.get_running_loop().time
        seen, left = 0, BODY_SECONDS
        while True:
            began = clock()
            try:
                async with asyncio.timeout(left):
                    piece = await self._request.content.readany()
            except TimeoutError:
                raise TooSlow(self._rules.too_slow, "the body did not come in time") from None
            except (web.RequestPayloadError, ConnectionError):
                raise Malformed(self._rules.too_slow, "the body broke off") from None
            if not piece:
                return
            seen += len(piece)
            left += len(piece) / pace - (clock() - began)
            self._check(seen)
            yield piece

    def _check(self, size: int) -> None:
        if size > self._limit:
            limit = self._limit
            raise TooMuch(
                self._rules.too_long, f"a body here has at most {limit} bytes", limit=limit
            )


class Rules(Protocol):
    """Which clauses stand against bodies that are too long or too slow."""

    @property
    def too_long(self) -> str: ...

    @property
    def too_slow(self) -> str: ...


class ArrivedBody(Struct, frozen=True):
    """A raw body that was read already."""

    content: bytes

    @property
    def declared(self) -> int | None:
        return len(self.content)

    async def pieces(self, _size: int) -> AsyncIterator[bytes]:
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
