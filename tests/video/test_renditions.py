"""What is taken, what is refused, and what is made of it: numbers only."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from node.video import renditions
from node.video.renditions import Facts, Limits

CLIP = Facts(
    container="mov",
    width=1920,
    height=1080,
    aspect=Fraction(1),
    rotation=0,
    seconds=60.0,
    declared_seconds=60.0,
    cut=False,
    fps=Fraction(30),
    frames=1800,
    streams=2,
    decodes=True,
    video_codec="h264",
    video_stream=0,
    audio_codec="aac",
    audio_stream=1,
)
Refusal = Callable[[str], AbstractContextManager[None]]

HEADS = [
    (b"\0\0\0\x20ftypisom", "mov"),
    (b"\0\0\0\x08wide\0\0\0\0", "mov"),
    (b"\x1a\x45\xdf\xa3\x9f\x42", "matroska"),
    (b"RIFF\0\0\0\0AVI LIST", "avi"),
    ((b"\x47" + bytes(187)) * 4, "mpegts"),
    ((bytes(4) + b"\x47" + bytes(187)) * 4, "mpegts"),
    ((bytes(4) + b"\x47" + bytes(187)) * 3, None),
    (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", None),
    (b"ffconcat version 1.0\nfile http://10.0.0.1/\n", None),
    (b"<?xml version='1.0'?><MPD/>", None),
    (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", None),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
    (b"RIFF\0\0\0\0WAVEfmt ", None),
    (b"GIF89a", None),
    (b"\x47" * 100, None),
    (b"", None),
]


@pytest.mark.clause("VID-2.1")
@pytest.mark.parametrize(("head", "container"), HEADS)
def test_the_first_bytes_say_what_a_file_is(head: bytes, container: str | None) -> None:
    assert renditions.container(head) == container


@pytest.mark.parametrize(
    ("change", "clause"),
    [
        pytest.param({"container": "hls"}, "VID-2.1", marks=pytest.mark.clause("VID-2.1")),
        pytest.param({"frames": 0}, "VID-2.2", marks=pytest.mark.clause("VID-2.2")),
        pytest.param({"decodes": False}, "VID-2.2", marks=pytest.mark.clause("VID-2.2")),
        pytest.param({"seconds": 0.0}, "VID-2.2", marks=pytest.mark.clause("VID-2.2")),
        pytest.param({"seconds": -4.0}, "VID-2.2", marks=pytest.mark.clause("VID-2.2")),
        pytest.param({"height": 0}, "VID-2.2", marks=pytest.mark.clause("VID-2.2")),
        pytest.param({"width": 8}, "VID-2.2", marks=pytest.mark.clause("VID-2.2")),
        pytest.param({"aspect": Fraction(1, 500)}, "VID-2.2", marks=pytest.mark.clause("VID-2.2")),
        pytest.param({"seconds": 20.0}, "VID-2.3", marks=pytest.mark.clause("VID-2.3")),
        pytest.param({"cut": True}, "VID-2.3", marks=pytest.mark.clause("VID-2.3")),
        pytest.param({"seconds": 901.0}, "VID-2.4", marks=pytest.mark.clause("VID-2.4")),
        pytest.param({"frames": 54_001}, "VID-2.4", marks=pytest.mark.clause("VID-2.4")),
        pytest.param({"fps": Fraction(241)}, "VID-2.4", marks=pytest.mark.clause("VID-2.4")),
        pytest.param({"streams": 17}, "VID-2.4", marks=pytest.mark.clause("VID-2.4")),
        pytest.param({"width": 30_000}, "VID-2.4", marks=pytest.mark.clause("VID-2.4")),
        pytest.param(
            {"width": 4096, "height": 4096}, "VID-2.4", marks=pytest.mark.clause("VID-2.4")
        ),
        pytest.param({"aspect": Fraction(99)}, "VID-2.4", marks=pytest.mark.clause("VID-2.4")),
    ],
)
def test_what_is_not_taken(change: dict[str, object], clause: str, refused: Refusal) -> None:
    renditions.judge(CLIP, Limits())
    with refused(clause):
        renditions.judge(replace(CLIP, **change), Limits())  # type: ignore[arg-type]


def test_a_header_may_be_silent_or_a_little_off() -> None:
    for declared in (0.0, 59.0, 61.0, 65.0):
        renditions.judge(replace(CLIP, declared_seconds=declared), Limits())


@pytest.mark.clause("VID-3.1")
@pytest.mark.parametrize(
    ("source", "rotation", "aspect", "made"),
    [
        ((1920, 1080), 0, 1, (1280, 720)),
        ((1080, 1920), 0, 1, (720, 1280)),
        ((1920, 1080), 90, 1, (720, 1280)),
        ((1920, 1080), -90, 1, (720, 1280)),
        ((1920, 1080), 180, 1, (1280, 720)),
        ((640, 360), 0, 1, (640, 360)),
        ((641, 361), 0, 1, (640, 360)),
        ((3840, 2160), 0, 1, (1280, 720)),
        ((720, 576), 0, Fraction(64, 45), (1024, 576)),
        ((4000, 1000), 0, 1, (1920, 480)),
        ((1080, 1080), 0, 1, (720, 720)),
    ],
)
def test_the_short_side_is_bounded_and_nothing_grows(
    source: tuple[int, int], rotation: int, aspect: Fraction, made: tuple[int, int]
) -> None:
    facts = replace(
        CLIP, width=source[0], height=source[1], rotation=rotation, aspect=Fraction(aspect)
    )
    plan = renditions.plan(facts)
    assert (plan.width, plan.height) == made
    assert plan.name == f"{min(made)}p"


@given(
    width=st.integers(16, 8192),
    height=st.integers(16, 8192),
    seconds=st.floats(0.1, 900),
    fps=st.fractions(0, 240),
    audio=st.booleans(),
)
@pytest.mark.clause("VID-3.1", "VID-3.2")
def test_a_plan_keeps_every_bound(
    width: int, height: int, seconds: float, fps: Fraction, audio: bool
) -> None:
    facts = replace(
        CLIP,
        width=width,
        height=height,
        seconds=seconds,
        fps=fps,
        audio_stream=1 if audio else None,
    )
    plan = renditions.plan(facts)
    assert plan.width % 2 == plan.height % 2 == 0
    assert 2 <= plan.width <= width
    assert 2 <= plan.height <= height
    assert min(plan.width, plan.height) <= 720
    assert max(plan.width, plan.height) <= 1920
    assert 1 <= plan.fps <= 60
    assert (plan.video_bits + plan.audio_bits) * seconds / 8 <= renditions.SHARED_BYTES


def test_a_long_video_becomes_smaller_instead_of_worse() -> None:
    assert renditions.plan(replace(CLIP, seconds=900.0)).name == "480p"
    assert renditions.plan(replace(CLIP, seconds=3000.0)).name == "360p"


@pytest.mark.clause("VID-3.10")
@pytest.mark.parametrize(
    ("mean", "smoothest", "made"),
    [
        (Fraction(13), Fraction(60), 60),
        (Fraction(30000, 1001), Fraction(30), Fraction(30000, 1001)),
        (Fraction(24), Fraction(240), 60),
        (Fraction(1, 10), Fraction(1, 10), 1),
    ],
)
def test_the_rate_is_that_of_the_part_that_moves_most(
    mean: Fraction, smoothest: Fraction, made: Fraction
) -> None:
    assert renditions.plan(replace(CLIP, fps=mean, smoothest=smoothest)).fps == made
