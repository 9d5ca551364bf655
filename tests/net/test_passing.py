"""Files of other servers as they come, against a real server that means no good (VID-9)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

import pytest
from aiohttp import web

from node.errors import Forbidden, Unreachable
from node.net import passing
from node.net.passing import Passed, Passing
from node.ports import Request
from node.video.through import Foreign
from node.wire.ranges import Wanted
from tests.net.conftest import FakeDns, Handler, Peer
from tests.pictures import jpeg, png

Refuses = Callable[[str], AbstractContextManager[None]]
PIECE = bytes(64 * 1024)


class Unsigned:
    """Nobody's name is told, and every server is heard."""

    async def sign(self, request: Request, actor: str) -> Request:
        raise AssertionError(f"{actor} was told to {request.url}")

    async def shuns(self, _url: str) -> bool:
        return False


@asynccontextmanager
async def asking(
    peer: Peer, path: str = "/x", wanted: Wanted | None = None, dns: FakeDns | None = None
) -> AsyncIterator[Passed]:
    fetcher = peer.fetcher(system_resolver=dns) if dns else peer.fetcher()
    through = Passing(fetcher, Unsigned(), frozenset({"https://a.test"}))
    try:
        source = Foreign(f"https://b.test{path}", "image/jpeg", "https://b.test/a/bob")
        async with through.opened(source, "GET", wanted, "") as passed:
            yield passed
    finally:
        await fetcher.close()


def moves(location: str) -> Handler:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    return answer


def sends(count: float, announced: int | None = None, head: bytes = b"", **headers: str) -> Handler:
    """So many pieces, and what the head says of them."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "video/mp4", **headers})
        response.content_length = announced
        await response.prepare(request)
        await response.write(head)
        sent = 0
        while sent < count:
            await response.write(PIECE)
            sent += 1
            answer.sent = sent  # type: ignore[attr-defined]
        if announced is not None and request.transport is not None:
            request.transport.close()
        return response

    return answer


async def test_a_whole_file_and_a_part_of_it(peer: Peer) -> None:
    async def answer(request: web.Request) -> web.Response:
        body = b"0123456789"
        if request.headers.get("Range") != "bytes=2-4":
            return web.Response(body=body, content_type="video/mp4", headers={"ETag": '"1"'})
        said = {"Content-Range": "bytes 2-4/10"}
        return web.Response(status=206, body=body[2:5], content_type="video/mp4", headers=said)

    peer.handlers["/x"] = answer
    async with asking(peer) as whole:
        assert (whole.status, whole.size, whole.etag) == (200, 10, '"1"')
        assert b"".join([piece async for piece in whole.pieces]) == b"0123456789"
    async with asking(peer, wanted=Wanted(2, 4)) as part:
        assert (part.status, part.start, part.stop, part.size) == (206, 2, 5, 10)
        assert b"".join([piece async for piece in part.pieces]) == b"234"
    assert [one.headers["Accept-Encoding"] for one in peer.asked] == ["identity"] * 2
    assert not [one for one in peer.asked if "Signature" in one.headers]


@pytest.mark.clause("VID-9.3")
@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1/y", "http://b.test/y", "https://[::1]/y", "https://localhost/y",
        "//169.254.169.254/latest", "https://a.test/media/here/x", "https://b.test:8443/y",
    ],
)  # fmt: skip
async def test_a_redirect_inside_is_not_followed(location: str, peer: Peer) -> None:
    peer.handlers["/x"] = moves(location)
    with pytest.raises(Forbidden):
        async with asking(peer):
            raise AssertionError("it was followed")
    assert len(peer.asked) == 1


@pytest.mark.clause("VID-9.3")
async def test_a_redirect_to_a_name_that_leads_inside_is_not_followed(
    peer: Peer, refused: Refuses
) -> None:
    peer.handlers["/x"] = moves("https://inside.social/y")
    with refused("FED-9.3"):
        async with asking(peer, dns=FakeDns("10.0.0.1")):
            raise AssertionError("it was followed")


@pytest.mark.clause("VID-9.3")
async def test_a_circle_of_redirects_ends(peer: Peer) -> None:
    peer.handlers["/x"] = moves("/x")
    with pytest.raises(Unreachable, match="redirects"):
        async with asking(peer):
            raise AssertionError("it ended")
    assert len(peer.asked) == 4


@pytest.mark.clause("VID-9.6")
async def test_a_file_without_end_is_held_in_a_few_pieces(peer: Peer) -> None:
    """Who reads slowly makes the other server wait: nothing piles up between the two."""
    endless = sends(float("inf"))
    peer.handlers["/x"] = endless
    async with asking(peer) as passed:
        assert passed.size is None
        first = await anext(passed.pieces)
        before = -1
        # It goes on until the buffers of the system are full, and then it waits.
        while before < (before := endless.sent):  # type: ignore[attr-defined]
            await asyncio.wait({asyncio.ensure_future(asyncio.Event().wait())}, timeout=0.3)
        assert len(first) <= 2 * len(PIECE)
        assert len(await anext(passed.pieces)) <= 4 * len(PIECE)


@pytest.mark.clause("VID-9.6")
async def test_a_picture_without_end_is_given_up(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing, "LARGEST_PICTURE", 5 * len(PIECE))
    peer.handlers["/x"] = sends(float("inf"), head=png(), **{"Content-Type": "image/png"})
    seen = 0
    async with asking(peer) as passed:
        with pytest.raises(Unreachable, match="larger"):
            async for piece in passed.pieces:
                seen += len(piece)
    assert seen <= 5 * len(PIECE)


@pytest.mark.clause("VID-9.4")
async def test_what_breaks_off_is_not_the_whole(peer: Peer) -> None:
    peer.handlers["/x"] = sends(2, announced=10 * len(PIECE))
    async with asking(peer) as passed:
        assert passed.stop == 10 * len(PIECE)
        with pytest.raises(Unreachable):
            async for _ in passed.pieces:
                pass


@pytest.mark.clause("VID-9.6")
@pytest.mark.parametrize("dribble", [True, False])
async def test_a_body_that_stalls_or_dribbles_is_given_up(
    dribble: bool, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing, "PATIENCE_SECONDS", 0.3)
    ended = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "video/mp4"})
        await response.prepare(request)
        await response.write(b"x")
        while dribble and not ended.is_set():
            await asyncio.wait({asyncio.ensure_future(ended.wait())}, timeout=0.05)
            await response.write(b"x")
        await ended.wait()
        return response

    peer.handlers["/x"] = answer
    async with asking(peer) as passed:
        with pytest.raises(Unreachable, match="in time"):
            async for _ in passed.pieces:
                pass
    ended.set()


@pytest.mark.clause("VID-9.6")
async def test_a_picture_that_trickles_is_given_up() -> None:
    clock = asyncio.get_running_loop()

    async def trickle() -> AsyncIterator[bytes]:
        ends = clock.time() + 60
        while clock.time() < ends:
            await asyncio.sleep(0)
            yield bytes(64 * passing.SLOWEST)  # fast enough for a film

    pieces = passing._in_time(trickle(), None, passing.LARGEST_FILE, whole=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passing, "PATIENCE_SECONDS", 0.05)
        with pytest.raises(Unreachable, match="in time"):
            async for _ in pieces:
                pass


@pytest.mark.clause("VID-9.6")
async def test_a_head_that_does_not_come_is_given_up(peer: Peer) -> None:
    ended = asyncio.Event()

    async def answer(_request: web.Request) -> web.Response:
        await ended.wait()
        return web.Response()

    peer.handlers["/x"] = answer
    fetcher = peer.fetcher(timeout_seconds=0.3)
    through = Passing(fetcher, Unsigned(), frozenset())
    with pytest.raises(Unreachable, match="in time"):
        async with through.opened(Foreign("https://b.test/x"), "GET", None, ""):
            raise AssertionError("it came")
    ended.set()
    await fetcher.close()


@pytest.mark.clause("VID-9.7")
async def test_a_picture_is_looked_at_in_whatever_pieces_it_comes(peer: Peer) -> None:
    whole = jpeg(before=70_000) + bytes(5_000)

    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg"})
        await response.prepare(request)
        for at in [*range(40), *range(40, len(whole), 7_000)]:
            await response.write(whole[at : at + (1 if at < 40 else 7_000)])
        return response

    peer.handlers["/x"] = drips
    async with asking(peer) as passed:
        assert b"".join([piece async for piece in passed.pieces]) == whole
