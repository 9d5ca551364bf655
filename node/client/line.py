"""The line to the home node: one HTTP connection pool, requests, pages, and the event stream."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from node.client import api
from node.errors import Unreachable
from node.ports import Entropy

T = TypeVar("T")
PATIENCE = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=90)
FIRST_WAIT_SECONDS = 0.25
LONGEST_WAIT_SECONDS = 15.0
LONGEST_LINE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the stream. `id` is where to resume after it."""

    id: str
    kind: str
    data: Mapping[str, Any]


class _Pinned(AbstractResolver):
    """Answers every name with one address: a lab's nodes share this machine."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        kind = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        return [
            ResolveResult(
                hostname=host,
                host=self._host,
                port=self._port,
                family=kind,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        return None


class Line:
    """Requests to one node with one token. Use it as `async with`.

    `connect` (HOST:PORT) is called instead of what DNS says; `ca_file` is trusted besides.
    """

    def __init__(
        self, origin: str, entropy: Entropy, token: str = "", connect: str = "", ca_file: str = ""
    ) -> None:
        self.origin = origin.rstrip("/")
        self._entropy = entropy
        self._token = token
        self._connect = connect
        self._ca_file = ca_file
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Line":
        context = ssl.create_default_context()
        if self._ca_file:
            context.load_verify_locations(self._ca_file)
        resolver: AbstractResolver | None = None
        if self._connect:
            host, _, port = self._connect.rpartition(":")
            resolver = _Pinned(host.strip("[]"), int(port))
        connector = aiohttp.TCPConnector(ssl=context, resolver=resolver, ttl_dns_cache=0)
        self._http = aiohttp.ClientSession(
            # An event may carry a sealed message: lines are longer than aiohttp expects.
            connector=connector,
            timeout=PATIENCE,
            read_bufsize=LONGEST_LINE,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._http is not None:
            await self._http.close()

    def _headers(self, extra: Mapping[str, str]) -> dict[str, str]:
        headers = dict(extra)
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    async def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """One request below /api/kith/v1. Raises what a refusing answer means (`api.error_of`),
        `Unreachable` when there is none."""
        assert self._http is not None, "use Line as `async with`"
        try:
            async with self._http.request(
                method,
                self.origin + api.ROOT + path,
                data=body,
                params=query,
                headers=self._headers(headers or {}),
                allow_redirects=False,
            ) as answer:
                content = await answer.read()
                if answer.status >= 300:
                    raise api.error_of(answer.status, content, answer.headers)
                return answer.status, content, answer.headers
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"{self.origin} cannot be reached: {error}") from None

    async def ask(
        self,
        method: str,
        path: str,
        answers: type[T],
        body: Any = None,
        query: Mapping[str, str] | None = None,
        key: str = "",
    ) -> T:
        """A request with a structure as body and an answer of type `answers`.

        Every POST carries an Idempotency-Key (`key`, else a new one).
        """
        headers = {}
        if method == "POST":
            headers["Idempotency-Key"] = key or self._entropy.draw(16).hex()
        encoded = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            encoded = api.encode(body)
        _, content, _ = await self.send(method, path, encoded, headers, query)
        return api.decode(content or b"null", answers)

    async def put(self, path: str, answers: type[T], chunk: bytes, query: Mapping[str, str]) -> T:
        """PUT raw bytes."""
        headers = {"Content-Type": "application/octet-stream"}
        _, content, _ = await self.send("PUT", path, chunk, headers, query)
        return api.decode(content, answers)

    async def pages(
        self, path: str, answers: type[T], query: Mapping[str, str] | None = None
    ) -> AsyncIterator[T]:
        """Every page of a list, by its Link headers, to the end."""
        wanted: dict[str, str] | None = dict(query or {})
        while wanted is not None:
            _, content, headers = await self.send("GET", path, query=wanted)
            yield api.decode(content, answers)
            wanted = _next(headers.get("Link", ""))

    async def events(self, after: str = "") -> AsyncIterator[Event]:
        """Events, from the one after `after` on, for ever: a cut is mended by itself (API-7).

        Raises what the node refuses (a revoked device); never `Unreachable`.
        """
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                async for event in self._stream(after):
                    after = event.id or after
                    wait = FIRST_WAIT_SECONDS
                    yield event
            except (Unreachable, aiohttp.ClientError, TimeoutError, OSError):
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT_SECONDS)

    async def _stream(self, after: str) -> AsyncIterator[Event]:
        assert self._http is not None, "use Line as `async with`"
        headers = self._headers({"Accept": "text/event-stream"})
        if after:
            headers["Last-Event-ID"] = after
        async with self._http.get(self.origin + api.ROOT + "/events", headers=headers) as answer:
            if answer.status >= 300:
                raise api.error_of(answer.status, await answer.read(), answer.headers)
            fields: dict[str, str] = {}
            async for raw in answer.content:
                line = raw.decode().rstrip("\r\n")
                if not line:
                    if "data" in fields:
                        yield Event(
                            fields.get("id", ""),
                            fields.get("event", "message"),
                            json.loads(fields["data"]),
                        )
                    fields = {}
                elif not line.startswith(":"):
                    name, _, value = line.partition(":")
                    fields[name] = value.removeprefix(" ")
        raise Unreachable("the stream ended")


def _next(link: str) -> dict[str, str] | None:
    """The query of the `next` page in a Link header (RFC 8288)."""
    for part in link.split(","):
        target, _, rest = part.strip().partition(">")
        if 'rel="next"' in rest:
            return dict(parse_qsl(urlsplit(target.lstrip("<")).query))
    return None
