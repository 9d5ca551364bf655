"""A shortcut past aiohttp's router for what is asked all the time: deliveries of peers, and what
devices say to each other.

For each request aiohttp looks for a route, binds middlewares and asks who listens to signals, which
takes as long as the proof of a signature. `Shortcut` knows a few routes by their plain paths. What
decides about a request is the kernel's (`web/server`) on both ways, and so is what is answered.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE

# In a name that is plain nothing can be written in two ways; all else is read by aiohttp.
PLAIN = "([A-Za-z0-9_-]+)"
_NAME = re.compile(r"\{(\w+)\}")
Direct = Callable[[web.Request, Mapping[str, str]], Awaitable[web.StreamResponse]]
LongWay = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class WholeAnswer:
    """An answer to one who stays connected, written at once: head and body.

    It is what aiohttp would write of a `web.Response`. One without a body of its own may be given
    to many requests.
    """

    keep_alive = True
    prepared = True

    def __init__(
        self, status: int, reason: str, headers: Mapping[str, str], body: bytes = b""
    ) -> None:
        """Raises `ValueError` for a header that would be two."""
        self.status = status
        told = {**headers, "Content-Length": str(len(body)), "Server": SERVER_SOFTWARE}
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{k}: {v}" for k, v in told.items()), "Date: "]
        self._head = "\r\n".join(lines)
        self._body = body
        breaks = len(lines) - 1
        if self._head.count("\n") != breaks or self._head.count("\r") != breaks:
            raise ValueError("a header holds a line break")

    @staticmethod
    def fits(request: web.BaseRequest) -> bool:
        """Whether nothing is to be said of the connection."""
        return request.version == HttpVersion11 and request.keep_alive

    async def prepare(self, request: web.BaseRequest) -> None:
        """Write all of it."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("they went away")
        transport.write(f"{self._head}{rfc822_formatted_time()}\r\n\r\n".encode() + self._body)
        # Who asks on without reading is read on when they have: no heap of answers grows.
        await request.writer.drain()

    async def write_eof(self) -> None:
        """Nothing is left to write."""

    def response(self) -> web.StreamResponse:
        """As what aiohttp asks of a response."""
        return cast(web.StreamResponse, self)


class Shortcut:
    """A few POST routes by their paths; whatever fits none of them goes the long way."""

    def __init__(self, routes: Sequence[tuple[str, Direct]]) -> None:
        """`routes`: a pattern as routes have it (`/a/{opaque}/inbox`), and what answers there."""
        self._fixed: dict[str, Direct] = {}
        self._named: list[tuple[Any, tuple[str, ...], Direct]] = []
        for path, direct in routes:
            names = tuple(_NAME.findall(path))
            if names:
                pattern = PLAIN.join(map(re.escape, _NAME.split(path)[::2]))
                self._named.append((re.compile(pattern).fullmatch, names, direct))
            else:
                self._fixed[path] = direct

    def around(self, long_way: LongWay) -> LongWay:
        """Takes the shortcut where there is one."""

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            # Whoever expects a word before the body is told it by aiohttp.
            if request.method != hdrs.METH_POST or hdrs.EXPECT in request.headers:
                return await long_way(request)
            path = request.raw_path
            direct = self._fixed.get(path)
            if direct is not None:
                return await direct(cast(web.Request, request), {})
            for fits, names, direct in self._named:
                if found := fits(path):
                    return await direct(
                        cast(web.Request, request), dict(zip(names, found.groups(), strict=True))
                    )
            return await long_way(request)

        return handle


SHORTCUT = web.AppKey("shortcut", Shortcut)


def put_before(runner: web.AppRunner) -> None:
    """Have what comes to the application of `runner`, which is set up, take its shortcut."""
    server = runner.server
    assert server is not None, "set it up first"
    server.request_handler = runner.app[SHORTCUT].around(server.request_handler)
