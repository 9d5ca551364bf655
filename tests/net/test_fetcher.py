"""Guarded fetching, against a real server."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress

import pytest
from aiohttp import StreamReader, web

from node.errors import Forbidden, Unreachable
from node.net import resolver
from node.net.fetcher import LARGEST_ANSWER_BYTES, Fetcher
from node.ports import Request
from tests.net.conftest import FakeDns, Handler, Peer

Refuses = Callable[[str], AbstractContextManager[None]]


@asynccontextmanager
async def closing(fetcher: Fetcher) -> AsyncIterator[Fetcher]:
    try:
        yield fetcher
    finally:
        await fetcher.close()


def says(body: bytes, **headers: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body, headers=headers)

    return answer


def moves(location: str, status: int = 302) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": location})

    return answer


async def test_a_peer_answers_and_the_connection_is_kept(peer: Peer) -> None:
    peer.handlers["/x"] = says(b"hello", **{"Content-Type": "text/plain"})
    async with closing(peer.fetcher()) as fetcher:
        for _ in range(3):
            answer = await fetcher.fetch(Request("GET", "https://b.test/x?q=%41b"))
            assert (answer.status, answer.body) == (200, b"hello")
            assert answer.url == "https://b.test/x?q=%41b"
            assert answer.headers["content-type"].startswith("text/plain")
    assert [request.raw_path for request in peer.asked] == ["/x?q=%41b"] * 3
    assert peer.asked[0].headers["Host"] == "b.test"
    assert len(peer.connections) == 1


@pytest.mark.clause("FED-9.3")
@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("10.0.0.7",), ("1.1.1.1", "127.0.0.1"), ("::ffff:10.0.0.1",)]
)
async def test_a_name_that_leads_inside_is_refused(
    addresses: tuple[str, ...], peer: Peer, refused: Refuses
) -> None:
    dns = FakeDns(*addresses)
    async with closing(peer.fetcher((), system_resolver=dns)) as fetcher:
        with refused("FED-9.3"):
            await fetcher.fetch(Request("GET", "https://inside.social/"))
    assert dns.asked == 1
    assert not peer.asked


@pytest.mark.clause("FED-9.3")
async def test_a_name_that_is_answered_otherwise_the_second_time_leads_nowhere_else(
    peer: Peer, refused: Refuses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: who owns the name answers with a public address first, and then with ours."""
    monkeypatch.setattr(resolver, "is_public", lambda address: address == "127.0.0.1")
    dns = FakeDns("127.0.0.1", port=peer.port)
    peer.handlers["/x"] = says(b"hello", Connection="close")
    async with closing(peer.fetcher((), system_resolver=dns)) as fetcher:
        answer = await fetcher.fetch(Request("GET", "https://b.social/x"))
        assert (answer.body, dns.asked) == (b"hello", 1), "what was checked is what is called"
        dns.addresses = ("10.0.0.7",)
        assert (await fetcher.fetch(Request("GET", "https://b.social/x"))).body == b"hello"
        fetcher._session.connector.clear_dns_cache()  # as after a minute
        with refused("FED-9.3"):
            await fetcher.fetch(Request("GET", "https://b.social/x"))
        assert (len(peer.asked), dns.asked) == (2, 2)


@pytest.mark.clause("FED-9.4", "FED-9.1", "FED-9.2")
@pytest.mark.parametrize(
    "location",
    [
        "http://b.test/y", "https://127.0.0.1/y", "https://[::1]/y", "https://localhost/y",
        "https://b.test:22/y", "file:///etc/passwd", "//169.254.169.254/latest/meta-data",
    ],
)  # fmt: skip
async def test_a_redirect_to_where_we_may_not_go_is_refused(location: str, peer: Peer) -> None:
    peer.handlers["/x"] = moves(location)
    async with closing(peer.fetcher()) as fetcher:
        with pytest.raises(Forbidden):
            await fetcher.fetch(Request("GET", "https://b.test/x"))
    assert len(peer.asked) == 1


@pytest.mark.clause("FED-9.3", "FED-9.4")
async def test_a_redirect_to_a_name_that_leads_inside_is_refused(
    peer: Peer, refused: Refuses
) -> None:
    peer.handlers["/x"] = moves("https://inside.social/y")
    dns = FakeDns("192.168.0.1")
    async with closing(peer.fetcher(system_resolver=dns)) as fetcher:
        with refused("FED-9.3"):
            await fetcher.fetch(Request("GET", "https://b.test/x"))


@pytest.mark.clause("FED-9.4")
async def test_three_redirects_are_followed_and_the_last_url_is_told(peer: Peer) -> None:
    peer.handlers |= {
        "/1": moves("/2"), "/2": moves("https://c.test/3", 301), "/3": moves("4", 308),
        "/4": says(b"end"),
    }  # fmt: skip
    async with closing(peer.fetcher()) as fetcher:
        answer = await fetcher.fetch(Request("GET", "https://b.test/1"))
    assert (answer.url, answer.body) == ("https://c.test/4", b"end")


@pytest.mark.clause("FED-9.4")
async def test_a_fourth_redirect_is_not_followed_and_a_post_follows_none(peer: Peer) -> None:
    peer.handlers["/loop"] = moves("/loop")
    async with closing(peer.fetcher()) as fetcher:
        with pytest.raises(Unreachable, match="redirects"):
            await fetcher.fetch(Request("GET", "https://b.test/loop"))
        assert len(peer.asked) == 4
        answer = await fetcher.fetch(Request("POST", "https://b.test/loop", body=b"x"))
        assert answer.status == 302
    assert len(peer.asked) == 5


@pytest.mark.clause("FED-9.5")
async def test_a_large_answer_is_refused_whatever_its_length_says(
    peer: Peer, refused: Refuses
) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        with suppress(ConnectionError):
            for _ in range(64):
                await answer.write(b"x" * 65536)
        return answer

    peer.handlers["/large"] = says(b"x" * (LARGEST_ANSWER_BYTES + 1))
    peer.handlers["/endless"] = endless
    peer.handlers["/fits"] = says(b"x" * LARGEST_ANSWER_BYTES)
    async with closing(peer.fetcher()) as fetcher:
        for path in ("/large", "/endless"):
            with refused("FED-9.5"):
                await fetcher.fetch(Request("GET", f"https://b.test{path}"))
        answer = await fetcher.fetch(Request("GET", "https://b.test/fits"))
        assert len(answer.body) == LARGEST_ANSWER_BYTES


@pytest.mark.clause("FED-9.5")
async def test_a_bomb_is_measured_after_decompression(peer: Peer, refused: Refuses) -> None:
    bomb = gzip.compress(b"0" * 300_000_000, 1)
    peer.handlers["/bomb"] = says(bomb[:1_000_000], **{"Content-Encoding": "gzip"})
    peer.handlers["/good"] = says(gzip.compress(b"good"), **{"Content-Encoding": "gzip"})
    peer.handlers["/br"] = says(b"??", **{"Content-Encoding": "br"})
    peer.handlers["/lie"] = says(b"no gzip", **{"Content-Encoding": "gzip"})
    async with closing(peer.fetcher()) as fetcher:
        for path in ("/bomb", "/br"):
            with refused("FED-9.5"):
                await fetcher.fetch(Request("GET", f"https://b.test{path}"))
        with pytest.raises(Unreachable):
            await fetcher.fetch(Request("GET", "https://b.test/lie"))
        answer = await fetcher.fetch(Request("GET", "https://b.test/good"))
        assert answer.body == b"good"
    assert peer.asked[-1].headers["Accept-Encoding"] == "gzip"


@pytest.mark.clause("FED-9.6")
async def test_an_answer_that_trickles_ends_by_the_clock(peer: Peer) -> None:
    gone = asyncio.Event()

    async def trickle(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b"x")
        await gone.wait()
        return answer

    peer.handlers["/slow"] = trickle
    async with closing(peer.fetcher(timeout_seconds=0.2)) as fetcher:
        with pytest.raises(Unreachable, match="no answer in time"):
            await fetcher.fetch(Request("GET", "https://b.test/slow"))
    gone.set()


async def test_a_peer_of_another_authority_or_none_is_unreachable(peer: Peer) -> None:
    peer.handlers["/x"] = says(b"")
    async with closing(peer.fetcher(extra_ca_file="")) as fetcher:
        with pytest.raises(Unreachable):
            await fetcher.fetch(Request("GET", "https://b.test/x"))
    port = peer.port
    async with closing(Fetcher({"b.test": "127.0.0.1:9"}, 5)) as fetcher:
        with pytest.raises(Unreachable):
            await fetcher.fetch(Request("GET", "https://b.test/x"))
    assert port and not peer.asked


async def test_a_connection_that_is_found_lost_between_two_reads_is_a_cut(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library calls that a RuntimeError."""

    async def lost(_reader: StreamReader) -> bytes:
        raise RuntimeError("Connection closed.")

    peer.handlers["/x"] = says(b"hello")
    async with closing(peer.fetcher()) as fetcher:
        with monkeypatch.context() as cut:
            cut.setattr(StreamReader, "readany", lost)
            with pytest.raises(Unreachable, match="Connection closed"):
                await fetcher.fetch(Request("GET", "https://b.test/x"))
        assert (await fetcher.fetch(Request("GET", "https://b.test/x"))).body == b"hello"
