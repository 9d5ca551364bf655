"""A Town: several whole nodes in one process, a clock that is moved, a network with weather.

Each node has its own SQLite database and a real HTTP server on loopback; what one node sends to
another goes over it, by the other's name. Nothing waits for time: `settle` does all that is due.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from yarl import URL

from node.app import Node, System, admin_invite
from node.app.parts import Media
from node.client.api_client import ApiClient
from node.errors import Unreachable
from node.ports import Request, Response, Stream
from node.testing.fakes import FakeClock, FakeEntropy, streaming
from node.testing.new_node import open_new_node
from node.web.listener import GuardedSite
from node.wire.api.accounts import InviteView, NewAccount, NewInvite, Session
from node.wire.times import http_date

MOST_ROUNDS = 200


class Fate(Enum):
    """What the weather does to one request between nodes."""

    ARRIVES = "arrives"
    LOST = "lost"  # it never arrives
    UNANSWERED = "unanswered"  # it arrives, the answer does not
    TWICE = "twice"
    LATE = "late"  # it is given up as lost, and arrives when all else has


def fair(_request: Request) -> Fate:
    """Every request arrives."""
    return Fate.ARRIVES


@dataclass(slots=True)
class TownNode:
    """One node of the town and the address where it really listens."""

    domain: str
    node: Node
    system: System
    url: str
    folder: Path

    def line(self, token: str = "") -> ApiClient:
        """A client's line to this node."""
        return ApiClient(self.url, self.system.entropy, token)


@dataclass(slots=True)
class Town:
    """Nodes by domain. `down` are those that do not answer; `weather` judges each request.

    `strangers` are servers that are scripted; `late` holds what the weather delays.
    """

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    nodes: dict[str, TownNode] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    weather: Callable[[Request], Fate] = fair
    sent: list[Request] = field(default_factory=list)
    late: list[Callable[[], Awaitable[Response]]] = field(default_factory=list)
    strangers: dict[str, Callable[[Request], Awaitable[Response]]] = field(default_factory=dict)
    admin_tokens: dict[str, str] = field(default_factory=dict)
    wrong_clocks: dict[str, timedelta] = field(default_factory=dict)  # by domain: how far ahead

    async def settle(self, span: timedelta = timedelta(0)) -> None:
        """Let `span` pass, then let every node do all that is due."""
        self.clock.pass_(span)
        for _ in range(MOST_ROUNDS):
            worked = [await town_node.node.worker.step() for town_node in self.nodes.values()]
            if not any(worked) and not self.late:
                return
            if not any(worked):
                await self.late.pop()()  # the last first: so they overtake each other
        raise AssertionError("the town does not come to rest")

    async def sign_up(self, name: str, domain: str) -> Session:
        """A new person, invited by the node's administrator (the first one is that)."""
        town_node = self.nodes[domain]
        link = await admin_invite(town_node.node, town_node.system)
        if link is None:
            async with town_node.line(self.admin_tokens[domain]) as line:
                made = await line.ask("POST", "/invites", InviteView, NewInvite())
                link = made.url or ""
        body = NewAccount(
            name=name,
            password=f"{name} has a long password",
            device_name="phone",
            invite=link.rpartition("/")[2],
        )
        async with town_node.line() as line:
            session = await line.ask("POST", "/accounts", Session, body)
        self.admin_tokens.setdefault(domain, session.token or "")
        return session


class TownClock:
    """The town's clock as one node has it: right, unless the town says that it is wrong."""

    def __init__(self, town: Town, domain: str) -> None:
        self._town = town
        self._domain = domain

    def now(self) -> datetime:
        wrong = self._town.wrong_clocks.get(self._domain, timedelta(0))
        return self._town.clock.now() + wrong

    def ticks(self) -> float:
        return self._town.clock.ticks()


class TownHops:
    """HTTP out of one node: names lead to the others of the town, and nowhere else."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._session = aiohttp.ClientSession(auto_decompress=True)

    async def hop(self, request: Request) -> Response:
        """One request and its answer, as the weather allows."""
        host = urlsplit(request.url).netloc
        fate = self._town.weather(request)
        known = host in self._town.nodes or host in self._town.strangers
        if not known or host in self._town.down or fate is Fate.LOST:
            raise Unreachable(f"{host} does not answer")
        self._town.sent.append(request)
        if fate is Fate.LATE:
            self._town.late.append(lambda: self._carry(request, host))
            raise Unreachable(f"{host} did not answer in time")
        answer = await self._carry(request, host)
        if fate is Fate.TWICE:
            answer = await self._carry(request, host)
        if fate is Fate.UNANSWERED:
            raise Unreachable(f"{host} did not answer in time")
        return answer

    async def _carry(self, request: Request, host: str) -> Response:
        if host in self._town.strangers:
            return await self._town.strangers[host](request)
        town_node = self._town.nodes[host]
        target = request.url.partition(host)[2]
        headers = {**request.headers, "host": host}
        async with self._session.request(
            request.method,
            URL(town_node.url + target, encoded=True),
            headers=headers,
            data=request.body or None,
            allow_redirects=False,
        ) as answer:
            body = await answer.read()
        names = {name.lower(): value for name, value in answer.headers.items()}
        # The library tells this machine's time; a node of the town has the town's, or its own.
        names["date"] = http_date(town_node.system.clock.now())
        return Response(answer.status, request.url, names, body)

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        """As `hop`; the answer is whole before its first piece."""
        return streaming(self.hop(request))

    async def close(self) -> None:
        """Close its connections."""
        await self._session.close()


@asynccontextmanager
async def open_harness(
    town: Town, domain: str, process: str = "", media: Media | None = None, **settings: Any
) -> AsyncIterator[TownNode]:
    """A node of `domain`; or a further `process` of it, over the same database."""
    folder = town.folder / domain
    system = System(TownClock(town, domain), FakeEntropy(domain + process), TownHops(town))
    async with open_new_node(domain, folder, system, media, **settings) as node:
        runner = web.AppRunner(
            node.application, access_log=None, shutdown_timeout=1, lingering_time=1
        )
        await runner.setup()
        try:
            await GuardedSite(runner, node.connections, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            yield TownNode(domain, node, system, f"http://{host}:{port}", folder)
        finally:
            await node.streams.close()
            await runner.cleanup()


def embedded(_domain: str) -> str:
    """Every node has SQLite in its own folder."""
    return ""


@asynccontextmanager
async def open_town(
    folder: Path, *domains: str, database: Callable[[str], str] = embedded, **settings: Any
) -> AsyncIterator[Town]:
    """A town with a node for each of `domains`; `database` gives the URL of each one's own."""
    town = Town(folder)
    async with AsyncExitStack() as stack:
        for domain in domains:
            town_node = open_harness(town, domain, database=database(domain), **settings)
            town.nodes[domain] = await stack.enter_async_context(town_node)
        yield town
