"""Which part of a video is shown, and its cover, in numbers."""

import pytest

from node.errors import Malformed
from node.video import cut as cuts
from node.video.cut import Cut, Part


@pytest.mark.clause("VID-6.7")
@pytest.mark.parametrize(
    "cut",
    [
        Cut(start_ms=-1),
        Cut(end_ms=999),
        Cut(start_ms=5000, end_ms=5999),
        Cut(start_ms=5000, end_ms=4000),
        Cut(cover_ms=-1),
        Cut(start_ms=2000, cover_ms=1999),
        Cut(end_ms=4000, cover_ms=4001),
    ],
)
def test_a_part_of_no_video_is_refused(cut: Cut) -> None:
    with pytest.raises(Malformed, match=r"VID-6\.7"):
        cuts.check(cut)


@pytest.mark.clause("VID-6.7")
@pytest.mark.parametrize("cut", [Cut(10_000), Cut(9_500), Cut(9_500, 12_000), Cut(60_000, 90_000)])
def test_a_part_that_is_not_in_the_video_is_refused(cut: Cut) -> None:
    with pytest.raises(Malformed, match=r"VID-6\.7.*10\.0 s"):
        cuts.of(cuts.check(cut), 10.0)


@pytest.mark.parametrize(
    ("cut", "seconds", "part"),
    [
        (Cut(), 10.0, Part(0, 10, 1, True)),
        (Cut(), 0.3, Part(0, 0.3, 0.03, True)),
        (Cut(0, 10_000), 10.0, Part(0, 10, 1, True)),
        (Cut(0, 99_000), 10.0, Part(0, 10, 1, True)),
        (Cut(2_000), 10.0, Part(2, 8, 0.8, False)),
        (Cut(2_000, 5_000, 2_500), 10.0, Part(2, 3, 0.5, False)),
        (Cut(0, None, 99_000), 10.0, Part(0, 10, 10, True)),
    ],
)
def test_a_part_is_bounded_by_what_there_is(cut: Cut, seconds: float, part: Part) -> None:
    assert cuts.of(cuts.check(cut), seconds) == part
