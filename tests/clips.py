"""Real clips for tests, made by ffmpeg itself."""

import subprocess
from functools import cache
from pathlib import Path

from node.media.transcode import found_ffmpeg


@cache
def ffmpeg() -> str:
    return found_ffmpeg()


def make_clip(
    path: Path,
    seconds: float = 2,
    size: str = "640x360",
    audio: bool = True,
    fps: int = 30,
    options: tuple[str, ...] = (),
) -> Path:
    """A test picture and a tone at `path`; its suffix chooses the container."""
    picture = ("-f", "lavfi", "-i", f"testsrc=size={size}:rate={fps}:duration={seconds}")
    tone = ("-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}") if audio else ()
    codecs = ("libvpx", "libvorbis") if path.suffix == ".webm" else ("libx264", "aac")
    fast = ("-deadline", "realtime") if path.suffix == ".webm" else ("-preset", "ultrafast")
    command = [
        *(ffmpeg(), "-v", "error", "-y", *picture, *tone, "-c:v", codecs[0], *fast),
        *("-pix_fmt", "yuv420p", "-g", "30", "-c:a", codecs[1], *options, str(path)),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path
