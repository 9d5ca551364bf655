"""One suite for each place where blobs can lie, and what only a folder can get wrong."""

# ruff: noqa: ASYNC240 - a test may wait for its own disk

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore

from node.errors import Broken, Conflict, Missing, TooMuch
from node.media.blobs import LocalBlobs
from node.media.objects import ObjectBlobs
from node.ports import Blobs

Refusal = Callable[[str], AbstractContextManager[None]]
KINDS = ["folder", "memory objects", "local objects"]


@pytest.fixture(params=KINDS)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    spool = LocalBlobs(tmp_path / "blobs")
    if request.param == "folder":
        return spool
    (tmp_path / "bucket").mkdir()
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


@pytest.mark.clause("VID-4.1")
async def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    blobs = LocalBlobs(tmp_path / "blobs")
    (tmp_path / "blobs").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "blobs" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Missing):
        await whole(blobs, "link")
    with pytest.raises(Broken):
        await blobs.append("link", 6, b"!")
    assert (tmp_path / "secret").read_bytes() == b"secret"


@pytest.mark.clause("VID-1.6")
async def test_a_file_becomes_a_blob_on_another_file_system(tmp_path: Path) -> None:
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second file system to move a file to")
    blobs, made = LocalBlobs(shared / f"kith-{os.getpid()}-{id(tmp_path)}"), tmp_path / "made"
    made.write_bytes(b"video")
    try:
        await blobs.put("v", str(made))
        assert await whole(blobs, "v") == b"video"
        assert not made.exists()
    finally:
        await blobs.delete("v")
        (shared / f"kith-{os.getpid()}-{id(tmp_path)}").rmdir()


FULL_DISK = """
import asyncio, pathlib, sys
from node.errors import Conflict, TooMuch
from node.media.blobs import LocalBlobs
async def story(root):
    blobs = LocalBlobs(root / "blobs")
    await blobs.append("up", 0, bytes(600_000))
    try:
        await blobs.append("up", 600_000, bytes(900_000))
    except TooMuch as full:
        assert full.clause == "VID-4.2" and full.retry_after_seconds, full
    else:
        raise AssertionError("900 kB fitted into what a megabyte had left")
    assert await blobs.size("up") == 600_000
    await blobs.append("up", 600_000, bytes(100_000))
    assert await blobs.size("up") == 700_000
asyncio.run(story(pathlib.Path(sys.argv[1])))
"""


def on_small_disk(folder: Path, size: str, script: str, *arguments: str) -> None:
    """Run a Python script that sees a file system of `size` at `folder`, in name spaces."""
    tries = subprocess.run(["unshare", "-Urm", "true"], capture_output=True)
    if tries.returncode:
        pytest.skip("this system permits no name spaces, so no small disk can be mounted")
    mount = f'mount -t tmpfs -o size={size} none "$1" && shift && exec "$@"'
    spaces = ["unshare", "-Urm", "sh", "-c", mount, "sh", str(folder)]
    python = [sys.executable, "-c", script, str(folder), *arguments]
    subprocess.run([*spaces, *python], check=True)


@pytest.mark.clause("VID-4.2")
def test_a_full_disk_is_said_and_leaves_the_blob_as_it_was(tmp_path: Path) -> None:
    on_small_disk(tmp_path, "1m", FULL_DISK)


KILLED = """
import asyncio, os, pathlib, sys
from node.media.blobs import LocalBlobs
async def story(root):
    blobs, offset = LocalBlobs(root), 0
    while True:
        await blobs.append("up", offset, bytes([offset // 70_000 % 251]) * 70_000)
        offset += 70_000
        os.write(1, b"%d\\n" % offset)
asyncio.run(story(pathlib.Path(sys.argv[1])))
"""


@pytest.mark.clause("VID-1.6")
def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(7)][-1]
        writer.kill()
        acknowledged = max([acknowledged, *map(int, writer.stdout.read().split())])
    body = (tmp_path / "up").read_bytes()
    assert len(body) >= acknowledged
    assert all(body[at] == at // 70_000 % 251 for at in range(0, acknowledged, 7_000))


@pytest.mark.clause("VID-4.2")
async def test_a_fault_of_the_disk_is_ours(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_bytes(b"a file where the folder should be")
    with pytest.raises(Broken):
        await LocalBlobs(tmp_path / "blobs").append("up", 0, b"x")
    assert not issubclass(Broken, TooMuch)
