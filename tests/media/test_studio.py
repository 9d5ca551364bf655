"""Real clips through real children: what is made, what is refused, what is left behind."""

import asyncio
import hashlib
import json
import re
import struct
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from node.errors import Broken, Malformed, TooMuch
from node.media import bounds, transcode
from node.media import studio as studio_page
from node.media.blobs import LocalBlobs
from node.media.bounds import Caps
from node.media.studio import Studio
from node.video import renditions
from node.video.renditions import Limits, Rendered
from tests.clips import ffmpeg, make_clip

# ruff: noqa: ASYNC240, ASYNC221 - a test may wait for its own disk and its own ffmpeg
Refusal = Callable[[str], AbstractContextManager[None]]
Keep = Callable[[str, bytes], Awaitable[str]]
SECRET = "GPS-AND-A-NAME-OF-A-PERSON"


def left(folder: Path) -> list[str]:
    """All files below `folder`."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


async def made(studio: Studio, blob: str, heard: list[float] | None = None) -> Rendered:
    plan = renditions.plan(await studio.probe(blob))
    return await studio.render(blob, plan, "v/1", (heard if heard is not None else []).append)


async def test_facts_of_a_clip(studio: Studio, keep: Keep, clip: Path, tmp_path: Path) -> None:
    facts = await studio.probe(await keep("up", clip.read_bytes()))
    assert (facts.container, facts.width, facts.height) == ("mov", 640, 360)
    assert (facts.fps, facts.frames, facts.streams) == (Fraction(30), 60, 2)
    assert facts.seconds == pytest.approx(2, abs=0.1)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert left(tmp_path / "work") == []
    assert await studio.digest("up") == hashlib.sha256(clip.read_bytes()).digest()


@pytest.mark.clause("VID-3.1", "VID-3.4", "VID-3.5", "VID-3.6")
async def test_a_clip_becomes_mp4_hls_and_poster(
    studio: Studio, keep: Keep, tmp_path: Path, blobs: LocalBlobs
) -> None:
    source = make_clip(tmp_path / "wide.mp4", seconds=9, size="1600x900", fps=5)
    heard: list[float] = []
    rendered = await made(studio, await keep("up", source.read_bytes()), heard)
    again = await studio.render("up", renditions.plan(await studio.probe("up")), "v/1")
    assert again == rendered, "the same names, the same bytes"
    assert (rendered.width, rendered.height) == (1280, 720)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    for file in (rendered.mp4, *rendered.hls, rendered.poster):
        body = Path(await blobs.local(file.blob)).read_bytes()
        assert (file.size, file.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert left(tmp_path / "work") == []
    _check_mp4(Path(await blobs.local(rendered.mp4.blob)))
    _check_hls(tmp_path / "blobs" / "v" / "1")
    with Image.open(await blobs.local(rendered.poster.blob)) as poster:
        assert poster.size == (1280, 720)
        assert not poster.getexif()
    assert 20 < len(rendered.blurhash) < 40


def _check_mp4(path: Path) -> None:
    body = path.read_bytes()
    assert body.index(b"moov") < body.index(b"mdat"), "the index comes first"
    with av.open(str(path)) as file:
        assert [s.codec_context.name for s in file.streams] == ["h264", "aac"]
        assert file.streams.video[0].codec_context.pix_fmt == "yuv420p"


def _check_hls(folder: Path) -> None:
    master = (folder / "master.m3u8").read_text()
    assert "RESOLUTION=1280x720" in master
    assert re.search(r'CODECS="avc1\.4d[0-9a-f]{4},mp4a\.40\.2"', master), master
    assert master.rstrip().endswith("stream.m3u8")
    playlist = (folder / "stream.m3u8").read_text()
    lengths = [float(line[8:-1]) for line in playlist.splitlines() if line.startswith("#EXTINF")]
    assert lengths == pytest.approx([4, 4, 1], abs=0.2)
    assert playlist.count("#EXT-X-BYTERANGE") == 3
    assert "#EXT-X-ENDLIST" in playlist
    with av.open(str(folder / "stream.mp4")) as file:
        keys = [
            float((p.pts or 0) * (p.time_base or 0)) for p in file.demux(video=0) if p.is_keyframe
        ]
    assert [round(key) for key in keys] == [0, 4, 8]


@pytest.mark.clause("VID-3.4")
@pytest.mark.parametrize("said", ["", ',CODECS="avc1.640015"'])
def test_the_playlist_names_the_codecs_whatever_ffmpeg_said(tmp_path: Path, said: str) -> None:
    master = tmp_path / "master.m3u8"
    master.write_text(f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=9{said},RESOLUTION=2x2\ns.m3u8\n")
    transcode.name_codecs(master, "avc1.4d401f,mp4a.40.2")
    line = master.read_text().splitlines()[1]
    assert line == '#EXT-X-STREAM-INF:BANDWIDTH=9,RESOLUTION=2x2,CODECS="avc1.4d401f,mp4a.40.2"'


@pytest.mark.clause("VID-3.1")
@pytest.mark.parametrize(
    ("name", "size", "options", "sides"),
    [
        ("tall.mp4", "740x1316", ("-r", "5"), (720, 1280)),
        ("odd.mkv", "321x181", ("-pix_fmt", "yuv444p"), (320, 180)),
        ("small.webm", "160x120", (), (160, 120)),
        ("broadcast.ts", "640x360", (), (640, 360)),
        ("old.avi", "640x360", ("-c:v", "mpeg4", "-c:a", "mp3"), (640, 360)),
        ("anamorphic.mp4", "360x288", ("-vf", "setsar=2/1"), (720, 288)),
    ],
)
async def test_every_container_and_shape(
    studio: Studio,
    keep: Keep,
    tmp_path: Path,
    name: str,
    size: str,
    options: tuple[str, ...],
    sides: tuple[int, int],
) -> None:
    source = make_clip(tmp_path / name, seconds=1, size=size, options=options)
    rendered = await made(studio, await keep("up", source.read_bytes()))
    assert (rendered.width, rendered.height) == sides


@pytest.mark.clause("VID-3.1")
async def test_a_turned_phone_gives_an_upright_picture(
    studio: Studio, keep: Keep, clip: Path, tmp_path: Path
) -> None:
    turned = tmp_path / "turned.mp4"
    command = [ffmpeg(), "-v", "error", "-display_rotation", "90", "-i", str(clip), "-c", "copy"]
    subprocess.run([*command, str(turned)], check=True, stdin=subprocess.DEVNULL)
    rendered = await made(studio, await keep("up", turned.read_bytes()))
    assert (rendered.width, rendered.height) == (360, 640)


async def test_a_clip_without_sound_stays_silent(
    studio: Studio, keep: Keep, tmp_path: Path
) -> None:
    source = make_clip(tmp_path / "silent.mp4", seconds=1, audio=False)
    await made(studio, await keep("up", source.read_bytes()))
    with av.open(str(tmp_path / "blobs/v/1/video.mp4")) as file:
        assert [s.type for s in file.streams] == ["video"]


@pytest.mark.clause("VID-3.3")
async def test_nothing_of_the_source_but_picture_and_sound_comes_through(
    studio: Studio, keep: Keep, clip: Path, tmp_path: Path
) -> None:
    words = tmp_path / "chapters"
    words.write_text(
        f";FFMETADATA1\ntitle={SECRET}\ncomment={SECRET}\nlocation=+48.1+011.5/{SECRET}\n"
        f"[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle={SECRET}\n"
    )
    subtitle = tmp_path / "s.srt"
    subtitle.write_text(f"1\n00:00:00,000 --> 00:00:01,000\n{SECRET}\n")
    full = tmp_path / "full.mp4"
    command = [
        *(ffmpeg(), "-v", "error", "-i", str(clip), "-i", str(words), "-i", str(subtitle)),
        *("-map", "0", "-map", "2", "-map_metadata", "1", "-c", "copy", "-c:s", "mov_text"),
        *("-movflags", "use_metadata_tags", "-metadata:s:v", f"handler_name={SECRET}", str(full)),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    assert full.read_bytes().count(SECRET.encode()) >= 4
    await made(studio, await keep("up", full.read_bytes()))
    for name in left(tmp_path / "blobs" / "v"):
        assert SECRET.encode() not in (tmp_path / "blobs" / "v" / name).read_bytes(), name


async def refusal_of(studio: Studio, blob: str) -> tuple[type, str]:
    with pytest.raises((Malformed, TooMuch)) as said:
        await studio.probe(blob)
    return type(said.value), said.value.clause


@pytest.mark.clause("VID-2.1")
@pytest.mark.parametrize(
    "body",
    [
        b"this is a letter, not a video\n" * 300,
        b"\x89PNG\r\n\x1a\n" + bytes(5000),
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/secret.ts\n",
        b"ffconcat version 1.0\nfile 'file:///etc/passwd'\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 1 RTP/AVP 96\n",
        b"\0",
    ],
)
async def test_what_is_no_video(studio: Studio, keep: Keep, body: bytes) -> None:
    assert await refusal_of(studio, await keep("up", body)) == (Malformed, "VID-2.1")


@pytest.mark.clause("VID-2.1", "VID-2.2")
@pytest.mark.parametrize("format", ["hls", "concat", "mpegts", "mov"])
async def test_a_playlist_behind_the_face_of_a_video_is_read_as_that_video(
    studio: Studio, keep: Keep, tmp_path: Path, format: str
) -> None:
    """The container is forced, so the words of a playlist inside are only noise."""
    target = tmp_path / "target.ts"
    make_clip(target, seconds=1)
    playlist = f"\n#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{target}\n".encode()
    body = struct.pack(">I4s", 8, b"free") + playlist * 20
    assert await refusal_of(studio, await keep("up", body)) == (Malformed, "VID-2.2")


@pytest.mark.clause("VID-2.1")
async def test_a_video_that_points_elsewhere_is_not_followed(
    studio: Studio, keep: Keep, tmp_path: Path
) -> None:
    """A QuickTime data reference names another file: the sample bytes of that file stay there."""
    source = make_clip(tmp_path / "a.mov", seconds=1, audio=False)
    body = source.read_bytes()
    url = b"file:///etc/passwd\0"
    own = struct.pack(">I4sI", 12, b"url ", 1)
    assert own in body
    other = struct.pack(">I4sI", 12, b"url ", 0)
    assert len(url) > 12
    await keep("up", body.replace(own, other))
    try:
        await made(studio, "up")
    except (Malformed, TooMuch):
        return
    assert b"root:" not in (tmp_path / "blobs/v/1/video.mp4").read_bytes()


def without_samples(body: bytes) -> bytes:
    """The MP4 with each table of sample sizes emptied: tracks, but no frame."""
    at = -1
    while (at := body.find(b"stsz", at + 1)) > 0:
        body = body[: at + 8] + bytes(8) + body[at + 16 :]
    return body


@pytest.mark.clause("VID-2.2")
async def test_a_video_of_no_frames(studio: Studio, keep: Keep, clip: Path, tmp_path: Path) -> None:
    await keep("none", without_samples(clip.read_bytes()))
    assert await refusal_of(studio, "none") == (Malformed, "VID-2.2")
    sound = tmp_path / "sound.mp4"
    command = [ffmpeg(), "-v", "error", "-i", str(clip), "-vn", "-c", "copy", str(sound)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    assert await refusal_of(studio, await keep("sound", sound.read_bytes())) == (
        Malformed,
        "VID-2.2",
    )


@pytest.mark.clause("VID-2.2")
async def test_frames_that_do_not_decode(studio: Studio, keep: Keep, clip: Path) -> None:
    body = clip.read_bytes()
    start = body.index(b"mdat") + 4
    await keep("up", body[:start] + bytes(len(body) - start))
    assert await refusal_of(studio, "up") == (Malformed, "VID-2.2")


@pytest.mark.clause("VID-2.3")
@pytest.mark.parametrize("part", [0.4, 0.8, 0.97])
async def test_a_file_that_ends_early(studio: Studio, keep: Keep, clip: Path, part: float) -> None:
    body = clip.read_bytes()
    await keep("up", body[: int(len(body) * part)])
    assert await refusal_of(studio, "up") == (Malformed, "VID-2.3")


@pytest.mark.clause("VID-2.2")
async def test_a_file_that_ends_before_its_index(
    studio: Studio, keep: Keep, tmp_path: Path
) -> None:
    body = make_clip(tmp_path / "late.mp4", seconds=1).read_bytes()
    await keep("up", body[: len(body) // 2])
    assert await refusal_of(studio, "up") == (Malformed, "VID-2.2")


@pytest.mark.clause("VID-2.4")
@pytest.mark.parametrize(
    "limits",
    [
        Limits(seconds=1),
        Limits(pixels=640 * 360 - 1),
        Limits(frames=59),
        Limits(fps=29),
        Limits(streams=1),
        Limits(side=639),
    ],
)
async def test_a_video_over_a_limit(
    blobs: LocalBlobs, keep: Keep, clip: Path, tmp_path: Path, limits: Limits
) -> None:
    studio = Studio(blobs, tmp_path / "work", ffmpeg(), limits)
    await keep("up", clip.read_bytes())
    assert await refusal_of(studio, "up") == (TooMuch, "VID-2.4")


@pytest.mark.clause("VID-2.4")
async def test_a_header_that_claims_a_huge_picture(
    studio: Studio, keep: Keep, tmp_path: Path
) -> None:
    huge = make_clip(tmp_path / "huge.mp4", seconds=1, size="8000x4000", audio=False, fps=1)
    assert await refusal_of(studio, await keep("up", huge.read_bytes())) == (TooMuch, "VID-2.4")


@pytest.mark.clause("VID-2.5")
async def test_an_index_that_claims_more_than_memory_holds(
    studio: Studio, keep: Keep, clip: Path
) -> None:
    body = clip.read_bytes()
    at = body.index(b"stsz")
    await keep("up", body[: at + 12] + b"\x7f\xff\xff\xff" + body[at + 16 :])
    kind, clause = await refusal_of(studio, "up")
    assert (kind, clause) in {
        (Malformed, "VID-2.2"),
        (Malformed, "VID-2.3"),
        (TooMuch, "VID-2.5"),
        (TooMuch, "VID-2.4"),
    }


@pytest.mark.clause("VID-2.5", "VID-3.6")
async def test_a_video_that_takes_too_long_is_refused_and_nothing_is_left(
    studio: Studio, keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refusal
) -> None:
    source = make_clip(tmp_path / "long.mp4", seconds=60, size="320x180", audio=False)
    plan = renditions.plan(await studio.probe(await keep("up", source.read_bytes())))
    monkeypatch.setattr(studio_page, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(studio_page, "PATIENCE_FACTOR", 0)
    with refused("VID-2.5"):
        await studio.render("up", plan, "v/1")
    assert left(tmp_path / "work") == []
    assert left(tmp_path / "blobs") == ["up"]


@pytest.mark.clause("VID-2.5")
async def test_a_probe_that_takes_too_long_is_refused(
    studio: Studio, keep: Keep, clip: Path, monkeypatch: pytest.MonkeyPatch, refused: Refusal
) -> None:
    monkeypatch.setattr(studio_page, "LOOK", Caps(wall_seconds=0.01, cpu_seconds=10))
    await keep("up", clip.read_bytes())
    with refused("VID-2.5"):
        await studio.probe("up")


@pytest.mark.clause("VID-3.6", "VID-4.3")
async def test_a_cancelled_rendering_leaves_nothing(
    studio: Studio, keep: Keep, tmp_path: Path
) -> None:
    source = make_clip(tmp_path / "long.mp4", seconds=60, size="320x180", audio=False)
    plan = renditions.plan(await studio.probe(await keep("up", source.read_bytes())))
    begun = asyncio.Event()
    job = asyncio.create_task(studio.render("up", plan, "v/1", lambda _: begun.set()))
    await begun.wait()
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert left(tmp_path / "work") == []
    assert left(tmp_path / "blobs") == ["up"]
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(tmp_path) not in listed


@pytest.mark.clause("VID-3.6")
async def test_when_a_blob_cannot_be_kept_none_is(
    keep: Keep, clip: Path, tmp_path: Path, blobs: LocalBlobs
) -> None:
    class FullAtTheThird(LocalBlobs):
        puts = 0

        async def put(self, name: str, path: str) -> None:
            self.puts += 1
            if self.puts == 3:
                raise TooMuch("VID-4.2", "the node's disk is full")
            await super().put(name, path)

    studio = Studio(FullAtTheThird(tmp_path / "blobs"), tmp_path / "work", ffmpeg(), Limits())
    with pytest.raises(TooMuch):
        await made(studio, await keep("up", clip.read_bytes()))
    assert left(tmp_path / "blobs") == ["up"]


@pytest.mark.clause("VID-4.7", "VID-3.6")
@pytest.mark.parametrize("name", [transcode.MASTER, transcode.POSTER])
async def test_a_transcoder_that_was_taken_over_gets_no_file_out(
    studio: Studio,
    keep: Keep,
    clip: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    secret, run = tmp_path / "node.key", bounds.run
    secret.write_bytes(b"the key of the node")

    async def taken_over(program: Sequence[str], folder: Path, *rest: Any) -> bytes:
        said = await run(program, folder, *rest)
        if str(studio_page.FRAMES) in program:  # the last child: all is made
            (folder / name).unlink()
            (folder / name).symlink_to(secret)
        return said

    monkeypatch.setattr(bounds, "run", taken_over)
    with pytest.raises(Broken, match="a media child"):
        await made(studio, await keep("up", clip.read_bytes()))
    assert secret.read_bytes() == b"the key of the node"
    assert left(tmp_path / "blobs") == ["up"]
    assert left(tmp_path / "work") == []


async def test_a_sweep_removes_what_a_killed_process_left(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "work" / "tmp1").mkdir(parents=True)
    (tmp_path / "work" / "tmp1" / "video.mp4").write_bytes(b"half")
    await studio.sweep()
    assert left(tmp_path / "work") == []


async def test_a_missing_ffmpeg_is_said(
    blobs: LocalBlobs, keep: Keep, clip: Path, tmp_path: Path
) -> None:
    studio = Studio(blobs, tmp_path / "work", str(tmp_path / "nowhere"), Limits())
    with pytest.raises(Broken, match="ffmpeg"):
        await made(studio, await keep("up", clip.read_bytes()))


def test_the_serving_side_loads_no_library_that_reads_media() -> None:
    script = (
        "import sys, json, node.media.studio, node.media.blobs;"
        "print(json.dumps([m for m in ('av', 'PIL', 'blurhash', 'numpy', 'imageio_ffmpeg',"
        " 'obstore') if m in sys.modules]))"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert json.loads(said.stdout) == []


def test_a_number_that_is_cut_is_no_progress() -> None:
    assert transcode.progress(b"out_time_us=1000000\nout_time_us=15", 2.0) == 0.5
    assert transcode.progress(b"out_time_us=15", 2.0) is None


async def test_progress_never_goes_back(
    studio: Studio, keep: Keep, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def talkative(
        program: object, folder: Path, files: object, caps: Caps, heard: Callable[[bytes], None]
    ) -> None:
        for seconds in (1, 0.5, 1.5):
            heard(b"out_time_us=%d\n" % (seconds * 1_000_000))

    plan = renditions.plan(await studio.probe(await keep("up", clip.read_bytes())))
    monkeypatch.setattr(studio_page.bounds, "run", talkative)
    told: list[float] = []
    await studio._transcode("up", plan, clip.parent, told.append)
    assert len(told) == 2
    assert told == sorted(told)
