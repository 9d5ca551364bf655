"""What only a folder of blobs can get wrong: links, a full disk, a kill, another file system."""

# ruff: noqa: ASYNC240 - a test may wait for its own disk

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from node.errors import Broken, Missing, TooMuch
from node.media.blobs import LocalBlobs
from tests.contracts.test_blobs import whole


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


@pytest.mark.clause("VID-4.7")
@pytest.mark.parametrize("far", [False, True])
async def test_a_link_does_not_become_a_blob(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, far: bool
) -> None:
    def elsewhere(*_: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    blobs, secret, link = LocalBlobs(tmp_path / "blobs"), tmp_path / "secret", tmp_path / "made"
    secret.write_bytes(b"secret")
    secret.chmod(0o400)
    link.symlink_to(secret)
    with monkeypatch.context() as here:
        if far:
            here.setattr(Path, "replace", elsewhere)
        with pytest.raises(Broken):
            await blobs.put("v", str(link))
    assert await blobs.size("v") is None
    assert stat.S_IMODE(secret.stat().st_mode) == 0o400
    assert list((tmp_path / "blobs").iterdir()) == []


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
