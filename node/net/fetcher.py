"""HTTP out, guarded: public https only, bounded in bytes, redirects and seconds (spec FED-9)."""

import asyncio
import ssl
import zlib
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urljoin

from aiohttp import (
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
from node.ports import Request, Response
from node.wire.httpsig.message import target_of

LARGEST_ANSWER_BYTES = 1024 * 1024
MOST_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CONNECT_SECONDS = 10
KEEP_ALIVE_SECONDS = 75
CONNECTIONS_PER_HOST = 8
USER_AGENT = "Kith/0.1"

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
        self._session = ClientSession(
            connector=TCPConnector(
                resolver=CheckedResolver(table, system_resolver),
                ssl=_trust(extra_ca_file),
                limit=connections,
                limit_per_host=CONNECTIONS_PER_HOST,
                keepalive_timeout=KEEP_ALIVE_SECONDS,
                ttl_dns_cache=60,
            ),
            timeout=ClientTimeout(
                total=timeout_seconds, sock_connect=min(CONNECT_SECONDS, timeout_seconds)
            ),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            trust_env=False,
        )

    async def fetch(self, request: Request) -> Response:
        """See `ports.Fetch`."""
        return await follow(request, self.hop)

    async def hop(self, request: Request) -> Response:
        """One request and its answer; a redirect is an answer like another."""
        check_url(request.url, self._named)
        where, target = target_of(request.url)
        url = URL(f"{where}{target}", encoded=True)
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._session.request(
                    request.method,
                    url,
                    headers=request.headers,
                    data=request.body or None,
                    allow_redirects=False,
                ) as answer,
            ):
                body = await _body(answer)
        except (ClientError, OSError, TimeoutError) as error:
            raise _trouble(error) from None
        except RuntimeError as error:
            if type(error) is not RuntimeError or self._session.closed:
                raise
            # What aiohttp says of a connection that is found lost between two reads.
            raise _trouble(error) from None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status, str(where) + target, headers, body)

    async def close(self) -> None:
        """Close every kept connection."""
        await self._session.close()


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
