"""What goes out is signed in the dialect that the peer reads."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select, update

from node.app.parts import Stores, System, open_lines
from node.config import Config
from node.errors import Broken, Forbidden, Malformed, NoRoom, Unproven
from node.federation import capabilities
from node.federation.clocks import Clocks
from node.federation.peers import Peer as KnownPeer
from node.federation.proving import Prover
from node.net.courier import Courier, SignedFetch, Signer
from node.net.fetcher import Fetcher
from node.net.resolver import THREADS
from node.ports import Request, Response
from node.store import tables
from node.store.federation import FederationUnit
from node.store.keyring import KEY_FILE, Keyring, NodeKey
from node.store.unit import Unit
from node.testing.fakes import FakeClock, FakeEntropy
from node.testing.stores import open_new_stores
from node.wire import httpsig
from node.wire.httpsig import Dialect, Message
from node.wire.keys import Algorithm
from tests.net.conftest import Peer

ALICE = "https://a.test/a/alice"


class Keys:
    """A keyring and a directory over a real database."""

    def __init__(self, stores: Stores, folder: Path, clock: FakeClock) -> None:
        self.clock = clock
        self.entropy = FakeEntropy()
        self.database, self.units, self.directory = stores.database, stores.units, stores.directory
        self.node_key = NodeKey(folder, self.entropy)
        self.keyring = stores.keyring
        self.signer = Signer(self.keyring, self.directory, self.clock, Clocks(self.clock))


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[Keys]:
    clock = FakeClock()
    stores = await open_new_stores("a.test", tmp_path, clock)
    yield Keys(stores, tmp_path, clock)
    await stores.database.close()


@pytest.fixture
async def fetcher(peer: Peer) -> AsyncIterator[Fetcher]:
    opened = peer.fetcher()
    yield opened
    await opened.close()


class Reader:
    """A peer's door: it verifies what comes, in the dialects that it reads."""

    def __init__(self, context: Keys, *reads: Dialect) -> None:
        self.context = context
        self.reads = reads
        self.read: list[tuple[Dialect, Algorithm]] = []

    async def __call__(self, request: web.Request) -> web.Response:
        headers: dict[str, list[str]] = {}
        for name, value in request.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        body = await request.read()
        origin = f"https://{request.headers['Host']}"
        message = Message(request.method, origin, request.raw_path, headers, body)
        try:
            claim = httpsig.claim(message)
        except Unproven:
            return web.Response(status=401)
        if claim.dialect not in self.reads:
            return web.Response(status=401)
        keys = {key.id: key for key in await self.context.keyring.public(ALICE)}
        httpsig.verify(claim, keys[claim.key_id], self.context.clock.now())
        self.read.append((claim.dialect, keys[claim.key_id].algorithm))
        return web.Response(status=202, headers={"Retry-After": "7"})


@pytest.mark.clause("FED-7.15", "FED-8.10")
async def test_an_unknown_peer_gets_cavage_and_rsa_and_one_that_shows_more_gets_more(
    context: Keys, peer: Peer, fetcher: Fetcher
) -> None:
    reader = Reader(context, *Dialect)
    peer.handlers["/inbox"] = reader
    courier = Courier(fetcher, context.signer, Prover(context.keyring, context.clock))
    outcome = await courier.carry("https://b.test/inbox", b'{"a":1}', ALICE)
    assert (outcome.status, outcome.retry_after) == (202, "7")
    await context.directory.showed("b.test", Dialect.RFC9421)
    await courier.carry("https://b.test/inbox", b"{}", ALICE)
    able = KnownPeer("c.test", capabilities=(capabilities.RFC9421, capabilities.ED25519))
    await context.units.run(FederationUnit, lambda unit: unit.put_peer(able))
    await courier.carry("https://c.test/inbox", b"{}", ALICE)
    assert reader.read == [
        (Dialect.CAVAGE, Algorithm.RSA),
        (Dialect.RFC9421, Algorithm.RSA),
        (Dialect.RFC9421, Algorithm.ED25519),
    ]
    assert peer.asked[0].headers["Content-Type"] == "application/activity+json"


@pytest.mark.clause("FED-8.11")
async def test_a_peer_that_cannot_read_rfc_9421_is_asked_once_more_and_remembered(
    context: Keys, peer: Peer, fetcher: Fetcher
) -> None:
    reader = Reader(context, Dialect.CAVAGE)
    peer.handlers["/inbox"] = reader
    await context.directory.showed("b.test", Dialect.RFC9421)
    courier = Courier(fetcher, context.signer, Prover(context.keyring, context.clock))
    for _ in range(2):
        outcome = await courier.carry("https://b.test/inbox", b"{}", ALICE)
        assert outcome.status == 202
    assert len(peer.asked) == 3


@pytest.mark.clause("FED-12.8", "FED-8.11")
async def test_what_a_peer_reads_is_learned_later_where_it_finds_no_room(
    context: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_room(*_: object) -> None:
        raise NoRoom("the database has no room left on its disk")

    with monkeypatch.context() as full:
        full.setattr(FederationUnit, "put_peer", no_room)
        await context.directory.showed("b.test", Dialect.RFC9421)
    assert (await context.directory.peer("b.test")).dialect is not Dialect.RFC9421
    await context.directory.showed("b.test", Dialect.RFC9421)
    assert (await context.directory.peer("b.test")).dialect is Dialect.RFC9421


async def test_what_the_network_does_is_told_and_not_raised(
    context: Keys, fetcher: Fetcher
) -> None:
    courier = Courier(fetcher, context.signer, Prover(context.keyring, context.clock))
    outcome = await courier.carry("https://127.0.0.1/inbox", b"{}", ALICE)
    assert outcome.status is None
    assert "FED-9.2" in outcome.trouble
    assert not outcome.never


@pytest.mark.clause("FED-7.7")
async def test_nothing_is_sent_to_a_suspended_server(
    context: Keys, peer: Peer, fetcher: Fetcher
) -> None:
    await context.units.run(FederationUnit, lambda unit: unit.suspend("test", suspended=True))
    outcome = await Courier(fetcher, context.signer, Prover(context.keyring, context.clock)).carry(
        "https://b.test/inbox", b"{}", ALICE
    )
    assert outcome.never
    assert not peer.asked


@pytest.mark.clause("FED-9.4")
async def test_a_signed_fetch_signs_every_hop_anew(
    context: Keys, peer: Peer, fetcher: Fetcher
) -> None:
    reader = Reader(context, *Dialect)

    async def moved(request: web.Request) -> web.Response:
        await reader(request)
        return web.Response(status=302, headers={"Location": "https://c.test/2?x=1"})

    peer.handlers |= {"/1": moved, "/2": reader}
    answer = await SignedFetch(fetcher, context.signer, ALICE).fetch(
        Request("GET", "https://b.test/1", {"accept": "application/activity+json"})
    )
    assert answer.url == "https://c.test/2?x=1"
    assert len(reader.read) == 2


@pytest.mark.clause("FED-8.12")
async def test_private_keys_lie_sealed_under_a_file_for_our_eyes_only(
    context: Keys, tmp_path: Path
) -> None:
    rsa = await context.keyring.private(ALICE, Algorithm.RSA)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    async with context.database.read() as connection:
        rows = (await connection.execute(select(tables.keys))).all()
    assert {row.id for row in rows} == {f"{ALICE}#main-key", f"{ALICE}#ed25519-key"}
    assert all(b"PRIVATE" not in row.private for row in rows)
    again = Keyring(NodeKey(tmp_path, context.entropy), context.units, context.entropy)
    await again.check()
    assert (await again.private(ALICE, Algorithm.RSA)).public == rsa.public


@pytest.mark.clause("FED-8.12")
async def test_another_node_key_opens_nothing(context: Keys, tmp_path: Path) -> None:
    await context.keyring.private(ALICE, Algorithm.ED25519)
    elsewhere = tmp_path / "elsewhere"
    stranger = Keyring(NodeKey(elsewhere, FakeEntropy("x")), context.units, context.entropy)
    with pytest.raises(Broken):
        await stranger.check()
    with pytest.raises(Broken):
        await stranger.private(ALICE, Algorithm.ED25519)


@pytest.mark.clause("FED-8.12")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_node_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    NodeKey(tmp_path, FakeEntropy())
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(Malformed) as caught:
        NodeKey(tmp_path, FakeEntropy())
    assert caught.value.clause == "FED-8.12"
    (tmp_path / KEY_FILE).chmod(0o600)
    (tmp_path / KEY_FILE).write_text("not hex")
    with pytest.raises(Malformed):
        NodeKey(tmp_path, FakeEntropy())


async def test_an_altered_row_does_not_open(context: Keys) -> None:
    await context.keyring.private(ALICE, Algorithm.RSA)

    async def alter(unit: Unit) -> None:
        await unit.connection.execute(update(tables.keys).values(private=b"x" * 100))

    await context.units.run(Unit, alter)
    fresh = Keyring(context.node_key, context.units, context.entropy)
    with pytest.raises(Broken):
        await fresh.private(ALICE, Algorithm.RSA)


def test_the_capabilities_are_json() -> None:
    assert json.dumps(capabilities.generator())
    assert capabilities.read(capabilities.generator()) == capabilities.OURS


@pytest.mark.clause("FED-7.7")
async def test_nothing_is_read_from_a_suspended_server(context: Keys) -> None:
    """Else its deliveries make us fetch their keys, and its people are looked up."""
    asked: list[str] = []

    class Hops:
        async def hop(self, request: Request) -> Response:
            asked.append(request.url)
            return Response(200, request.url, {}, b"{}")

    await context.units.run(FederationUnit, lambda unit: unit.suspend("b.test", suspended=True))
    with pytest.raises(Forbidden) as caught:
        await SignedFetch(Hops(), context.signer, ALICE).fetch(
            Request("GET", "https://b.test/a/bob")
        )
    assert (caught.value.clause, asked) == ("FED-7.7", [])


class Unasked(Clocks):
    """Clocks that nobody may compare."""

    def in_doubt(self, host: str) -> bool:
        raise AssertionError(f"what arrived at {host} asks for no time")


async def test_what_arrived_has_no_clocks_compared(
    context: Keys, peer: Peer, fetcher: Fetcher
) -> None:
    peer.handlers["/inbox"] = Reader(context, *Dialect)
    signer = Signer(context.keyring, context.directory, context.clock, Unasked(context.clock))
    courier = Courier(fetcher, signer, Prover(context.keyring, context.clock))
    outcome = await courier.carry("https://b.test/inbox", b"{}", ALICE)
    assert outcome.status == 202 and not outcome.clock_in_doubt


@pytest.mark.clause("LIM-4.3")
async def test_a_delivery_waits_for_no_name_that_is_looked_up_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight names that hang once kept every name from being found that was not found before."""
    hanging, over = threading.Semaphore(0), threading.Event()

    seen: list[str] = []

    def getaddrinfo(host: str, _port: int, **_how: object) -> list[Any]:
        seen.append(host)
        if host.endswith(".dead.org"):
            hanging.release()
            over.wait(20)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    clock = FakeClock()
    stores = await open_new_stores("a.test", tmp_path, clock)
    await stores.keyring.make(ALICE)
    config = Config(origin="https://a.test", data_dir=str(tmp_path))
    lines = open_lines(config, System(clock, FakeEntropy("a")), stores, ALICE)
    try:
        dead = [
            asyncio.ensure_future(lines.discovery.document(f"https://{each}.dead.org/a"))
            for each in range(2 * THREADS)
        ]
        for _ in range(THREADS):
            assert await asyncio.to_thread(hanging.acquire, timeout=20)
        sent = lines.courier.carry("https://new.org/inbox", b"{}", ALICE)
        outcome = await asyncio.wait_for(sent, 4)
        assert outcome.status is None and "new.org" in seen, "while the threads still hang"
        for each in dead:
            each.cancel()
        await asyncio.gather(*dead, return_exceptions=True)
    finally:
        over.set()
        await lines.close()
        await stores.database.close()
