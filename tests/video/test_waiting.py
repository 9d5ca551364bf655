"""A video that finds no room, or no store, waits and is not lost (VID-6.8)."""

import asyncio
from datetime import timedelta
from urllib.parse import quote

import pytest

from node.errors import Full, NodeError, NoRoom, Unreachable
from node.media.blobs import LocalBlobs
from node.store.video import VideoUnit
from node.video import publishing
from tests.video.harness import Harness

LACKS = (
    Full("VID-4.2", "the disk with the media work folder is full", 600),
    Full("VID-4.2", "the node's disk is full: try again later", 600),
    Unreachable("the object store did not take a blob"),
    NoRoom("the database has no room left on its disk"),
)


@pytest.mark.clause("VID-6.8")
@pytest.mark.parametrize("lacks", LACKS, ids=lambda lacks: f"{type(lacks).__name__}-{lacks}"[:20])
async def test_a_video_that_finds_no_room_waits_however_long(
    harness: Harness, lacks: NodeError
) -> None:
    alice = await harness.person("alice")
    harness.studio.broken, harness.studio.lacks = 4, lacks
    id = (await alice.publish())["id"]
    for _ in range(9):
        harness.clock.pass_(timedelta(minutes=10))
        await harness.work()
    harness.clock.pass_(timedelta(days=2))
    await harness.work()  # the sweep of what nobody continued passes by, too
    said = (await alice.one(id)).body
    assert (said["state"], said["clause"]) == ("processing", "VID-6.8")
    assert ("store" if isinstance(lacks, Unreachable) else "full") in said["reason"]
    assert len(await harness.files()) == 1, "the original"
    assert (await alice.ask("GET", "/notices")).body["items"] == []
    told = [each.get("reason", "") for each in await harness.events(alice.account, "video")]
    assert [why for why in told if why] == [f"VID-6.8: {said['reason']}"], "once"
    harness.studio.lacks = None
    harness.clock.pass_(timedelta(hours=1))
    await harness.work()
    said = (await alice.one(id)).body
    assert (said["state"], said["clause"], said["reason"]) == ("ready", "", "")
    assert len(await harness.files()) == 5


@pytest.mark.clause("VID-6.8")
async def test_a_transcoding_that_came_to_nothing_waits_longer_each_time(harness: Harness) -> None:
    alice = await harness.person("alice")
    harness.studio.lacks = LACKS[0]
    await alice.publish()
    begun = []
    for minute in range(0, 300, 10):
        before = harness.studio.begun
        await harness.work()
        if harness.studio.begun > before:
            begun.append(minute)
        harness.clock.pass_(timedelta(minutes=10))
    assert begun == [10, 30, 70, 130, 190, 250], "after the first one, at once"
    harness.studio.lacks = None
    harness.clock.pass_(timedelta(minutes=20))
    await harness.work()
    assert (harness.studio.made, harness.transcoder.pauses) == (1, {})


@pytest.mark.clause("VID-6.8")
@pytest.mark.parametrize("lacks", LACKS[1:3], ids=["disk", "store"])
async def test_nothing_is_transcoded_before_there_is_room_and_the_store_answers(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, lacks: NodeError
) -> None:
    alice, asked = await harness.person("alice"), []

    async def none(_blobs: LocalBlobs, size: int) -> None:
        asked.append(size)
        raise lacks

    with monkeypatch.context() as patch:
        patch.setattr(LocalBlobs, "expect", none)
        id = (await alice.publish(b"FILM".ljust(1000)))["id"]
        for _ in range(9):
            harness.clock.pass_(timedelta(minutes=10))
            await harness.work()
    assert asked == [100] * 10 and harness.studio.begun == 0
    assert (await alice.one(id)).body["clause"] == "VID-6.8"
    harness.clock.pass_(timedelta(minutes=10))
    await harness.work()
    assert (await alice.one(id)).body["state"] == "ready"


@pytest.mark.clause("VID-6.8")
async def test_a_video_is_made_though_there_is_no_room_to_tell_how_far_it_is(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, tried = await harness.person("alice"), asyncio.Event()

    async def no_room(*_: object) -> None:
        tried.set()
        raise LACKS[3]

    monkeypatch.setattr(publishing, "progressed", no_room)
    harness.studio.midway = tried.wait
    assert (await alice.publish())["state"] == "ready"


@pytest.mark.clause("VID-6.8", "VID-6.5", "VID-6.6")
@pytest.mark.parametrize("way", ["made", "deleted"])
async def test_files_that_are_to_go_go_however_long_the_store_is_silent(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    alice = await harness.person("alice")

    async def silent(_blobs: LocalBlobs, _name: str) -> None:
        raise Unreachable("the object store did not delete a blob")

    if way == "deleted":
        video = await alice.publish()
    with monkeypatch.context() as patch:
        patch.setattr(LocalBlobs, "delete", silent)
        if way == "deleted":
            await alice.ask("DELETE", f"/videos/one?id={quote(video['id'])}")
        else:
            assert (await alice.publish())["state"] == "ready"
        for _ in range(9):
            await harness.work()
            harness.clock.pass_(timedelta(minutes=10))
    await harness.work()
    assert len(await harness.files()) == (0 if way == "deleted" else 5)


@pytest.mark.clause("VID-6.8")
async def test_a_video_that_goes_on_says_no_more_why_it_waited(harness: Harness) -> None:
    alice = await harness.person("alice")
    harness.studio.lacks = LACKS[0]
    id = (await alice.publish())["id"]
    await harness.units.run(VideoUnit, lambda unit: publishing.progressed(unit, id, 40))
    said = (await alice.one(id)).body
    assert (said["progress"], said["reason"], said["clause"]) == (40, "", "")
