"""What cameras, phones and screens record, as a common player shows it (spec VID-2.6, VID-3)."""

import subprocess
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import av
import pytest
from PIL import Image

from node.media.studio import Studio
from node.video import renditions
from node.video.renditions import Facts, Rendered
from tests.clips import ffmpeg, make_clip
from tests.media import field_pictures

# ruff: noqa: ASYNC240 - a test may wait for its own disk and its own ffmpeg
Keep = Callable[[str, bytes], Awaitable[str]]
Made = Callable[[Path], Awaitable[tuple[Facts, Rendered]]]


def run(*arguments: str | Path) -> None:
    command = [ffmpeg(), "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


@pytest.fixture
def made(studio: Studio, keep: Keep) -> Made:
    """What was seen of a file and what was made of it."""

    async def make(source: Path) -> tuple[Facts, Rendered]:
        facts = await studio.probe(await keep("up", source.read_bytes()))
        return facts, await studio.render("up", renditions.plan(facts), "v/1")

    return make


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Where the rendition lies."""
    return tmp_path / "blobs" / "v" / "1" / "video.mp4"


def kinds(path: Path) -> list[str]:
    with av.open(str(path)) as file:
        return [stream.type for stream in file.streams]


@pytest.mark.clause("VID-2.6")
@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("broadcast.ts", "mp2"),
        ("dashcam.avi", "adpcm_ima_wav"),
        ("old.avi", "adpcm_ms"),
        ("disc.ts", "dca"),
        ("computer.avi", "wmav2"),
        ("quicktime.mov", "adpcm_ima_qt"),
        ("studio.mov", "pcm_s32be"),
    ],
)
async def test_sound_of_every_usual_kind_is_heard(
    made: Made, tmp_path: Path, video: Path, name: str, sound: str
) -> None:
    options = ("-c:a", sound, "-strict", "-2", "-ar", "44100", "-ac", "2")
    facts, rendered = await made(make_clip(tmp_path / name, seconds=1, options=options))
    assert facts.audio_codec is not None
    assert kinds(video) == ["video", "audio"]
    assert rendered.remark == ""


def with_unknown_sound(clip: Path, path: Path, tracks: int) -> Path:
    """`clip` with `tracks` tracks of sound, the first of a codec that nobody knows."""
    maps = [word for _ in range(tracks) for word in ("-map", "0:a")]
    run("-i", clip, "-map", "0:v", *maps, "-c", "copy", "-c:a:0", "pcm_s16be", path)
    path.write_bytes(path.read_bytes().replace(b"twos", b"zzzz"))
    return path


@pytest.mark.clause("VID-2.6")
async def test_a_good_track_behind_one_that_nobody_decodes_is_heard(
    made: Made, tmp_path: Path, clip: Path, video: Path
) -> None:
    facts, rendered = await made(with_unknown_sound(clip, tmp_path / "phone.mov", 2))
    assert (facts.audio_stream, facts.audio_codec) == (2, "aac")
    assert kinds(video) == ["video", "audio"]
    assert rendered.remark == ""


@pytest.mark.clause("VID-2.6")
async def test_sound_that_nobody_decodes_refuses_no_picture_and_is_told(
    made: Made, tmp_path: Path, clip: Path, video: Path
) -> None:
    _, rendered = await made(with_unknown_sound(clip, tmp_path / "phone.mov", 1))
    assert kinds(video) == ["video"]
    assert rendered.remark.startswith("VID-2.6: its sound cannot be decoded")


@pytest.mark.clause("VID-2.6")
async def test_sound_of_noise_refuses_no_picture(made: Made, tmp_path: Path, video: Path) -> None:
    """A codec that is known, of which nothing decodes."""
    source = make_clip(tmp_path / "a.avi", seconds=1, options=("-c:a", "mp3", "-ac", "2"))
    body = bytearray(source.read_bytes())
    at, end = body.index(b"movi"), body.index(b"idx1")
    while (at := body.find(b"01wb", at + 1, end)) > 0:
        length = int.from_bytes(body[at + 4 : at + 8], "little")
        body[at + 8 : at + 8 + length] = bytes(length)
    source.write_bytes(body)
    _, rendered = await made(source)
    assert kinds(video) == ["video"]
    assert rendered.remark


def lumas(path: Path) -> list[tuple[int, list[bytes]]]:
    """The rows of brightness of each picture, and its time in milliseconds."""
    pictures = []
    with av.open(str(path)) as file:
        for frame in file.decode(file.streams.video[0]):
            plane, wide = bytes(frame.planes[0]), frame.planes[0].line_size
            rows = [plane[at * wide : at * wide + frame.width] for at in range(frame.height)]
            pictures.append((round((frame.time or 0) * 1000), rows))
    return pictures


def combed(rows: list[bytes]) -> int:
    """How many pixels of every eighth row are far from both the row above and the row below."""
    return sum(
        abs(here - above) > 90 and abs(here - below) > 90
        for at in range(8, len(rows) - 8, 8)
        for above, here, below in zip(rows[at - 1], rows[at], rows[at + 1], strict=True)
    )


@pytest.mark.clause("VID-3.7")
@pytest.mark.parametrize("first", ["tff", "bff"])
@pytest.mark.parametrize("kind", ["mpeg2.ts", "h264.ts", "h264.mts", "h264.mov", "h264.mkv"])
async def test_fields_become_pictures(
    made: Made, tmp_path: Path, video: Path, first: str, kind: str
) -> None:
    """A bar moves by 16 pixels from field to field."""
    source = tmp_path / kind
    scene = (
        "color=black:size=320x240:rate=50:duration=1[a];color=white:size=40x240:rate=50[b];"
        f"[a][b]overlay=x='mod(n*16,280)':eval=frame:shortest=1,interlace=scan={first}:lowpass=off"
    )
    codec = ("-c:v", "mpeg2video", "-q:v", "2")
    if kind.startswith("h264"):  # each block of it in fields or not, as it suits (MBAFF)
        codec = ("-c:v", "libx264", "-qp", "8", "-x264-params", f"{first}=1")
    packets = ("-f", "mpegts", "-mpegts_m2ts_mode", "1") if source.suffix == ".mts" else ()
    run("-filter_complex", scene, "-flags", "+ildct+ilme", *codec, *packets, source)
    facts, rendered = await made(source)
    assert facts.interlaced
    assert rendered.fps == 50
    pictures = lumas(video)
    assert len(pictures) == pytest.approx(50, abs=2)
    assert max(combed(rows) for _, rows in pictures[2:-2]) == 0
    middles = [rows[120].index(max(rows[120])) for _, rows in pictures[4:12]]
    assert all(12 <= b - a <= 20 for a, b in pairwise(middles)), middles


@pytest.mark.clause("VID-3.7")
@pytest.mark.parametrize("is_bottom_first", [False, True], ids=["top first", "bottom first"])
@pytest.mark.parametrize("kind", ["fields.ts", "fields.mts", "fields.mkv"])
async def test_pictures_of_one_field_become_pictures(
    made: Made, tmp_path: Path, video: Path, is_bottom_first: bool, kind: str
) -> None:
    """Each field is a picture of its own in the file, either of the two first.

    No encoder here makes them: x264 codes fields by macroblock only (MBAFF), so that of H.264 in
    field pictures (PAFF) there is no case. These are MPEG-2, made by hand.
    """
    raw, source = tmp_path / "raw.m2v", tmp_path / kind
    raw.write_bytes(field_pictures.stream(100, is_bottom_first))
    packets = ("-f", "mpegts", "-mpegts_m2ts_mode", "1") if source.suffix == ".mts" else ()
    stamps = ("-bsf:v", "setts=ts=N/25/TB")
    run("-f", "mpegvideo", "-i", raw, "-c", "copy", *stamps, *packets, source)
    facts, rendered = await made(source)
    assert facts.interlaced
    assert rendered.fps == 50
    pictures = lumas(video)
    assert len(pictures) == pytest.approx(100, abs=4)
    assert max(combed(rows) for _, rows in pictures[2:-2]) == 0
    middles = [rows[120].index(max(rows[120])) for _, rows in pictures[4:12]]
    assert all(12 <= b - a <= 20 for a, b in pairwise(middles)), middles


async def test_what_is_not_interlaced_is_left_so(studio: Studio, keep: Keep, clip: Path) -> None:
    plan = renditions.plan(await studio.probe(await keep("up", clip.read_bytes())))
    assert (plan.interlaced, plan.fps) == (False, 30)


@pytest.mark.clause("VID-3.8")
@pytest.mark.parametrize("key_every", [90, 600])
async def test_a_trimmed_video_is_as_long_as_it_plays(
    made: Made, tmp_path: Path, video: Path, key_every: int
) -> None:
    """Cut without coding anew: an edit list hides all from the key frame to the cut."""
    options = ("-g", str(key_every), "-keyint_min", str(key_every), "-sc_threshold", "0")
    whole = make_clip(tmp_path / "whole.mp4", seconds=14, size="160x120", options=options)
    run("-ss", "11.5", "-i", whole, "-t", "2", "-c", "copy", tmp_path / "trimmed.mp4")
    facts, rendered = await made(tmp_path / "trimmed.mp4")
    assert facts.fps == 30
    assert facts.frames > 100, "what is hidden is decoded too, so it counts as work"
    assert facts.seconds == pytest.approx(2, abs=0.1)
    assert rendered.seconds == pytest.approx(2, abs=0.1)
    assert len(lumas(video)) == pytest.approx(60, abs=3)


@pytest.mark.clause("VID-3.8")
async def test_the_length_that_is_told_is_that_of_the_rendition(
    made: Made, clip: Path, video: Path
) -> None:
    _, rendered = await made(clip)
    with av.open(str(video)) as file:
        assert rendered.seconds == (file.duration or 0) / av.time_base


X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params")


def middle(path: Path) -> tuple[list[int], tuple[int, int, int, int]]:
    """Y, U and V in the middle of the fifth picture; its primaries, transfer, matrix and range."""
    with av.open(str(path)) as file:
        frame = list(file.decode(file.streams.video[0]))[4]
    values = [
        bytes(plane)[plane.line_size * (plane.height // 2) + plane.width // 2]
        for plane in frame.planes
    ]
    said = (frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range)
    return values, tuple(map(int, said))  # type: ignore[return-value]


def scene(picture: str, *options: str, path: Path) -> Path:
    run("-f", "lavfi", "-i", f"{picture},trim=duration=0.5", *options, path)
    return path


def near(wanted: tuple[int, int, int]) -> object:
    return pytest.approx(wanted, abs=2)


def hdr(transfer: str) -> tuple[str, ...]:
    said = f"log-level=error:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    return (*X265, said, "-color_primaries", "bt2020", "-color_trc", transfer)


# By what name a source is made, its picture and options, and the middle of what is made of it.
COLOURS = [
    # White of 203 cd/m²: 58 % of PQ, 75 % of HLG.
    ("pq.mov", "color=0x949494:s=320x240,format=yuv420p10le", hdr("smpte2084"), (201, 128, 128)),
    (
        "hlg.mov",
        "color=0xBFBFBF:s=320x240,format=yuv420p10le",
        hdr("arib-std-b67"),
        (201, 128, 128),
    ),
    (
        "rgb.mkv",
        "color=red:s=1280x720,format=gbrp",
        ("-c:v", "libx264rgb", "-pix_fmt", "rgb24"),
        (63, 102, 240),
    ),
    # Red by BT.601, said and unsaid, and red by BT.709.
    (
        "said.mp4",
        "color=red:s=1280x720,scale=out_color_matrix=bt601,format=yuv420p",
        ("-colorspace", "smpte170m"),
        (63, 102, 240),
    ),
    (
        "small.mp4",
        "color=red:s=320x240,format=rgb24,scale=out_color_matrix=bt601,format=yuv420p",
        (),
        (63, 102, 240),
    ),
    (
        "large.mp4",
        "color=red:s=1280x720,format=rgb24,scale=out_color_matrix=bt709,format=yuv420p",
        (),
        (63, 102, 240),
    ),
    (
        "full.mp4",
        "color=white:s=320x240,scale=out_range=pc,format=yuvj420p",
        ("-color_range", "pc"),
        (235, 128, 128),
    ),
]


@pytest.mark.clause("VID-3.9", "VID-3.5")
@pytest.mark.parametrize(("name", "picture", "options", "wanted"), COLOURS)
async def test_colours_are_those_of_every_screen(
    made: Made,
    tmp_path: Path,
    video: Path,
    name: str,
    picture: str,
    options: tuple[str, ...],
    wanted: tuple[int, int, int],
) -> None:
    await made(scene(picture, *options, path=tmp_path / name))
    values, said = middle(video)
    assert values == near(wanted)
    assert said == (1, 1, 1, 1), "BT.709, limited"
    with Image.open(video.with_name("poster.jpg")) as poster:
        pixel = poster.getpixel((poster.width // 2, poster.height // 2))
    shown = {63: (254, 0, 0), 235: (255,) * 3, 201: (215,) * 3}
    # A step of chroma is two of blue, and each encoder rounds in its own way.
    assert pixel == pytest.approx(shown[wanted[0]], abs=6)


@pytest.mark.clause("VID-3.9")
async def test_wide_colours_are_brought_in(made: Made, tmp_path: Path, video: Path) -> None:
    """A red of BT.709, said in BT.2020's primaries, is the same red again."""
    picture = (
        "color=0xC04040:s=320x240,format=gbrp,setparams=color_primaries=bt709:color_trc=bt709:"
        "colorspace=gbr:range=pc,zscale=t=linear,format=gbrpf32le,zscale=p=2020,"
        "zscale=t=2020_10:m=2020_ncl:r=limited,format=yuv420p10le"
    )
    said = "log-level=error:colorprim=bt2020:transfer=bt2020-10:colormatrix=bt2020nc"
    await made(scene(picture, *X265, said, path=tmp_path / "wide.mov"))
    values, tags = middle(video)
    assert values == near((94, 115, 184))
    assert tags == (1, 1, 1, 1)


@pytest.mark.clause("VID-2.1")
async def test_a_camcorder_puts_times_before_its_packets(
    made: Made, tmp_path: Path, video: Path
) -> None:
    options = ("-c:a", "ac3", "-f", "mpegts", "-mpegts_m2ts_mode", "1")
    source = make_clip(tmp_path / "camcorder.mts", seconds=1, options=options)
    assert source.read_bytes()[4::192][:9] == b"\x47" * 9
    facts, _ = await made(source)
    assert (facts.container, facts.audio_codec, facts.fps) == ("mpegts", "ac3", 30)
    assert kinds(video) == ["video", "audio"]


@pytest.mark.clause("VID-3.10")
async def test_what_moves_stays_smooth_where_the_rest_stands_still(
    made: Made, tmp_path: Path, video: Path
) -> None:
    """A screen: one second of 60 pictures, then one a second."""
    source = tmp_path / "screen.webm"
    moving = "testsrc2=size=160x120:rate=60:duration=6,select='lt(t,1)+not(mod(n,60))'"
    codec = ("-fps_mode", "vfr", "-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M")
    run("-f", "lavfi", "-i", moving, *codec, source)
    facts, rendered = await made(source)
    assert facts.fps < 20
    assert rendered.fps == 60
    first = [rows for time, rows in lumas(video) if time < 900]
    assert len(first) == pytest.approx(54, abs=2)
    assert sum(a != b for a, b in pairwise(first)) >= len(first) - 3
