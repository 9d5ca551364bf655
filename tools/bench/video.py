"""A video from its upload until it can be watched, beside the bare encoder (`video`)."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

from node.media.transcode import found_ffmpeg
from tests.clips import make_clip
from tools.bench.figures import Measured
from tools.bench.ground import Bench, nodes
from tools.bench.talk import enter

SECONDS, SIZE = 20, "1280x720"


def encode(clip: Path, into: Path) -> float:
    """Seconds that ffmpeg takes by itself for one file of the same codecs and quality."""
    began = time.perf_counter()
    command = [
        *(found_ffmpeg(), "-v", "error", "-nostdin", "-y", "-threads", "1", "-i", str(clip)),
        *("-vf", "scale=1280:720,format=yuv420p", "-c:v", "libx264", "-preset", "veryfast"),
        *("-profile:v", "main", "-crf", "23", "-threads", "1"),
        *("-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", str(into)),
    ]
    subprocess.run(command, check=True)
    return time.perf_counter() - began


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """One clip."""
    clip = make_clip(bench.folder / "clip.mp4", bench.size(SECONDS, 2), SIZE)
    async with nodes(bench.folder, "alpha.test") as lab:
        place = lab.places["alpha.test"]
        async with await enter(lab, place, "alice", bench.folder / "home") as alice:
            began = time.perf_counter()
            await alice.post_video(clip, audience="friends", name="The north window")
            took = time.perf_counter() - began
    bare = await asyncio.to_thread(encode, clip, bench.folder / "bare.mp4")
    yield Measured("video", took, bare)
