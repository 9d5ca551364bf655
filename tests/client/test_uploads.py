"""What an upload leaves behind: nothing when its person stops it, and what was cut goes on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from node.client import uploads
from node.client.kith import Kith
from node.client.uploads import undone_if_cancelled, upload
from node.errors import Missing, TooMuch
from node.media.blobs import LocalBlobs
from tests.client.conftest import Square
from tests.client.flaky import noise

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
