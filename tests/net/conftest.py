"""A peer that speaks real TLS on this machine, under names of its own."""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from node.net.fetcher import Fetcher

NAMES = ("b.test", "c.test", "evil.test", "b.social", "inside.social")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Peer:
    """A server whose answers a test writes, and a CA that vouches for its names."""

    def __init__(self, port: int, ca_file: str) -> None:
        self.port = port
        self.ca_file = ca_file
        self.handlers: dict[str, Handler] = {}
        self.asked: list[web.Request] = []
        self.connections: set[object] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.connections.add(request.transport)
        return await self.handlers[request.path](request)

    def fetcher(self, names: tuple[str, ...] = NAMES[:3], **more: object) -> Fetcher:
        resolve = dict.fromkeys(names, f"127.0.0.1:{self.port}")
        settings: dict[str, object] = {"timeout_seconds": 20, "extra_ca_file": self.ca_file}
        return Fetcher(resolve, **{**settings, **more})  # type: ignore[arg-type]


class FakeDns(AbstractResolver):
    """A resolver whose answers a test writes."""

    def __init__(self, *addresses: str, port: int = 0) -> None:
        self.addresses = addresses
        self.port = port  # where they really listen
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(
                hostname=host,
                host=each,
                port=self.port or port,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each in self.addresses
        ]

    async def close(self) -> None: ...


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    ca = trustme.CA()
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*NAMES).configure_cert(context)
    return context, str(path)


@pytest.fixture
async def peer(authority: tuple[ssl.SSLContext, str]) -> AsyncIterator[Peer]:
    context, ca_file = authority
    app = web.Application()
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    found: list[Peer] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        return await found[0].answer(request)

    app.router.add_route("*", "/{path:.*}", answer)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    found.append(Peer(runner.addresses[0][1], ca_file))
    yield found[0]
    await runner.cleanup()
