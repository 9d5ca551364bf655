"""What bodies may hold while they come: stalled, dribbled, broken off, from one place or many."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from node.testing.simulator.timeline import Timeline
from node.web import bodies
from node.web.api import streams
from node.web.api.surface import API
from node.web.budget import Budget, Shares
from node.web.problems import TooSlow
from node.web.routes import Call, Reply, Route
from tests.web.conftest import Build, Harness

SHARES = Shares(
    address_bytes=100_000, account_bytes=150_000, node_bytes=250_000, address_requests=2
)
FIRST = bytes(40_000)


def budget_of(harness: Harness) -> Budget:
    return harness.node.web.kernel.budget


def small(harness: Harness) -> Harness:
    """The same with small shares."""
    budget_of(harness).shares = SHARES
    return harness


@asynccontextmanager
async def stalled(
    harness: Harness, path: str = "/login", client: str = "", token: str = ""
) -> AsyncIterator[asyncio.StreamReader]:
    """A body of 60,000 bytes of which 40,000 come."""
    server = harness.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    head = f"POST {API}{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += f"X-Forwarded-For: {client}\r\n" if client else ""
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    writer.write(head.encode() + b"Content-Length: 60000\r\n\r\n" + FIRST)
    await writer.drain()
    try:
        yield reader
    finally:
        writer.transport.abort()


async def until(ready: Callable[[], bool]) -> None:
    for _ in range(100_000):
        if ready():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


async def answer(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


@pytest.mark.clause("LIM-2.1")
async def test_stalled_bodies_of_one_address_hold_its_share_and_no_more(build: Build) -> None:
    harness = small(await build())
    budget = budget_of(harness)
    async with stalled(harness), stalled(harness):
        await until(lambda: budget.held_bytes == 80_000)
        async with stalled(harness) as third:
            said = await answer(third)
            assert said.startswith(b"HTTP/1.1 429 ") and b"Retry-After: " in said
        await until(lambda: budget.held_bytes == 80_000)
    await until(lambda: budget.held_bytes == 0)
    assert (await harness.ask("POST", "/login", {"name": "a", "password": "b"})).status == 401


@pytest.mark.clause("LIM-2.1")
async def test_stalled_bodies_of_many_addresses_hold_the_nodes_share_and_no_more(
    build: Build,
) -> None:
    harness = small(await build(trusted_proxies=("127.0.0.0/8",)))
    budget = budget_of(harness)
    places = [stalled(harness, client=f"192.0.2.{each}") for each in range(6)]
    for place in places:
        await place.__aenter__()
    await until(lambda: budget.held_bytes == 240_000)
    async with stalled(harness, client="192.0.2.99") as further:
        said = await answer(further)
        assert said.startswith(b"HTTP/1.1 503 ") and b"Retry-After: " in said
    for place in places:
        await place.__aexit__(None, None, None)
    await until(lambda: budget.held_bytes == 0)


@pytest.mark.clause("LIM-2.1")
async def test_an_account_has_one_share_wherever_it_comes_from(build: Build) -> None:
    def routes(_harness: Harness) -> tuple[Route, ...]:
        async def take(_call: Call) -> Reply:
            return Reply({})

        return (Route("POST", "/take", take, "Take it.", "read", dict, dict),)

    harness = small(await build(routes, trusted_proxies=("127.0.0.0/8",)))
    token = await harness.join("alice")
    budget = budget_of(harness)
    places = [stalled(harness, "/take", client=f"192.0.2.{each}", token=token) for each in range(3)]
    for place in places:
        await place.__aenter__()
    await until(lambda: budget.held_bytes == 120_000)
    async with stalled(harness, "/take", client="192.0.2.99", token=token) as further:
        assert (await answer(further)).startswith(b"HTTP/1.1 429 ")
    for place in places:
        await place.__aexit__(None, None, None)


@pytest.mark.clause("LIM-2.3")
async def test_behind_a_proxy_a_client_has_so_many_requests_under_way(build: Build) -> None:
    harness = small(await build(trusted_proxies=("127.0.0.0/8",)))
    here = {"X-Forwarded-For": "192.0.2.1"}
    async with stalled(harness, client="192.0.2.1"), stalled(harness, client="192.0.2.1"):
        await until(lambda: budget_of(harness).held_bytes == 80_000)
        said = await harness.ask("GET", "//livez", headers=here)
        assert (said.status, said.headers["Retry-After"]) == (429, "5")
        assert b"LIM-2.3" in said.raw
        other = {"X-Forwarded-For": "192.0.2.2"}
        assert (await harness.ask("GET", "//livez", headers=other)).status == 200
    await until(lambda: budget_of(harness).held_bytes == 0)
    assert (await harness.ask("GET", "//livez", headers=here)).status == 200


@pytest.mark.clause("LIM-2.4")
async def test_who_may_not_send_a_body_is_told_before_it_is_read(build: Build) -> None:
    def routes(_harness: Harness) -> tuple[Route, ...]:
        async def take(_call: Call) -> Reply:
            raise AssertionError("nobody may come here")

        return (Route("POST", "/take", take, "Take it.", "write", dict, dict),)

    harness = await build(routes)
    async with stalled(harness, "/take") as reader:
        assert (await answer(reader)).startswith(b"HTTP/1.1 401 ")
    assert budget_of(harness).held_bytes == 0


@pytest.mark.clause("LIM-2.2", "API-1.3")
@pytest.mark.parametrize(
    "broken",
    [
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n{\r\nnonsense\r\n",
        b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
        b"Content-Encoding: deflate\r\nContent-Length: 9\r\n\r\nnot flat!",
    ],
)
async def test_a_body_that_breaks_off_is_the_senders_fault(build: Build, broken: bytes) -> None:
    harness = await build()
    server = harness.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(
        f"POST {API}/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
        + broken
    )
    status = int((await reader.readline()).split()[1])
    assert status in (400, 415)
    writer.transport.abort()


class Trickle:
    """A body that comes in pieces of `size`, one each `seconds`."""

    def __init__(self, size: int, seconds: float, count: int) -> None:
        self.size, self.seconds, self.left = size, seconds, count
        self.content_length = None

    @property
    def content(self) -> "Trickle":
        return self

    def is_eof(self) -> bool:
        return False

    async def readany(self) -> bytes:
        if not self.left:
            return b""
        self.left -= 1
        await asyncio.sleep(self.seconds)
        return bytes(self.size)


@pytest.mark.clause("LIM-2.2")
@pytest.mark.parametrize(
    ("size", "seconds", "count", "whole", "comes"),
    [
        (4096, 1.0, 3600, False, True),  # an hour at just the pace that is asked for
        (4096, 1.2, 3600, False, False),
        (1, 1.0, 3600, False, False),  # a byte a second
        (1 << 20, 200.0, 8, False, False),  # the first one late, however much comes with it
        (1 << 20, 29.0, 1, True, True),
        (4096, 1.0, 40, True, False),  # what is held has 30 s, whatever its pace
    ],
)
def test_a_body_keeps_the_pace_or_is_not_waited_for(
    size: int, seconds: float, count: int, whole: bool, comes: bool
) -> None:
    loop = Timeline()
    body: Any = Trickle(size, seconds, count)
    rules = bodies.JsonBodies(1 << 30)

    async def read() -> int:
        with Budget(Shares(address_bytes=1 << 30, node_bytes=1 << 30)).holding("a") as holding:
            arriving = bodies.ArrivingBody(body, 1 << 30, rules, holding)
            if whole:
                return len(await arriving.whole())
            return sum([len(piece) async for piece in arriving.pieces(1 << 16)])

    with closing(loop):
        if comes:
            assert loop.run_until_complete(read()) == size * count
            return
        with pytest.raises(TooSlow):
            loop.run_until_complete(read())
        assert loop.time() < 200, "long before the end"


@pytest.mark.clause("LIM-2.2")
async def test_the_form_of_the_sign_up_page_is_not_waited_for_either(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = await build(registration="open")
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    server = harness.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\nname=a"
    writer.write(b"POST /join HTTP/1.1\r\nHost: x\r\n" + form)
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.transport.abort()


@pytest.mark.clause("API-7.7")
async def test_a_session_and_an_account_have_so_many_streams(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await harness.join("alice")
    headers = {"Authorization": f"Bearer {token}"}
    opened = []
    for _ in range(6):
        opened.append(await harness.client.get(f"{API}/events", headers=headers))
        await opened[-1].content.readline()
    for oldest in opened[:2]:
        await oldest.read()  # these come to an end
    await until(lambda: len(harness.node.streams._open) == 4)
    monkeypatch.setattr(streams, "MOST_OF_ACCOUNT", 4)
    assert (await harness.ask("GET", "/events", token=token)).status == 429
    other = await harness.join("bob")
    monkeypatch.setattr(streams, "MOST_OF_NODE", 4)
    said = await harness.ask("GET", "/events", token=other)
    assert said.status == 503 and said.body["clause"] == "API-7.7"
    for each in opened:
        each.close()
    await until(lambda: not harness.node.streams._open)
