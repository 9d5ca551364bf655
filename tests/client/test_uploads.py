"""What an upload leaves behind: nothing when its person stops it, and what was cut goes on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from node.client import uploads
from node.client.api_client import ApiClient
from node.client.kith import Kith
from node.client.uploads import undone_if_cancelled, upload
from node.errors import Conflict, Missing, TooMuch
from node.media.blobs import LocalBlobs
from node.wire.api.video import VideoView
from tests.client.conftest import Square
from tests.client.flaky import noise
from tests.clips import make_clip

SIZE = 5_000


class Killed(Exception):
    """The program ended here, and told nobody."""


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHUNK", 1_000)


@pytest.fixture
async def alice(square: Square) -> AsyncIterator[Kith]:
    async with await square.join("alice", "alpha.test") as alice:
        yield alice


def film(folder: Path, number: int = 0) -> Path:
    path = folder / f"film-{number}.mp4"
    path.write_bytes(bytes([number]) + noise(SIZE - 1))
    return path


def dies(done: int, _size: int) -> None:
    if done >= 2_000:
        raise Killed


def stops(done: int, _size: int) -> None:
    task = asyncio.current_task()
    if done >= 2_000 and task is not None:
        task.cancel()


@pytest.mark.clause("VID-5.5", "VID-5.6", "VID-1.9")
async def test_what_was_killed_goes_on_and_five_of_them_can_be_cancelled(
    alice: Kith, square: Square, tmp_path: Path
) -> None:
    for number in range(5):
        square.town.clock.pass_(timedelta(minutes=1))
        for _ in range(2):  # the second try finds what the first one left
            with pytest.raises(Killed):
                await upload(alice.api, film(tmp_path, number), dies)
    left = [one async for one in alice.uploads()]
    assert [one.filename for one in left] == [f"film-{n}.mp4" for n in (4, 3, 2, 1, 0)]
    assert {(one.state, one.offset) for one in left} == {("open", 2_000)}
    with pytest.raises(TooMuch) as said:
        await upload(alice.api, film(tmp_path, 5))
    assert said.value.clause == "VID-1.9"

    began: list[int] = []
    done = await upload(alice.api, film(tmp_path, 0), lambda at, _size: began.append(at))
    assert (done, began[0]) == (left[-1].id, 2_000)
    whole = [one async for one in alice.uploads()][-1]
    assert (whole.id, whole.state, whole.offset) == (done, "sealed", SIZE)
    assert await upload(alice.api, film(tmp_path, 0)) == done  # it was not posted: found again
    await alice.cancel_upload(left[0].id)
    assert left[0].id not in [one.id async for one in alice.uploads()]
    await upload(alice.api, film(tmp_path, 5))


@pytest.mark.clause("VID-5.6", "VID-1.7")
async def test_an_upload_of_which_only_the_seal_is_missing_is_sealed(
    alice: Kith, square: Square, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        await upload(alice.api, film(tmp_path), dies)
    (left,) = [one async for one in alice.uploads()]
    blobs = LocalBlobs(square.town.folder / "alpha.test" / "blobs")
    await blobs.append(f"upload/{left.id}", 2_000, film(tmp_path).read_bytes()[2_000:])
    assert await upload(alice.api, film(tmp_path)) == left.id
    assert [one.state async for one in alice.uploads()] == ["sealed"]


@pytest.mark.clause("VID-5.6")
async def test_who_stops_an_upload_leaves_nothing(alice: Kith, tmp_path: Path) -> None:
    posting = asyncio.create_task(
        alice.post_video(film(tmp_path), progress=lambda _stage, done, size: stops(done, size))
    )
    with pytest.raises(asyncio.CancelledError):
        await posting
    assert [one async for one in alice.uploads()] == []


@pytest.mark.clause("VID-5.6")
async def test_who_stops_while_the_video_is_made_has_not_posted_it(
    alice: Kith, square: Square, tmp_path: Path
) -> None:
    def stop(stage: str, _done: int, _of: int) -> None:
        if stage == "making":
            stops(SIZE, SIZE)

    posting = asyncio.create_task(alice.post_video(film(tmp_path), progress=stop))
    with pytest.raises(asyncio.CancelledError):
        await posting
    await square.town.settle()
    assert [one async for one in alice.uploads()] == []
    assert [one async for one in alice.posts()] == []
    assert [one async for one in alice.notices()] == []  # nor is a failure told


async def killed_while_made(alice: Kith, path: Path, **words: Any) -> str:
    """The id of the video that the node goes on to make."""

    def die(stage: str, _done: int, _of: int) -> None:
        if stage == "making":
            raise Killed

    with pytest.raises(Killed):
        await alice.post_video(path, progress=die, **words)
    (left,) = [one async for one in alice.uploads()]
    assert left.state == "used"
    return left.video


@pytest.mark.slow
@pytest.mark.clause("VID-5.6", "VID-5.5", "VID-5.4")
async def test_what_was_killed_while_the_video_is_made_is_posted_once_as_it_is_said_last(
    alice: Kith, square: Square, tmp_path: Path
) -> None:
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", seconds=1)
    begun = await killed_while_made(alice, clip, name="Draft")
    sent: list[int] = []

    def tell(stage: str, done: int, of: int) -> None:
        if stage == "upload":
            sent.append(of - done)

    async with square.working():
        made = await alice.post_video(clip, "public", "Harbour", progress=tell)
    assert (made.id, made.name, sent) == (begun, "Harbour", [0])
    assert [one.name async for one in alice.posts()] == ["Harbour"]

    with pytest.raises(Conflict, match="you posted this file on ") as said:
        await alice.post_video(clip, again=False)
    assert (said.value.clause, said.value.params) == ("VID-5.6", {"post": made.post})
    assert [one async for one in alice.uploads()] == []
    async with square.working():
        assert (await alice.post_video(clip)).id != begun  # who means it posts it once more
    await alice.delete(made.post)


@pytest.mark.slow
@pytest.mark.clause("VID-5.6", "VID-5.4")
@pytest.mark.parametrize("words", [{}, {"description": "said later"}, {"audience": "friends"}])
async def test_who_posts_the_same_file_to_wait_for_it_leaves_it_as_it_was_said(
    alice: Kith, square: Square, tmp_path: Path, words: dict[str, str]
) -> None:
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", seconds=3)
    first = {"audience": "public", "name": "Harbour", "description": "at dawn"}
    begun = await killed_while_made(alice, clip, start=1.0, **first)
    joined: list[str] = []
    async with square.working():
        made = await alice.post_video(clip, **words, joins=lambda: joined.append("joined"))
    assert (made.id, joined) == (begun, ["joined"])
    [post] = [one async for one in alice.posts()]
    now = {**first, **words}
    assert (post.name, now["audience"] in post.audience) == ("Harbour", True)
    assert post.content.startswith(f"<p>Harbour</p><p>{now['description']}</p>")


@pytest.mark.slow
@pytest.mark.clause("VID-5.6", "VID-5.4")
async def test_what_is_ready_by_the_time_it_is_said_anew_is_told_as_posted(
    alice: Kith, square: Square, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", seconds=1)
    begun = await killed_while_made(alice, clip)
    made: list[VideoView] = []
    send = ApiClient.send

    async def late(api: ApiClient, method: str, asked: str, *more: Any, **given: Any) -> Any:
        if (method, asked) == ("POST", "/videos"):
            async with square.working():
                made.append(await alice.post_video(clip))  # waits for it, and says nothing anew
        return await send(api, method, asked, *more, **given)

    monkeypatch.setattr(ApiClient, "send", late)
    with pytest.raises(Conflict, match="you posted this file on ") as said:
        await alice.post_video(clip, name="Harbour")
    assert [one.id for one in made] == [begun]
    assert (said.value.clause, said.value.params) == ("VID-5.6", {"post": made[0].post})


@pytest.mark.clause("VID-5.6")
async def test_a_video_that_was_deleted_since_it_was_listed_is_not_there(
    alice: Kith, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await killed_while_made(alice, film(tmp_path))
    send = ApiClient.send

    async def late(api: ApiClient, method: str, asked: str, *more: Any, **given: Any) -> Any:
        if (method, asked) == ("GET", "/videos/one"):
            await send(api, "DELETE", asked, *more, **given)
        return await send(api, method, asked, *more, **given)

    monkeypatch.setattr(ApiClient, "send", late)
    await upload(alice.api, film(tmp_path))
    [left] = [one async for one in alice.uploads()]
    assert (left.state, left.video) == ("sealed", "") and begun


@pytest.mark.clause("VID-5.4", "VID-5.6")
async def test_another_part_of_what_is_being_made_is_refused_and_it_can_be_cancelled(
    alice: Kith, square: Square, tmp_path: Path
) -> None:
    begun = await killed_while_made(alice, film(tmp_path))
    with pytest.raises(Conflict) as said:
        await alice.post_video(film(tmp_path), start=1.0)
    assert (said.value.clause, said.value.params) == ("VID-5.4", {"video": begun})
    (left,) = [one async for one in alice.uploads()]
    await alice.cancel_upload(left.id)
    await square.town.settle()
    assert [one async for one in alice.uploads()] == []
    assert [one async for one in alice.notices()] == []


@pytest.mark.slow
@pytest.mark.clause("API-6.5")
@pytest.mark.parametrize("path", ["/uploads", "/videos"])
async def test_a_post_of_which_an_answer_is_lost_goes_on_with_what_came_of_it(
    alice: Kith, square: Square, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    send = ApiClient.send

    async def lose(api: ApiClient, method: str, asked: str, *more: Any, **given: Any) -> Any:
        answer = await send(api, method, asked, *more, **given)
        if (method, asked) == ("POST", path):
            raise Conflict("API-6.5", "this was done", done=1)
        return answer

    monkeypatch.setattr(ApiClient, "send", lose)
    clip = await asyncio.to_thread(make_clip, tmp_path / "clip.mp4", seconds=1)
    async with square.working():
        made = await alice.post_video(clip, name="Harbour")
    assert [one.id async for one in alice.posts()] == [made.post]
    assert [one async for one in alice.uploads()] == []


@pytest.mark.clause("VID-5.6")
async def test_what_was_asked_for_when_it_was_stopped_is_undone() -> None:
    answered, undone = asyncio.Event(), list[str]()

    async def request() -> str:
        await answered.wait()
        return "made"

    async def undo(made: str) -> None:
        undone.append(made)
        raise Missing("VID-5.1", "it is gone already")

    stopped = asyncio.create_task(undone_if_cancelled(request(), undo))
    await asyncio.sleep(0)
    stopped.cancel()
    answered.set()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    assert undone == ["made"]
