"""What the port Blobs promises, wherever blobs lie."""

# ruff: noqa: ASYNC240 - a test may wait for its own disk

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore, ObjectStore

from node.errors import Conflict, Missing
from node.media.blobs import LocalBlobs
from node.media.objects import ObjectBlobs, open_store
from node.ports import Blobs
from node.testing.fakes import FakeBlobs
from tests.s3 import bucket, s3_server

__all__ = ["bucket", "s3_server"]

Refusal = Callable[[str], AbstractContextManager[None]]


@pytest.fixture(params=["fake", "folder", "memory objects", "local objects", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "fake":
        return FakeBlobs(tmp_path / "copies")
    spool = LocalBlobs(tmp_path / "blobs")
    if request.param == "folder":
        return spool
    (tmp_path / "bucket").mkdir()
    store: ObjectStore
    if request.param == "s3":
        store = open_store(request.getfixturevalue("bucket").url)
    else:
        store = MemoryStore() if "memory" in request.param else LocalStore(tmp_path / "bucket")
    return ObjectBlobs(store, spool, tmp_path / "fetched")


async def whole(blobs: Blobs, name: str, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join([piece async for piece in blobs.read(name, start, stop)])


async def test_chunks_become_one_blob(blobs: Blobs) -> None:
    assert await blobs.size("up/1") is None
    await blobs.append("up/1", 0, b"hello ")
    await blobs.append("up/1", 6, b"world")
    assert await blobs.size("up/1") == 11
    assert await whole(blobs, "up/1") == b"hello world"
    assert Path(await blobs.local("up/1")).read_bytes() == b"hello world"


async def test_room_is_asked_for_and_nothing_is_left_of_it(blobs: Blobs) -> None:
    await blobs.expect(10)
    assert [one async for one in blobs.listed()] == []


async def test_a_file_is_taken_over_and_read_in_ranges(blobs: Blobs, tmp_path: Path) -> None:
    body = os.urandom(600_000)
    file = tmp_path / "made.mp4"
    for _ in range(2):  # again is no error: a job that is repeated puts the same
        file.write_bytes(body)
        await blobs.put("v/1/video.mp4", str(file))
        assert not file.exists()
    assert await blobs.size("v/1/video.mp4") == len(body)
    assert await whole(blobs, "v/1/video.mp4") == body
    for start, stop in [(0, 1), (5, 300_000), (262_143, 262_145), (599_999, None), (0, 10**9)]:
        assert await whole(blobs, "v/1/video.mp4", start, stop) == body[start:stop]
    assert await whole(blobs, "v/1/video.mp4", 600_000) == b""
    assert Path(await blobs.local("v/1/video.mp4")).read_bytes() == body
    async for piece in blobs.read("v/1/video.mp4"):
        assert len(piece) <= 256 * 1024


async def test_what_was_appended_can_be_put_where_it_stays(blobs: Blobs) -> None:
    await blobs.append("up/1", 0, b"video")
    await blobs.put("v/1/original", await blobs.local("up/1"))
    assert await blobs.size("up/1") is None
    assert await whole(blobs, "v/1/original") == b"video"


async def test_what_is_gone_is_gone(blobs: Blobs) -> None:
    await blobs.append("up/1", 0, b"x")
    await blobs.delete("up/1")
    await blobs.delete("up/1")
    await blobs.delete("never/was")
    assert await blobs.size("up/1") is None
    with pytest.raises(Missing):
        await whole(blobs, "up/1")
    with pytest.raises(Missing):
        await blobs.local("up/1")
    await blobs.append("up/1", 0, b"again")
    assert await whole(blobs, "up/1") == b"again"


@pytest.mark.clause("VID-1.3")
@pytest.mark.parametrize("offset", [0, 2, 4, 10**9])
async def test_a_wrong_offset_names_the_right_one(blobs: Blobs, offset: int) -> None:
    await blobs.append("up/1", 0, b"abc")
    with pytest.raises(Conflict) as said:
        await blobs.append("up/1", offset, b"d")
    assert (said.value.clause, said.value.params) == ("VID-1.3", {"offset": 3})
    assert await whole(blobs, "up/1") == b"abc"


@pytest.mark.clause("VID-1.3")
async def test_of_two_that_append_at_once_one_wins(blobs: Blobs) -> None:
    ends = await asyncio.gather(
        *(blobs.append("up/1", 0, bytes([n]) * 1000) for n in range(8)), return_exceptions=True
    )
    assert sum(end is None for end in ends) == 1
    assert {type(end) for end in ends} == {type(None), Conflict}
    assert len(set(await whole(blobs, "up/1"))) == 1
    assert await blobs.size("up/1") == 1000


@pytest.mark.clause("VID-4.1")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a//b",
        "a/",
        ".hidden",
        "a/.b.new",
        "A",
        "a b",
        "a\0b",
        "a\n",
        "a\\b",
        "é",
        "x" * 201,
    ],
)
async def test_no_name_leads_out_of_the_folder(blobs: Blobs, name: str, refused: Refusal) -> None:
    with refused("VID-4.1"):
        await blobs.append(name, 0, b"x")
    with refused("VID-4.1"):
        await blobs.put(name, "nowhere")
    with refused("VID-4.1"):
        await blobs.size(name)
    with refused("VID-4.1"):
        await whole(blobs, name)
    with refused("VID-4.1"):
        await blobs.local(name)
    with refused("VID-4.1"):
        await blobs.delete(name)


async def test_a_list_shows_all_that_is_there(blobs: Blobs, tmp_path: Path) -> None:
    assert [one async for one in blobs.listed()] == []
    wanted = {f"v/{number}/video.mp4": number + 1 for number in range(30)}
    for name, size in wanted.items():
        file = tmp_path / "made"
        file.write_bytes(b"x" * size)
        await blobs.put(name, str(file))
    await blobs.append("up/1", 0, b"hello")
    shown = [one async for one in blobs.listed()]
    assert {one.name: one.size for one in shown} == {**wanted, "up/1": 5}
    assert all(one.changed.tzinfo is not None for one in shown)
