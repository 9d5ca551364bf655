"""Parts of real clips: each begins and ends where it was cut, with its sound; the rest is gone."""

import subprocess
from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path

import av
import pytest
from PIL import Image, ImageStat

from node.media.blobs import LocalBlobs
from node.media.studio import Studio
from node.video import renditions
from node.video.cut import Cut
from node.video.renditions import Rendered
from tests.clips import ffmpeg

Keep = Callable[[str, bytes], Awaitable[str]]
SECONDS, STEP = 10, 20  # of the clip; by which each of its seconds is brighter than the last
LOUD = 0.2
NEAR = 0.4  # s
TONE_FROM = 4  # s; before that there is silence
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "300", "-bf", "2", "-c:a", "aac")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-g", "300", "-c:a", "libvorbis")
KINDS = {
    "clip.mp4": H264,
    "parts.mp4": (*H264, "-movflags", "frag_keyframe+empty_moov"),
    "clip.mkv": H264,
    "clip.webm": VP8,
    "live.webm": (*VP8, "-f", "webm", "-live", "1"),  # without an index, as browsers record
    "clip.avi": ("-c:v", "mpeg4", "-g", "300", "-c:a", "mp2"),
    "clip.ts": H264,
}


def brightening(path: Path, options: tuple[str, ...]) -> Path:
    """A clip whose brightness says its second, with one key frame at its beginning."""
    picture = f"color=black:size=64x64:rate=25:duration={SECONDS},geq=lum='16+{STEP}*floor(T)'"
    tone = f"aevalsrc='if(gte(t,{TONE_FROM}),0.5*sin(2764*t),0)':s=48000:d={SECONDS}"
    command = [
        *(ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", f"{picture},format=yuv420p"),
        *("-f", "lavfi", "-i", tone, *options, str(path)),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def second_of(picture: Image.Image) -> float:
    """Of which second of the clip it is."""
    return ImageStat.Stat(picture.convert("L")).mean[0] * 219 / 255 / STEP


def seen(path: Path) -> list[tuple[float, float]]:
    """When each picture comes, and of which second it is."""
    with av.open(str(path)) as file:
        return [(one.time or 0.0, second_of(one.to_image())) for one in file.decode(video=0)]


def tone_begins(path: Path) -> float:
    with av.open(str(path)) as file:
        for frame in file.decode(audio=0):
            if max(array("f", bytes(frame.planes[0]))) > LOUD:
                return float(frame.time or 0)
    return float("inf")


async def made(studio: Studio, blob: str, cut: Cut) -> Rendered:
    return await studio.render(blob, renditions.plan(await studio.probe(blob), cut), "v/1")


@pytest.mark.slow
@pytest.mark.clause("VID-6.7")
@pytest.mark.parametrize("kind", KINDS)
async def test_a_part_begins_and_ends_where_it_was_cut(
    studio: Studio, keep: Keep, tmp_path: Path, blobs: LocalBlobs, kind: str
) -> None:
    source = brightening(tmp_path / kind, KINDS[kind])
    await keep("up", source.read_bytes())
    rendered = await made(studio, "up", Cut(3_000, 7_000, 5_500))
    assert rendered.seconds == pytest.approx(4, abs=0.15)
    mp4 = Path(await blobs.local(rendered.mp4.blob))
    pictures = seen(mp4)
    seconds = [second for _, second in pictures]
    assert 3 - NEAR < min(seconds[:20]) <= max(seconds[:20]) < 3 + NEAR
    assert 3 - NEAR < min(seconds) <= max(seconds[:-3]) < 6 + NEAR, "of what was cut away"
    assert len(pictures) == pytest.approx(100, abs=3)
    assert tone_begins(mp4) == pytest.approx(TONE_FROM - 3, abs=0.1)
    with Image.open(await blobs.local(rendered.poster.blob)) as poster:
        assert poster.size == (64, 64)
        assert second_of(poster) == pytest.approx(5, abs=NEAR)
