"""Blobs in S3: what only an object store can get wrong, against a server on this machine."""

# ruff: noqa: ASYNC240 - a test may wait for its own disk

import os
from itertools import pairwise
from pathlib import Path

import pytest

from node.app.parts import open_media
from node.config import Config
from node.errors import Broken, Malformed, Missing, Unreachable
from node.media.blobs import PIECE, LocalBlobs
from node.media.objects import ObjectBlobs, open_store
from tests.contracts.test_blobs import whole
from tests.media.test_blobs import on_small_disk
from tests.s3 import Bucket, bucket, s3_server, serving

__all__ = ["bucket", "s3_server"]


@pytest.fixture
def blobs(bucket: Bucket, tmp_path: Path) -> ObjectBlobs:
    spool = LocalBlobs(tmp_path / "blobs")
    return ObjectBlobs(open_store(bucket.url), spool, tmp_path / "fetched")


async def test_a_large_video_goes_up_in_parts_and_comes_back_in_ranges(
    blobs: ObjectBlobs, bucket: Bucket, tmp_path: Path
) -> None:
    body = os.urandom(23 * 2**20 + 17)  # more than one part of a multipart upload
    (tmp_path / "made").write_bytes(body)
    await blobs.put("v/1/video.mp4", str(tmp_path / "made"))
    assert "<Key>some/prefix/v/1/video.mp4</Key>" in bucket.listed()
    assert await blobs.size("v/1/video.mp4") == len(body)
    cuts = [0, 1, PIECE - 1, PIECE, 5 * 2**20, 11 * 2**20 + 3, len(body) - 1, len(body)]
    for start, stop in pairwise(cuts):
        assert await whole(blobs, "v/1/video.mp4", start, stop) == body[start:stop]
    pieces = [piece async for piece in blobs.read("v/1/video.mp4")]
    assert b"".join(pieces) == body and max(map(len, pieces)) <= PIECE
    copy = Path(await blobs.local("v/1/video.mp4"))
    assert copy.read_bytes() == body
    await blobs.delete("v/1/video.mp4")
    assert not copy.exists() and "<Key>" not in bucket.listed()
    with pytest.raises(Missing):
        await whole(blobs, "v/1/video.mp4")


@pytest.mark.clause("VID-4.7")
async def test_a_link_does_not_go_up(blobs: ObjectBlobs, bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "made").symlink_to(tmp_path / "secret")
    with pytest.raises(Broken):
        await blobs.put("v/1/video.mp4", str(tmp_path / "made"))
    assert "<Key>" not in bucket.listed()
    assert (tmp_path / "secret").read_bytes() == b"secret"


async def test_an_empty_file_is_a_blob(blobs: ObjectBlobs, tmp_path: Path) -> None:
    (tmp_path / "made").touch()
    await blobs.put("v/1/empty", str(tmp_path / "made"))
    assert (await blobs.size("v/1/empty"), await whole(blobs, "v/1/empty")) == (0, b"")


@pytest.mark.clause("VID-4.5")
async def test_a_store_that_is_gone_loses_nothing(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        gone = Bucket(endpoint)
        blobs = ObjectBlobs(open_store(gone.url), LocalBlobs(tmp_path / "b"), tmp_path / "f")
        await blobs.append("up/1", 0, b"video")
        made = await blobs.local("up/1")
        for _ in range(2):
            with pytest.raises(Unreachable):
                await blobs.put("v/1/original", made)
            with pytest.raises(Unreachable):
                await blobs.expect(1)
            assert Path(made).read_bytes() == b"video"
            with pytest.raises(Broken, match="takes nothing"):
                await blobs.check()
        gone.make()
        await blobs.check()
        assert "<Key>" not in gone.listed()
        await blobs.put("v/1/original", made)
        assert await whole(blobs, "v/1/original") == b"video"
    for asked in (blobs.size("v/1/original"), blobs.delete("v/1/original")):
        with pytest.raises(Unreachable):
            await asked
    with pytest.raises(Unreachable):
        await whole(blobs, "v/1/original")


@pytest.mark.clause("VID-4.5", "FED-12.1")
async def test_a_node_starts_only_with_a_store_that_takes_blobs(
    bucket: Bucket, tmp_path: Path
) -> None:
    given = {"origin": "https://a.test", "data_dir": str(tmp_path)}
    media = await open_media(Config(blob_store=bucket.url, **given))
    assert isinstance(media.blobs, ObjectBlobs)
    with pytest.raises(Broken, match="takes nothing"):
        await open_media(Config(blob_store="s3://nobody-made-this", **given))
    with pytest.raises(Malformed):
        Config(blob_store="ftp://x", **given)
    assert isinstance((await open_media(Config(**given))).blobs, LocalBlobs)


FULL_DISK = """
import asyncio, pathlib, sys
from obstore.store import MemoryStore
from node.errors import Full
from node.media.blobs import LocalBlobs
from node.media.objects import ObjectBlobs
async def story(disk, source):
    blobs = ObjectBlobs(MemoryStore(), LocalBlobs(disk / "spool"), disk / "fetched")
    source.write_bytes(bytes(200_000))
    await blobs.put("v/1/original", str(source))
    await blobs.expect(30_000)
    try:
        await blobs.expect(200_000)
    except Full:
        pass
    else:
        raise AssertionError("200 kB were expected to fit into 64 kB")
    try:
        await blobs.local("v/1/original")
    except Full:
        assert [p for p in disk.rglob("*") if p.is_file()] == []
    else:
        raise AssertionError("200 kB fitted into 64 kB")
asyncio.run(story(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
"""


@pytest.mark.clause("VID-4.2", "VID-6.8")
def test_an_original_that_finds_no_room_here_leaves_no_half(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    on_small_disk(disk, "64k", FULL_DISK, str(tmp_path / "source"))
