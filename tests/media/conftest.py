"""A studio over a fresh folder, and clips for it."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from node.media.blobs import LocalBlobs
from node.media.studio import Studio
from node.media.transcode import found_ffmpeg
from node.video.renditions import Limits
from tests.clips import make_clip

Keep = Callable[[str, bytes], Awaitable[str]]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of 640x360 with sound: MP4, its index first. Read it, never write to it."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    return make_clip(path, options=("-movflags", "+faststart"))


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "blobs")


@pytest.fixture
def studio(blobs: LocalBlobs, tmp_path: Path) -> Studio:
    # Clips are made by an ffmpeg that can do all; KITH_FFMPEG is the one that is tried.
    tried = found_ffmpeg(os.environ.get("KITH_FFMPEG"))
    return Studio(blobs, tmp_path / "work", tried, Limits())


@pytest.fixture
def keep(blobs: LocalBlobs) -> Keep:
    """`await keep("name", body)` makes a blob and gives its name."""

    async def append(name: str, body: bytes) -> str:
        await blobs.append(name, 0, body)
        return name

    return append
