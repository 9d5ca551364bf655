"""What the first bytes of a picture say (spec VID-9.7)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.wire.pictures import measured
from tests.pictures import avif, box, gif, jpeg, part, png, webp, webp_frame, webp_points

EACH = [
    jpeg(), jpeg(before=100), jpeg(before=200_000), png(), gif(), avif(), avif(brand=b"avis"),
    png(frame=(0, 0, 8, 6)), webp(before=webp_frame(2, 0, 4, 6), points=b" "),
    webp(before=part(b"ICCP", b"odd") + part(b"ANIM", bytes(6)) + part(b"ALPH", bytes(9))),
    webp(before=part(b"ALPH", bytes(140_000))),
    *(webp(kind) for kind in (b"VP8X", b"VP8L", b"VP8 ")),
]  # fmt: skip


@pytest.mark.clause("VID-9.7")
@pytest.mark.parametrize("head", EACH)
def test_a_size_is_told_as_soon_as_it_came(head: bytes) -> None:
    assert measured(head) == (8, 6)
    assert measured(head + bytes(1000)) == (8, 6)
    assert {measured(head[:n]) for n in range(min(len(head), 40))} <= {None, (8, 6)}


@pytest.mark.clause("VID-9.7")
@pytest.mark.parametrize(
    "head",
    [
        b"<html><script>", b"<svg xmlns=", b"%PDF-1.7", b"PK\x03\x04", b"\0" * 40, b"BM",
        b"II*\0", b"\x89PNG\n", b"GIF7", b" \xff\xd8\xff", b"RIFFaaaaWAVE",
    ],
)  # fmt: skip
def test_what_is_no_picture_that_is_shown_is_none(head: bytes) -> None:
    with pytest.raises(ValueError, match=r"picture|PNG|JPEG|WebP|AVIF"):
        measured(head.ljust(60, b"\0"))


@pytest.mark.clause("VID-9.7")
@pytest.mark.parametrize(
    "head",
    [
        png(0, 6),
        gif(8, 0),
        jpeg(0, 0),
        b"\xff\xd8\xff\xda" + bytes(40),
        b"\xff\xd8\xff\xe0\x00\x01" + bytes(40),
        b"\xff\xd8\xff\xe0\x00\x02<script>" + bytes(40),
        webp(b"ANIM"),
        avif(brand=b"mp42"),
        avif().replace(b"ispe", b"none"),
        avif().replace(b"ipco", b"none"),
        avif(before=bytes(8)),
        avif(before=b"\x00\x00\x00\x07free"),
        gif().replace(b"\x2c" + bytes(4), b"\x3b" + bytes(4)),
        gif(0, 6, screen=(8, 6)),
        png(frame=(0, 0, 0, 6)),
        png().replace(b"IDAT", b"IEND"),
        png().replace(b"\x00\x00\x00\rIHDR", b"\x00\x00\x00\x0eIHDR"),
        webp(b"VP8 ", 0, 6),
        webp(points=webp_points(b"VP8 ", 8, 0)),
    ],
)
def test_a_picture_that_cannot_be_is_none(head: bytes) -> None:
    with pytest.raises(ValueError, match=r"picture|PNG|JPEG|WebP|AVIF"):
        measured(head)


@pytest.mark.clause("VID-9.7")
@pytest.mark.parametrize(
    "decoy",
    [
        b"\x00\x00\x00\x14ispe" + bytes(4) + b"\x00\x00\x00\x01" * 2,
        box(b"free", box(b"ispe", bytes(4) + b"\x00\x00\x00\x01" * 2) + b"mdat"),
        box(b"mdat", box(b"ispe", bytes(4) + b"\x00\x00\x00\x01" * 2)),
        b"\x00\x00\x00\x01mdat" + (16 + 5).to_bytes(8) + b"mdat.",
    ],
)
def test_a_small_size_before_the_one_that_counts_hides_nothing(decoy: bytes) -> None:
    assert measured(avif(40_000, 30_000, before=decoy)) == (40_000, 30_000)
    assert measured(avif(40_000, 30_000, brand=b"avif" + decoy[:20])) == (40_000, 30_000)


@pytest.mark.clause("VID-9.7")
def test_the_picture_on_a_small_screen_counts() -> None:
    assert measured(gif(40_000, 30_000, screen=(1, 1))) == (40_000, 30_000)
    assert measured(gif(1, 1, screen=(8, 6))) == (8, 6)


LARGE = (40_000, 30_000)


@pytest.mark.clause("VID-9.7")
@pytest.mark.parametrize(
    ("head", "size"),
    [
        (png(frame=(0, 0, *LARGE)), LARGE),
        (png(frame=(39_999, 29_999, 1, 1)), LARGE),
        (webp(points=webp_points(b"VP8L", 16_000, 16_000)), (16_000, 16_000)),
        (webp(points=webp_points(b"VP8 ", 16_000, 16_000)), (16_000, 16_000)),
        (webp(before=webp_frame(0, 0, *LARGE)), LARGE),
        (webp(before=webp_frame(39_998, 29_998, 2, 2)), LARGE),
        (webp(before=webp_frame(0, 0, 8, 6, webp_points(b"VP8L", 16_000, 9))), (16_000, 9)),
    ],
)
def test_the_frame_on_a_small_canvas_counts(head: bytes, size: tuple[int, int]) -> None:
    assert measured(head) == size


@pytest.mark.clause("VID-9.7")
@given(st.sampled_from(EACH), st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_make_a_fault(head: bytes, noise: bytes, keep: int) -> None:
    try:
        size = measured(head[:keep] + noise)
    except ValueError:
        return
    assert size is None or min(size) > 0
