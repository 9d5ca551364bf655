"""Requests to the home node: one pool of connections, pages, and the event stream (spec API)."""

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from node.client import api
from node.client.connect import PinnedResolver, read_connect, trusting
from node.client.event_stream import Event, EventParser
from node.errors import Conflict, Refused, Unreachable
from node.ports import Entropy

T = TypeVar("T")
# A request that was cut is tried again so often: by then a node that was restarted is back.
REPEATS = 3
SAFE = ("GET", "HEAD")
UNCONNECTED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=90)
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 15.0
LONGEST_PIECE = 1024 * 1024
NO_HEADERS: Mapping[str, str] = {}
SEAT_PATH = "/device/seat"


class Answer(NamedTuple):
    """What a request was answered. `next` is the query of the page that follows, if any."""

    status: int
    content: bytes
    next: dict[str, str] | None


class ApiClient:
    """Requests to one node with one token. Use it as `async with`.

    `connect` is called instead of what DNS says (`read_connect`); `ca_file` is trusted besides.
    """

    def __init__(
        self, origin: str, entropy: Entropy, token: str = "", connect: str = "", ca_file: str = ""
    ) -> None:
        self.origin = origin.rstrip("/")
        self._entropy = entropy
        self.seat = 0  # of this device, once it has one (ACC-4.5)
        # Takes another seat for the one that was refused; raises when another copy is the device.
        self.retake: Callable[[int], Awaitable[None]] | None = None
        # Is told what was refused for its seat a second time.
        self.left_behind: Callable[[Refused], None] | None = None
        self._token = token
        self._connect = connect
        self._ca_file = ca_file
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "ApiClient":
        places = read_connect(self._connect, urlsplit(self.origin).hostname or "")
        context = trusting(self._ca_file)
        resolver = PinnedResolver(places) if places else None
        connector = aiohttp.TCPConnector(ssl=context, resolver=resolver, ttl_dns_cache=0)
        self._http = aiohttp.ClientSession(connector=connector, timeout=PATIENCE)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def rest(self, failures: int) -> None:
        """Wait before the next try; longer from failure to failure."""
        await asyncio.sleep(min(FIRST_WAIT_SECONDS * 2**failures, LONGEST_WAIT_SECONDS))

    @asynccontextmanager
    async def fetch(
        self, url: str, start: int = 0, body: object = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The bytes at an absolute address, from `start` on; with a `body` they are asked for by
        POST. Our token is for our node alone."""
        assert self._http is not None, "use ApiClient as `async with`"
        headers = {"Range": f"bytes={start}-"} if start else {}
        if url.startswith(self.origin + "/"):
            headers = self._headers(headers)
        try:
            with _reading():
                method = "GET" if body is None else "POST"
                asked = self._http.request(
                    method, url, json=body, headers=headers, allow_redirects=False
                )
                async with asked as answer:
                    if answer.status not in (200, 206):
                        raise api.error_of(answer.status, await answer.read(), answer.headers)
                    yield answer
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            host = urlsplit(url).netloc
            raise Unreachable(f"{host} cannot be reached: {error}") from None

    def _headers(self, extra: Mapping[str, str]) -> dict[str, str]:
        headers = dict(extra)
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if self.seat:
            headers["Kith-Seat"] = str(self.seat)
        return headers

    async def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        harmless: bool = False,
    ) -> Answer:
        """One request below /api/kith/v1. Raises what a refusing answer means (`api.error_of`),
        `Unreachable` when there is none.

        What is cut before its answer came is sent again when it may be (API-9.5): a GET, what
        carries an Idempotency-Key, and what is `harmless` to repeat.
        """
        again = harmless or method in SAFE or "Idempotency-Key" in (headers or {})
        cut, sent, failures = False, False, 0

        def request() -> Awaitable[Answer]:
            return self._send(method, path, body, headers, query)

        while True:
            try:
                # Who asks for a seat holds the turn in which another one would be taken.
                return await (request() if path == SEAT_PATH else self._seated(request))
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                cut, sent = cut or _is_cut(error), sent or not isinstance(error, UNCONNECTED)
                if failures == REPEATS or not (again and cut):
                    reason = f"{self.origin} cannot be reached: {error}"
                    raise Unreachable(reason, never_sent=not sent) from None
            await self.rest(failures)
            failures += 1

    async def _seated(self, request: Callable[[], Awaitable[Answer]]) -> Answer:
        """What is refused for its seat, before anything was done, goes again once with the next
        one; a second time it is told (DEV-8.2)."""
        seat = self.seat
        try:
            return await request()
        except Conflict as error:
            if error.clause != "ACC-4.5" or self.retake is None:
                raise
            await self.retake(seat)
        try:
            return await request()
        except Conflict as error:
            if error.clause == "ACC-4.5" and self.left_behind is not None:
                self.left_behind(error)
            raise

    async def _send(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
    ) -> Answer:
        assert self._http is not None, "use ApiClient as `async with`"
        async with self._http.request(
            method,
            self.origin + api.ROOT + path,
            # A large body as a stream: written in pieces, between which others get their turn.
            data=io.BytesIO(body) if body and len(body) > LONGEST_PIECE else body,
            params=query,
            headers=self._headers(headers or {}),
            allow_redirects=False,
        ) as answer:
            with _reading():
                content = await answer.read()
            if answer.status >= 300:
                raise api.error_of(answer.status, content, answer.headers)
            following = answer.links.get("next")
            query = None if following is None else dict(URL(following["url"]).query)
            return Answer(answer.status, content, query)

    async def ask(
        self,
        method: str,
        path: str,
        answers: type[T],
        body: Any = None,
        query: Mapping[str, str] | None = None,
        once: bool = True,
        more: Mapping[str, str] = NO_HEADERS,
        key: str = "",
    ) -> T:
        """A request with a structure as body and an answer of type `answers`.

        A POST carries an Idempotency-Key, `key` or a new one, unless (`once` False) its repeat is
        harmless by itself; `more` are headers of the request's own.
        """
        headers = dict(more)
        if method == "POST" and once:
            headers["Idempotency-Key"] = key or self._entropy.draw(16).hex()
        encoded = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            encoded = api.encode(body)
        answer = await self.send(method, path, encoded, headers, query, not once)
        return api.decode(answer.content or b"null", answers)

    async def put(self, path: str, answers: type[T], chunk: bytes, query: Mapping[str, str]) -> T:
        """PUT raw bytes."""
        headers = {"Content-Type": "application/octet-stream"}
        answer = await self.send("PUT", path, chunk, headers, query)
        return api.decode(answer.content, answers)

    async def pages(
        self, path: str, answers: type[T], query: Mapping[str, str] | None = None
    ) -> AsyncIterator[T]:
        """Every page of a list, by its Link headers, to the end."""
        wanted: dict[str, str] | None = dict(query or {})
        while wanted is not None:
            answer = await self.send("GET", path, query=wanted)
            yield api.decode(answer.content, answers)
            wanted = answer.next

    async def events(self, after: str = "") -> AsyncGenerator[Event, None]:
        """Events, from the one after `after` on, for ever: a cut is mended by itself (API-7).

        Raises what the node refuses (a revoked device); never `Unreachable`.
        """
        async with aclosing(self.event_bursts(after)) as bursts:
            async for burst in bursts:
                for event in burst:
                    yield event

    async def event_bursts(self, after: str = "") -> AsyncGenerator[list[Event], None]:
        """As `events`: those that came together."""
        failures = 0
        while True:
            try:
                async with aclosing(self._stream(after)) as stream:
                    async for burst in stream:
                        after = next((event.id for event in reversed(burst) if event.id), after)
                        failures = 0
                        yield burst
            except (Unreachable, aiohttp.ClientError, TimeoutError, OSError):
                await self.rest(failures)
                failures += 1

    async def _stream(self, after: str) -> AsyncGenerator[list[Event], None]:
        assert self._http is not None, "use ApiClient as `async with`"
        headers = self._headers({"Accept": "text/event-stream"})
        if after:
            headers["Last-Event-ID"] = after
        async with self._http.get(self.origin + api.ROOT + "/events", headers=headers) as answer:
            if answer.status >= 300:
                raise api.error_of(answer.status, await answer.read(), answer.headers)
            parser = EventParser()
            while piece := await _piece_of(answer):
                burst = parser.feed(piece)
                if burst:
                    yield burst
        raise Unreachable("the stream ended")


@contextmanager
def _reading() -> Iterator[None]:
    """A connection that is found lost between two reads is cut like one that is lost in a read."""
    try:
        yield
    except RuntimeError as error:
        if type(error) is not RuntimeError:
            raise
        raise aiohttp.ClientPayloadError(str(error)) from None


async def _piece_of(answer: aiohttp.ClientResponse) -> bytes:
    with _reading():
        return await answer.content.readany()


def _is_cut(error: Exception) -> bool:
    """Whether a connection that stood was cut, such as one kept from before a restart."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return False
    kinds = aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError
    return isinstance(error, (*kinds, ConnectionError))
