"""From a whole upload to a post that friends have; failing, deleting, doing it again."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from node.errors import Broken
from node.federation.activities.shapes import Delete
from node.federation.activities.table import render
from node.media.studio import Studio
from node.store import tables
from node.store.video import VideoUnit
from node.video import publishing, renditions
from node.video.cut import Part
from node.video.renditions import Limits
from tests.clips import ffmpeg, make_clip
from tests.video.harness import Harness, Said, befriend

BAD = b"just some words, and more of them"


async def the_post(harness: Harness, id: str) -> Any:
    found = await harness.rows(tables.posts, tables.posts.c.id == id)
    return found[0] if found else None


@pytest.mark.clause("VID-6.1", "VID-6.3", "VID-6.6")
async def test_a_ready_video_is_a_post_with_files_and_its_original_is_gone(
    harness: Harness,
) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    upload = await alice.upload()
    said = await alice.ask(
        "POST",
        "/videos",
        {"upload": upload, "name": "My cat", "description": "It <b>jumps</b>.", "format": "html"},
    )
    assert (said.status, said.body["state"], said.body["progress"]) == (201, "processing", 0)
    assert await the_post(harness, said.body["post"]) is None
    await harness.work()
    ready = (await alice.one(said.body["id"])).body
    assert (ready["state"], ready["progress"], ready["duration_ms"]) == ("ready", 100, 2000)
    post = await the_post(harness, ready["post"])
    assert (post.kind, post.video, post.name) == ("video", ready["id"], "My cat")
    assert "<b>jumps</b>" in post.content
    uuid = ready["id"].rpartition("/")[2]
    assert await harness.files() == sorted(
        f"video/{uuid}/{name}"
        for name in ("video.mp4", "master.m3u8", "stream.m3u8", "stream.mp4", "poster.jpg")
    )
    states = [
        (each["state"], each["progress"]) for each in await harness.events(alice.account, "video")
    ]
    assert states == [("processing", 50), ("ready", 100)]
    feed = (await bob.ask("GET", "/feed")).body["items"]
    assert [(each["kind"], each["video"]) for each in feed] == [("video", ready["id"])]


@pytest.mark.clause("VID-6.3")
async def test_making_it_again_publishes_nothing_twice(harness: Harness) -> None:
    """A stop after the commit, before the job is marked done: the job comes again."""
    alice = await harness.person("alice")
    video = await alice.publish()
    before = len(await harness.rows(tables.outbox))
    await harness.transcoder.render(video["id"])
    record = await harness.units.look(VideoUnit, lambda unit: unit.record(video["id"]))
    assert record is not None
    await harness.change(tables.jobs, tables.jobs.c.kind == "video", state="due")
    await harness.work()
    assert len(await harness.rows(tables.outbox)) == before
    assert len(await harness.rows(tables.posts)) == 1
    assert harness.studio.made == 1


@pytest.mark.clause("VID-6.3")
async def test_two_workers_at_one_video_publish_it_once(harness: Harness) -> None:
    alice = await harness.person("alice")
    body = {"upload": await alice.upload(), "name": "x"}
    id = (await alice.ask("POST", "/videos", body)).body["id"]
    both = await asyncio.gather(
        *(harness.transcoder.render(id) for _ in range(2)), return_exceptions=True
    )
    # Each may sweep away what the other was about to keep: a fault to try again, no half a video.
    assert all(one is None or isinstance(one, Broken) for one in both), both
    await harness.work()
    assert (await alice.one(id)).body["state"] == "ready"
    assert len(await harness.rows(tables.outbox)) == 1
    assert len(await harness.files()) == 5


@pytest.mark.clause("VID-6.4")
async def test_what_is_no_video_fails_with_clause_and_words(harness: Harness) -> None:
    alice = await harness.person("alice")
    video = await alice.publish(BAD)
    assert (video["state"], video["clause"]) == ("failed", "VID-2.1")
    assert "not a video" in video["reason"]
    assert await harness.files() == []
    assert await harness.rows(tables.posts) == []
    assert await harness.rows(tables.outbox) == []
    notices = (await alice.ask("GET", "/notices")).body["items"]
    assert [(each["kind"], each["object"]) for each in notices] == [("video_failed", video["id"])]
    last = (await harness.events(alice.account, "video"))[-1]
    assert last["state"] == "failed"
    assert last["reason"].startswith("VID-2.1: ")
    await harness.change(tables.accounts, tables.accounts.c.name == "alice", quota_bytes=len(BAD))
    assert (await alice.announce(BAD)).status == 201, "its bytes no longer count"


@pytest.mark.clause("VID-6.4")
async def test_a_fault_of_ours_is_tried_again_and_told_in_the_end(harness: Harness) -> None:
    alice = await harness.person("alice")
    harness.studio.broken = 1
    assert (await alice.publish())["state"] == "processing"
    await harness.change(tables.jobs, tables.jobs.c.state == "due", due=0)
    await harness.work()
    [video] = await harness.rows(tables.videos)
    assert video.state == "ready"
    harness.studio.broken = 100
    other = (await alice.publish())["id"]
    for _ in range(5):
        await harness.change(tables.jobs, tables.jobs.c.state == "due", due=0)
        await harness.work()
    said = (await alice.one(other)).body
    assert (said["state"], said["clause"]) == ("failed", "VID-6.4")
    assert len(await harness.files()) == 5, "those of the first video"


@pytest.mark.clause("VID-5.4")
async def test_an_upload_becomes_one_video_and_only_when_it_is_whole(harness: Harness) -> None:
    alice = await harness.person("alice")
    id = (await alice.announce(b"FILM of a cat")).body["id"]
    await alice.ask("PUT", f"/uploads/{id}?offset=0", raw=b"FILM")
    early = await alice.ask("POST", "/videos", {"upload": id})
    assert (early.status, early.body["clause"]) == (409, "VID-1.3")
    whole = await alice.upload()
    made = await alice.ask("POST", "/videos", {"upload": whole})
    await harness.work()
    again = await alice.ask("POST", "/videos", {"upload": whole})
    assert (again.status, again.body["clause"]) == (409, "VID-5.4")
    assert again.body["params"] == {"video": made.body["id"]}
    assert (await alice.ask("GET", f"/uploads/{whole}")).body["video"] == made.body["id"]


@pytest.mark.clause("VID-5.4", "VID-6.3")
async def test_of_a_video_that_is_being_made_it_is_said_anew_what_it_is(harness: Harness) -> None:
    alice, mallory = await harness.person("alice"), await harness.person("mallory")
    upload = await alice.upload()
    first = {"upload": upload, "name": "Draft", "audience": "public", "start_ms": 500}
    made = (await alice.ask("POST", "/videos", first)).body
    other = await alice.ask("POST", "/videos", {**first, "start_ms": 0})
    assert (other.status, other.body["params"]) == (409, {"video": made["id"]})
    theirs = await mallory.ask("POST", "/videos", first)
    assert (theirs.status, theirs.body["clause"]) == (404, "VID-5.1")
    again = await alice.ask("POST", "/videos", {**first, "name": "Cat", "audience": "friends"})
    assert (again.status, again.body["id"]) == (201, made["id"])
    await harness.work()
    [post] = (await alice.ask("GET", "/posts")).body["items"]
    assert (post["name"], post["audience"]) == ("Cat", ["friends"])
    assert harness.studio.made == 1


@pytest.mark.clause("VID-5.4")
async def test_of_a_video_that_is_being_made_only_what_is_named_is_said_anew(
    harness: Harness,
) -> None:
    alice = await harness.person("alice")
    first = {
        "upload": await alice.upload(),
        "name": "Draft",
        "description": "of mine",
        "summary": "Cats",
        "audience": "public",
        "start_ms": 500,
    }
    made = (await alice.ask("POST", "/videos", first)).body

    async def restate(*restates: str, **words: object) -> Said:
        body = {"upload": first["upload"], "name": "film", "restates": restates, **words}
        return await alice.ask("POST", "/videos", body)

    other = await restate("part", start_ms=0)
    assert (other.status, other.body["clause"]) == (409, "VID-5.4")
    assert (await restate("mood")).status == 400
    for said in (await restate(), await restate("description", description="of ours")):
        assert (said.status, said.body["id"], said.body["name"]) == (201, made["id"], "Draft")
    await harness.work()
    [post] = (await alice.ask("GET", "/posts")).body["items"]
    assert post["content"].startswith("<p>Draft</p><p>of ours</p>")
    assert (post["name"], post["summary"], "public" in post["audience"]) == ("Draft", "Cats", True)


async def test_a_stop_before_the_seal_is_mended_by_publishing(harness: Harness) -> None:
    alice = await harness.person("alice")
    id = (await alice.announce(b"FILM of a cat")).body["id"]
    await harness.blobs.append(f"upload/{id}", 0, b"FILM of a cat")
    said = await alice.ask("POST", "/videos", {"upload": id})
    assert said.status == 201


@pytest.mark.clause("VID-6.2")
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ({"audience": ""}, 400),
        ({"audience": "everybody"}, 400),
        ({"audience": "", "actors": ["https://c.test/a/nobody"]}, 404),
        ({"name": "x" * 121}, 400),
        ({"description": "x" * 10_001}, 400),
    ],
)
async def test_for_whom_and_with_which_words(
    harness: Harness, words: dict[str, Any], status: int
) -> None:
    alice = await harness.person("alice")
    upload = await alice.upload()
    said = await alice.ask("POST", "/videos", {"upload": upload, **words})
    assert (said.status, said.body["clause"]) == (status, "VID-6.2")
    good = await alice.ask("POST", "/videos", {"upload": upload})
    assert good.status == 201, "the refusal left the upload as it was"


@pytest.mark.clause("VID-6.7")
async def test_a_part_of_an_upload_with_a_cover_is_made_as_it_was_asked_for(
    harness: Harness,
) -> None:
    alice = await harness.person("alice")
    made = await alice.publish(start_ms=500, end_ms=1750, cover_ms=1000)
    assert (made["state"], harness.studio.parts) == ("ready", [Part(0.5, 1.25, 0.5, False)])


@pytest.mark.clause("VID-6.7")
@pytest.mark.parametrize(
    "times", [{"start_ms": -1}, {"end_ms": 900}, {"start_ms": 900, "cover_ms": 800}]
)
async def test_a_part_that_can_be_none_is_refused_and_the_upload_stays(
    harness: Harness, times: dict[str, int]
) -> None:
    alice = await harness.person("alice")
    upload = await alice.upload()
    said = await alice.ask("POST", "/videos", {"upload": upload, **times})
    assert (said.status, said.body["clause"]) == (400, "VID-6.7")
    assert (await alice.ask("POST", "/videos", {"upload": upload})).status == 201


@pytest.mark.clause("VID-6.7", "VID-6.4")
async def test_a_part_behind_the_end_is_told_to_its_author(harness: Harness) -> None:
    alice = await harness.person("alice")
    made = await alice.publish(start_ms=60_000, end_ms=70_000)
    assert (made["state"], made["clause"]) == ("failed", "VID-6.7")
    assert "2.0 s" in made["reason"]


@pytest.mark.clause("VID-6.5")
@pytest.mark.parametrize(
    "way", ["/videos/one?id={id}", "/posts/one?id={post}", "/posts/one?id={id}"]
)
async def test_deleting_it_removes_files_access_and_quota(harness: Harness, way: str) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    video = await alice.publish()
    address = (await bob.watch(video["id"])).body["mp4"]
    assert (await harness.http("GET", address)).status == 200
    assert (await alice.ask("DELETE", way.format(**video))).status == 204
    assert (await harness.http("GET", address)).status == 404, "at once, before any job ran"
    assert (await bob.watch(video["id"])).status == 404
    await harness.work()
    assert await harness.files() == []
    assert await harness.rows(tables.media_grants) == []
    assert [row.bytes for row in await harness.rows(tables.videos)] == [0]
    assert (await alice.one(video["id"])).status == 404
    assert (await bob.ask("GET", "/feed")).body["items"] == []


@pytest.mark.clause("VID-6.5")
async def test_a_video_that_is_deleted_while_it_is_made_leaves_nothing(harness: Harness) -> None:
    alice = await harness.person("alice")
    upload = await alice.upload()
    id = (await alice.ask("POST", "/videos", {"upload": upload})).body["id"]

    async def remove() -> None:
        assert (await alice.ask("DELETE", f"/videos/one?id={id}")).status == 204

    harness.studio.midway = remove
    await harness.work()
    assert harness.studio.made == 1
    assert await harness.files() == []
    assert await harness.rows(tables.posts) == []


async def test_another_person_neither_sees_nor_deletes_it(harness: Harness) -> None:
    alice, bob = await harness.person("alice"), await harness.person("bob")
    await befriend(alice, bob)
    video = await alice.publish()
    assert (await bob.one(video["id"])).status == 404
    assert (await bob.ask("DELETE", f"/videos/one?id={video['id']}")).status == 404
    assert len(await harness.files()) == 5


async def test_an_account_that_goes_takes_its_videos_along(harness: Harness) -> None:
    alice = await harness.person("alice")
    await alice.publish()
    gone = Delete(f"{harness.origin}/t/1", alice.actor, alice.actor)
    for _ in range(2):
        await harness.hear(render(gone))
        await harness.work()
    assert await harness.files() == []


async def test_a_name_is_one_line_and_a_description_is_cleaned(harness: Harness) -> None:
    alice = await harness.person("alice")
    video = await alice.publish(
        name="A\ncat", description="<script>x</script><p>ok</p>", format="html"
    )
    assert video["name"] == "A cat"
    content = (await the_post(harness, video["post"])).content
    assert "script" not in content
    assert "ok" in content


async def test_progress_never_goes_back_and_a_deleted_one_tells_nothing(harness: Harness) -> None:
    alice = await harness.person("alice")
    upload = await alice.upload()
    id = (await alice.ask("POST", "/videos", {"upload": upload})).body["id"]
    for percent in (30, 20, 40):
        await harness.units.run(
            VideoUnit, lambda unit, at=percent: publishing.progressed(unit, id, at)
        )
    told = [each["progress"] for each in await harness.events(alice.account, "video")]
    assert told == [30, 40]


@pytest.mark.clause("VID-2.6")
async def test_what_a_ready_video_lacks_is_told_to_its_author(harness: Harness) -> None:
    harness.studio.remark = renditions.SILENT
    alice = await harness.person("alice")
    video = await alice.publish()
    assert (video["state"], video["clause"]) == ("ready", "VID-2.6")
    assert video["reason"].startswith("its sound cannot be decoded here")
    last = (await harness.events(alice.account, "video"))[-1]
    assert (last["state"], last["reason"]) == ("ready", renditions.SILENT)


@pytest.mark.clause("VID-6.1", "VID-6.4")
async def test_a_real_clip_and_a_real_file_without_a_picture(
    harness: Harness, tmp_path: Path
) -> None:
    """The whole way through the real children."""
    harness.use(Studio(harness.blobs, tmp_path / "work", ffmpeg(), Limits()))
    alice = await harness.person("alice")
    await harness.change(tables.accounts, tables.accounts.c.name == "alice", quota_bytes=10**8)
    video = await alice.publish(make_clip(tmp_path / "clip.mp4", seconds=1).read_bytes())
    assert (video["state"], video["width"], video["height"]) == ("ready", 640, 360), video
    played = await alice.watch(video["id"])
    poster = await harness.http("GET", played.body["poster"])
    assert poster.raw[:3] == b"\xff\xd8\xff"
    master = await harness.http("GET", played.body["hls"])
    assert b"stream.m3u8" in master.raw
    facts = json.loads((await harness.rows(tables.videos))[0].facts)
    assert (facts["video_codec"], facts["frames"]) == ("h264", 30)
    empty = make_clip(tmp_path / "silence.mp4", seconds=1, options=("-vn",))
    failed = await alice.publish(empty.read_bytes())
    assert (failed["state"], failed["clause"]) == ("failed", "VID-2.2")
