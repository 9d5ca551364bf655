"""Connections that break: uploads, downloads and the event stream go on where they were."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path

import pytest
from aiohttp import StreamReader
from aiohttp.test_utils import TestServer

from node.client.api_client import REPEATS, ApiClient
from node.client.kith import Kith, Profile
from node.errors import Malformed, Missing, Unreachable
from tests.client.flaky import Flaky, noise

FILE = noise(20_500)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""

    async def rest(_api: ApiClient, _failures: int) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(ApiClient, "rest", rest)


class Home:
    def __init__(self, node: Flaky, kith: Kith, server: TestServer) -> None:
        self.node, self.kith, self.server = node, kith, server


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    async with AsyncExitStack() as stack:
        node = Flaky()
        server = TestServer(node.app())
        await server.start_server()
        stack.push_async_callback(server.close)
        profile = Profile(
            origin=str(server.make_url("")).rstrip("/"),
            name="alice",
            handle="@alice@alpha.test",
            actor="https://alpha.test/a/alice",
            device="d",
            token="secret",
        )
        kith = await stack.enter_async_context(Kith(profile, tmp_path))
        yield Home(node, kith, server)


async def test_an_upload_survives_ten_disconnects(home: Home, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(FILE)
    home.node.cuts = 10
    told: list[tuple[str, int, int]] = []
    video = await home.kith.post_video(clip, progress=lambda *step: told.append(step))
    assert (bytes(home.node.taken), home.node.cuts, video.post) == (FILE, 0, "p")
    assert told[-2:] == [("making", 50, 100), ("making", 100, 100)]
    assert ("upload", len(FILE), len(FILE)) in told


async def test_a_node_that_stays_away_is_told(home: Home, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(FILE)
    await home.server.close()
    with pytest.raises(Unreachable):
        await home.kith.post_video(clip)


async def test_what_is_no_video_is_told_with_its_clause(home: Home, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(FILE)
    home.node.reason = "this is a picture"
    with pytest.raises(Malformed, match=r"VID-2\.1: this is a picture"):
        await home.kith.post_video(clip)
    clip.write_bytes(b"")
    with pytest.raises(Malformed, match=r"VID-1\.1"):
        await home.kith.post_video(clip)


@pytest.mark.clause("VID-6.8")
async def test_why_the_node_waits_with_a_video_is_told_once(home: Home, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(FILE)
    home.node.waits = ["full", "full", "", "silent"]
    told: list[str] = []
    assert (await home.kith.post_video(clip, waits=told.append)).state == "ready"
    assert told == ["full", "silent"] and home.node.waits == []


async def test_a_download_goes_on_where_it_was_cut(home: Home, tmp_path: Path) -> None:
    home.node.media, home.node.cuts = FILE, 5
    home.node.media_url = "https://alpha.test/media/v.mp4"
    target = tmp_path / "saved.mp4"
    assert await home.kith.watch("v", target) == len(FILE)
    assert target.read_bytes() == FILE
    assert home.node.ranges[0] == ""
    assert home.node.ranges[-1].startswith("bytes=")
    assert set(home.node.tokens) == {"Bearer secret"}  # its own node, at its public name
    tail = [piece async for piece in home.kith.stream("v", start=20_000)]
    assert b"".join(tail) == FILE[20_000:]


async def test_a_video_that_is_not_whole_is_not_left_behind(home: Home, tmp_path: Path) -> None:
    home.node.media_url = "/media/absent.mp4"
    with pytest.raises(Missing):
        await home.kith.watch("v", tmp_path / "saved.mp4")
    assert await asyncio.to_thread(os.listdir, tmp_path) == []


@pytest.mark.clause("API-9.4")
async def test_the_token_goes_to_its_own_node_alone(home: Home) -> None:
    elsewhere = Flaky(media=FILE)
    server = TestServer(elsewhere.app())
    await server.start_server()
    home.node.media = FILE
    home.node.media_url = str(server.make_url("/media/v.mp4"))
    assert await home.kith.watch("v") == len(FILE)
    assert elsewhere.tokens == [""]
    await server.close()


async def test_events_go_on_after_cuts_without_loss(home: Home) -> None:
    home.node.events = [(f"{n}.1", "notice", {"n": n}) for n in range(6)]
    home.node.cuts = 5
    seen = []
    async with aclosing(home.kith.events()) as events:
        async for event in events:
            seen.append(event.data["n"])
            if len(seen) == 6:
                break
    assert seen == [0, 1, 2, 3, 4, 5]
    assert home.node.resumed_from == ["", "0.1", "1.1", "2.1", "3.1", "4.1"]


@pytest.mark.clause("API-9.5")
async def test_what_was_cut_is_sent_again_where_that_does_no_harm(home: Home) -> None:
    api, node = home.kith.api, home.node
    for method, options in (
        ("GET", {}),
        ("POST", {"headers": {"Idempotency-Key": "k" * 16}}),
        ("POST", {"harmless": True}),
    ):
        node.cuts, node.asked = 3, []
        assert (await api.send(method, "/echo", **options))[0] == 200
        assert node.asked == [(method, options.get("headers", {}).get("Idempotency-Key", ""))] * 4
        node.cuts, node.asked = 9, []
        with pytest.raises(Unreachable):
            await api.send(method, "/echo", **options)
        # The library below repeats a GET by itself once a try, on a connection that was kept.
        least = REPEATS + 1
        assert least <= len(node.asked) <= least * (1 + (method == "GET"))
    node.cuts, node.asked = 1, []
    with pytest.raises(Unreachable):
        await api.send("POST", "/echo")
    assert len(node.asked) == 1


@pytest.mark.clause("API-9.5")
async def test_a_node_that_is_not_there_is_told_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await home.server.close()
    rests: list[int] = []

    async def rest(_api: ApiClient, failures: int) -> None:
        rests.append(failures)

    monkeypatch.setattr(ApiClient, "rest", rest)
    with pytest.raises(Unreachable):
        await home.kith.api.send("GET", "/echo")
    assert rests == []


@pytest.mark.clause("API-7.3")
async def test_a_connection_that_is_found_lost_between_two_reads_is_a_cut(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library calls that a RuntimeError."""
    home.node.events = [(f"{n}.1", "notice", {"n": n}) for n in range(3)]
    cuts = [True, True, False]
    whole = StreamReader.readany

    async def piece(reader: StreamReader) -> bytes:
        if cuts and cuts.pop(0):
            raise RuntimeError("Connection closed.")
        return await whole(reader)

    monkeypatch.setattr(StreamReader, "readany", piece)
    seen = []
    async with aclosing(home.kith.events()) as events:
        async for event in events:
            seen.append(event.data["n"])
            if len(seen) == 3:
                break
    assert (seen, cuts) == ([0, 1, 2], [])
    cuts += [True, False, True]
    assert (await home.kith.api.send("GET", "/echo"))[0] == 200
    home.node.media, home.node.media_url = FILE, "/media/v.mp4"
    cuts[:] = [False, True]
    assert await home.kith.watch("v") == len(FILE)
