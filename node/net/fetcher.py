"""HTTP out, guarded: public https only, bounded in bytes, redirects and seconds (spec FED-9)."""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from urllib.parse import urljoin

from aiohttp import (
    BytesPayload,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver
from msgspec.structs import replace
from yarl import URL

from node.config import read_resolve
from node.errors import Forbidden, TooMuch, Unreachable
from node.net.addresses import check_url
from node.net.resolver import CheckedResolver
from node.ports import Request, Response, Stream
from node.wire.httpsig.message import target_of

LARGEST_ANSWER_BYTES = 1024 * 1024
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CONNECT_SECONDS = 10
KEEP_ALIVE_SECONDS = 75
CONNECTIONS_PER_HOST = 8
# Of bodies that are passed on as they come: connections of their own, so that no film keeps a
# delivery waiting, each with so many bytes in hand.
STREAMS = 64
STREAMS_PER_HOST = 16
STREAM_BYTES = 64 * 1024
MOST_URLS = 4096  # that were checked, kept
USER_AGENT = "Kith/0.1"
FAILURES = (ClientError, OSError, RuntimeError)  # of a request, on its way

Hop = Callable[[Request], Awaitable[Response]]


async def follow(request: Request, hop: Hop) -> Response:
    """The answer after at most `MOST_REDIRECTS` redirects; only a GET follows any (FED-9.4)."""
    for _ in range(MOST_REDIRECTS + 1):
        answer = await hop(request)
        location = answer.headers.get("location", "")
        if answer.status not in REDIRECTS or request.method != "GET" or not location:
            return answer
        # Only what we wrote ourselves goes along: a signature is made anew by the hop.
        request = replace(request, url=urljoin(request.url, location).partition("#")[0])
    raise Unreachable(f"more than {MOST_REDIRECTS} redirects")


class Fetcher:
    """Implements `ports.Fetch`. One pool of kept connections; open it inside the loop."""

    def __init__(
        self,
        resolve: Mapping[str, str],
        timeout_seconds: float,
        extra_ca_file: str = "",
        system_resolver: AbstractResolver | None = None,
        connections: int = 100,
    ) -> None:
        table = read_resolve(resolve)
        self._named = frozenset(table)
        self._timeout = timeout_seconds
        resolver, trust = CheckedResolver(table, system_resolver), _trust(extra_ca_file)

        def session(limit: int, per_host: int, coding: str, seconds: float | None) -> ClientSession:
            return ClientSession(
                connector=TCPConnector(
                    resolver=resolver,
                    ssl=trust,
                    limit=limit,
                    limit_per_host=per_host,
                    keepalive_timeout=KEEP_ALIVE_SECONDS,
                    ttl_dns_cache=60,
                ),
                # The whole of a request has one deadline; that of a stream ends with its head.
                timeout=ClientTimeout(seconds, sock_connect=min(CONNECT_SECONDS, timeout_seconds)),
                cookie_jar=DummyCookieJar(),
                auto_decompress=False,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": coding},
                trust_env=False,
                read_bufsize=STREAM_BYTES,
            )

        self._session = session(connections, CONNECTIONS_PER_HOST, "gzip", timeout_seconds)
        self._streams = session(STREAMS, STREAMS_PER_HOST, "identity", None)
        self._checked = lru_cache(MOST_URLS)(self._check)  # each inbox is asked for again and again

    async def fetch(self, request: Request) -> Response:
        """See `ports.Fetch`."""
        return await follow(request, self.hop)

    async def hop(self, request: Request) -> Response:
        """One request and its answer; a redirect is an answer like another."""
        url, text = self._checked(request.url)
        try:
            async with self._session.request(
                request.method,
                url,
                headers=request.headers,
                data=BytesPayload(request.body) if request.body else None,
                allow_redirects=False,
            ) as answer:
                body = await _body(answer)
        except FAILURES as error:
            raise self._in_words(error) from None
        return Response(answer.status, text, _headers(answer), body)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        """As `hop`, but the body is read as it comes, however long it is.

        The head has to come in time; how long the body may take is for who reads it.
        """
        url, text = self._checked(request.url)
        try:
            async with asyncio.timeout(self._timeout):
                answer = await self._streams.request(
                    request.method, url, headers=request.headers, allow_redirects=False
                )
        except FAILURES as error:
            raise self._in_words(error) from None
        try:
            yield Stream(answer.status, text, _headers(answer), self._pieces(answer))
        finally:
            # What was not read to its end is no connection to be used again.
            answer.close()

    async def _pieces(self, answer: ClientResponse) -> AsyncIterator[bytes]:
        while True:
            try:
                piece = await answer.content.readany()
            except FAILURES as error:
                raise self._in_words(error) from None
            if not piece:
                return
            yield piece

    def _check(self, url: str) -> tuple[URL, str]:
        """The URL as it is asked for, and as text."""
        check_url(url, self._named)
        where, target = target_of(url)
        checked = URL(f"{where}{target}", encoded=True)
        return checked, str(checked)

    def _in_words(self, error: Exception) -> Exception:
        """What goes wrong on the way, as `Unreachable`; a fault of ours stays what it is."""
        # The last is what aiohttp says of a connection that is found lost between two reads.
        lost = type(error) is RuntimeError and not self._session.closed
        return _trouble(error) if lost or not isinstance(error, RuntimeError) else error

    async def close(self) -> None:
        """Close every kept connection."""
        await self._session.close()
        await self._streams.close()


def callable_at(resolve: Mapping[str, str]) -> Callable[[str], object]:
    """Refuses a URL that may not be called, before it is (FED-9.1, FED-9.2)."""
    named = frozenset(read_resolve(resolve))
    return lambda url: check_url(url, named)


def _headers(answer: ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


def _trust(extra_ca_file: str) -> ssl.SSLContext | bool:
    """Whose certificates we take, from TLS 1.2 on; True: those of the machine, which aiohttp has.

    They are a hundred and more, and to read them takes a twentieth of a second.
    """
    if not extra_ca_file:
        return True
    context = ssl.create_default_context()
    context.load_verify_locations(extra_ca_file)
    return context


async def _body(answer: ClientResponse) -> bytes:
    """The body, decompressed, no larger than the cap on either side (FED-9.5)."""
    if answer.content_length == 0:
        return b""  # as most servers answer a delivery
    if (answer.content_length or 0) > LARGEST_ANSWER_BYTES:
        answer.close()
        raise _too_much()
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > LARGEST_ANSWER_BYTES:
            answer.close()
            raise _too_much()
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding in ("", "identity") or not body:
        return bytes(body)
    if coding not in ("gzip", "x-gzip"):
        raise Forbidden("FED-9.5", "the answer has an encoding that was not asked for")
    return _unzipped(bytes(body))


def _unzipped(data: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    try:
        body = unzip.decompress(data, LARGEST_ANSWER_BYTES + 1)
    except zlib.error:
        raise Unreachable("the answer is not gzip, though it says so") from None
    if len(body) > LARGEST_ANSWER_BYTES:
        raise _too_much()
    return body


def _too_much() -> TooMuch:
    return TooMuch("FED-9.5", "the answer is larger than is read", limit_bytes=LARGEST_ANSWER_BYTES)


def _trouble(error: BaseException) -> Unreachable:
    """What went wrong, in words an operator can use; no address that DNS gave, no body."""
    if isinstance(error, TimeoutError):
        return Unreachable("no answer in time")
    return Unreachable(f"{type(error).__name__}: {error}"[:200])
