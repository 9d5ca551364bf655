"""Connections under attack: half-sent heads, silence, floods, those who do not read (LIM-1)."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
import trustme
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from node.system import Descriptors
from node.testing.fakes import FakeClock
from node.web import listener
from node.web.connections import Bounds, Connection, Connections
from node.web.limits import TrustedProxies
from node.web.listener import GuardedSite
from node.web.refusals import Refusals

HALF = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: "
WHOLE = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
MUCH = 16 << 20


class Door:
    """A small server behind the real listener, and its clock."""

    def __init__(self, site: GuardedSite, clock: FakeClock, refusals: Refusals, port: int) -> None:
        self.connections = site.connections
        self.site = site
        self.clock = clock
        self.refusals = refusals
        self.port = port
        self.writers: list[asyncio.StreamWriter] = []

    async def call(self, said: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        writer.write(said)
        await writer.drain()
        return reader, writer

    async def ask(self) -> bytes:
        """The status line of an honest request on a connection of its own."""
        reader, writer = await self.call(WHOLE)
        line = await reader.readline()
        writer.close()
        return line

    def pass_(self, seconds: float) -> None:
        self.clock.pass_(timedelta(seconds=seconds))
        self.connections.sweep()

    def states(self, wanted: str) -> int:
        """How many connections are so: `head` (a part of one came), `idle`, `stalled`."""
        found = [place.held for place in self.connections._places]
        held = [each for each in found if isinstance(each, Connection)]
        if wanted == "head":
            return sum(each._partial for each in held)
        if wanted == "stalled":
            return sum(each._stalled_since is not None for each in held)
        return sum(each._head_since is None and each._is_waiting() for each in held)

    async def settle(self, ready: Callable[[], bool]) -> None:
        """Until the server has seen what was sent: both ends are in this loop."""
        for _ in range(100_000):
            if ready():
                return
            await asyncio.sleep(0)
        raise AssertionError("it never came to that")


async def said(reader: asyncio.StreamReader) -> bytes:
    """All that came before the end, however that came."""
    with suppress(ConnectionResetError):
        return await reader.read()
    return b""


async def alive(_request: web.Request) -> web.Response:
    return web.Response(text="alive")


async def much(_request: web.Request) -> web.Response:
    return web.Response(body=bytes(MUCH))


@asynccontextmanager
async def door(
    bounds: Bounds, proxies: tuple[str, ...] = (), tls: ssl.SSLContext | None = None
) -> AsyncIterator[Door]:
    app = web.Application()
    app.add_routes([web.get("/livez", alive), web.get("/much", much)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    clock, refusals = FakeClock(), Refusals()
    connections = Connections(bounds, TrustedProxies.of(proxies), clock.ticks, refusals.count)
    site = GuardedSite(runner, connections, "127.0.0.1", 0, tls)
    await site.start()
    found = Door(site, clock, refusals, runner.addresses[0][1])
    try:
        yield found
    finally:
        for writer in found.writers:
            writer.transport.abort()
        await runner.cleanup()


@pytest.mark.clause("LIM-1.1")
async def test_half_sent_heads_do_not_make_a_node_deaf() -> None:
    async with door(Bounds(connections=40, per_address=40)) as node:
        late = [await node.call(HALF) for _ in range(30)]
        await node.settle(lambda: len(node.connections) == 30)
        assert await node.ask() == b"HTTP/1.1 200 OK\r\n"
        await node.settle(lambda: node.states("head") == 30)
        node.pass_(15)
        answers = [await reader.read() for reader, _ in late]
        assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
        assert all(b'"clause":"LIM-1.1"' in answer for answer in answers)
        assert node.refusals.shown() == {"LIM-1.1": 30}
        await node.settle(lambda: len(node.connections) == 0)


@pytest.mark.clause("LIM-1.1")
async def test_who_says_nothing_at_all_is_closed_without_a_word() -> None:
    async with door(Bounds(connections=9)) as node:
        reader, _ = await node.call()
        await node.settle(lambda: len(node.connections) == 1)
        node.pass_(14)
        assert len(node.connections) == 1
        node.pass_(1)
        assert await said(reader) == b""
        assert len(node.connections) == 0


@pytest.mark.clause("LIM-1.1", "LIM-1.2")
async def test_a_kept_connection_may_be_idle_but_not_dribble_its_next_head() -> None:
    async with door(Bounds(connections=9)) as node:
        reader, writer = await node.call(WHOLE)
        assert (await reader.readuntil(b"alive")).startswith(b"HTTP/1.1 200")
        node.pass_(1)
        node.pass_(60)
        assert len(node.connections) == 1
        writer.write(HALF)
        await writer.drain()
        await node.settle(lambda: node.states("head") == 1)
        node.pass_(14)  # 75 s after the first request, and still within the second one's time
        assert len(node.connections) == 1
        node.pass_(1)
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


@pytest.mark.clause("LIM-1.2")
async def test_an_idle_connection_is_closed() -> None:
    async with door(Bounds(connections=9)) as node:
        reader, _ = await node.call(WHOLE)
        await reader.readuntil(b"alive")
        await node.settle(lambda: node.states("idle") == 1)
        node.pass_(76)
        assert len(node.connections) == 0
        assert node.refusals.shown() == {}  # nothing was refused to them


@pytest.mark.clause("LIM-1.3")
async def test_who_does_not_read_is_cut_off() -> None:
    async with door(Bounds(connections=9)) as node:
        _, writer = await node.call(WHOLE.replace(b"/livez", b"/much"))
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await node.settle(lambda: node.states("stalled") == 1)
        node.pass_(59)
        assert len(node.connections) == 1
        node.pass_(1)
        assert len(node.connections) == 0
        assert node.refusals.shown() == {"LIM-1.3": 1}
        writer.close()


@pytest.mark.clause("LIM-1.4")
async def test_one_address_has_its_share_of_connections() -> None:
    async with door(Bounds(connections=100, per_address=5)) as node:
        held = [await node.call() for _ in range(5)]
        await node.settle(lambda: len(node.connections) == 5)
        reader, _ = await node.call(WHOLE)
        assert await said(reader) == b""
        assert node.refusals.shown() == {"LIM-1.4": 1}
        held[0][1].close()
        await node.settle(lambda: len(node.connections) == 4)
        assert await node.ask() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.clause("LIM-1.4", "LIM-5.1")
def test_a_large_ipv6_prefix_and_a_proxy_are_counted_otherwise() -> None:
    refusals, clock = Refusals(), FakeClock()
    proxies = TrustedProxies.of(["10.0.0.0/8"])
    bounds = Bounds(connections=1000, per_address=3)
    connections = Connections(bounds, proxies, clock.ticks, refusals.count)
    assert all(connections.enter("10.1.2.3") for _ in range(20))
    took = [connections.enter(f"2001:db8:1:{each:x}::1") for each in range(10)]
    assert sum(place is not None for place in took) == 6
    took = [connections.enter(f"2001:db8:1:{each:x}00::1") for each in range(1, 10)]
    assert sum(place is not None for place in took) == 6, "four times as many of a /48"
    assert connections.enter("2001:db8:2::1") is not None
    assert [connections.enter("::ffff:192.0.2.1") is not None for _ in range(4)] == [1, 1, 1, 0]
    assert connections.enter("192.0.2.1") is None  # the same one, written otherwise
    assert refusals.shown() == {"LIM-1.4": 9}


@pytest.mark.clause("LIM-1.5")
async def test_a_full_node_lets_newcomers_in_for_those_who_wait() -> None:
    async with door(Bounds(connections=5, per_address=50)) as node:
        for _ in range(5):
            await node.call(HALF)
            node.pass_(1)
        await node.settle(lambda: len(node.connections) == 5)
        for _ in range(10):
            assert await node.ask() == b"HTTP/1.1 200 OK\r\n"
        assert node.refusals.shown()["LIM-1.5"] >= 1


@pytest.mark.clause("LIM-1.5")
async def test_when_all_are_being_answered_the_newcomer_has_to_go() -> None:
    async with door(Bounds(connections=2)) as node:
        busy = [await node.call(WHOLE.replace(b"/livez", b"/much")) for _ in range(2)]
        for _, writer in busy:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
        await node.settle(lambda: node.states("stalled") == 2)
        reader, _ = await node.call()
        assert await said(reader) == b""
        assert node.refusals.shown() == {"LIM-1.5": 1}
        for _, writer in busy:
            writer.close()


@pytest.mark.clause("LIM-1.6")
def test_connections_leave_descriptors_for_the_disk_and_for_calls() -> None:
    for granted in (300, 1024, 4096, 16_384):
        shares = Descriptors.of(granted)
        # A connection that reads a file has two.
        assert 2 * shares.connections + shares.calls <= granted
        assert shares.connections >= 1 and shares.calls >= 1


@pytest.mark.clause("LIM-1.7")
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 9000), b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: %s\r\n\r\n" % (b"a" * 9000), b"431"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization Bearer secret\r\n\r\n", b"400"),
        (b"nonsense secret\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n",
            b"400",
        ),
    ],
)
async def test_what_is_no_http_is_refused_and_not_repeated(
    sent: bytes, status: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with door(Bounds(connections=9)) as node:
        reader, _ = await node.call(sent)
        answer = await reader.read()
        assert answer.split()[1] == status
        assert b"application/problem+json" in answer
        assert b"secret" not in answer and "secret" not in caplog.text
        assert node.refusals.shown() == {"LIM-1.7": 1}


@pytest.mark.clause("LIM-1.1", "LIM-1.4")
async def test_half_open_handshakes_are_counted_and_end() -> None:
    """Group 55 of the abuse suite: TLS that is begun and never done."""
    ca, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(tls)
    async with door(Bounds(connections=40, per_address=40), tls=tls) as node:
        for _ in range(30):
            await node.call()
        await node.settle(lambda: len(node.connections) == 30)
        context = ssl.create_default_context()
        ca.configure_trust(context)
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", node.port, ssl=context, server_hostname="localhost"
        )
        # Ended with the others: a TLS connection that is only closed waits for the other side, and
        # where the loop ends first its socket is found open in a later test.
        node.writers.append(writer)
        writer.write(WHOLE)
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        writer.close()
        node.pass_(10)
        await node.settle(lambda: len(node.connections) <= 1)
        assert node.refusals.shown() == {"LIM-1.1": 30}


def test_what_our_protocol_reads_of_aiohttp_is_there() -> None:
    """See decision 0012: a release that renames these has to be met here, not in the field."""
    assert {"_messages", "_waiter", "_request_count"} <= set(RequestHandler.__slots__)
    for name in ("handle_error", "force_close", "data_received", "pause_writing"):
        assert callable(getattr(RequestHandler, name))


@pytest.mark.clause("LIM-1.8")
async def test_without_descriptors_a_node_answers_says_so_and_recovers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    accept, left = socket.socket.accept, [True]

    def accepted(listening: socket.socket) -> object:
        if not left[0]:
            raise OSError(errno.EMFILE, "Too many open files")
        return accept(listening)

    monkeypatch.setattr(socket.socket, "accept", accepted)
    monkeypatch.setattr(listener, "SWEEP_SECONDS", 3600)  # until it listens again: see below
    async with door(Bounds(connections=9)) as node:
        idle, _ = await node.call()
        await node.settle(lambda: len(node.connections) == 1)
        node.clock.pass_(timedelta(seconds=1))
        reader, writer = await node.call(WHOLE)
        assert await reader.readuntil(b"alive")
        assert node.connections.trouble() == ""
        left[0] = False
        late, _ = await node.call(WHOLE)
        await node.settle(lambda: node.refusals.shown().get("LIM-1.8", 0) > 0)
        assert await said(idle) == b"", "whoever waited longest gave theirs back"
        writer.write(WHOLE)
        assert await reader.readuntil(b"alive"), "who stands is answered"
        left[0] = True
        for listening in node.site._server.sockets:
            node.site._server._listen_again(listening)
        assert await late.readline() == b"HTTP/1.1 200 OK\r\n"
        assert "open files" in node.connections.trouble()
        assert sum("descriptor" in each.message for each in caplog.records) == 1
        node.clock.pass_(timedelta(hours=1))
        assert node.connections.trouble() == ""
