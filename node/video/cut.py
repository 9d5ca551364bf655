"""Pure: which part of a source is shown, and which of its pictures is the cover (spec VID-6.7)."""

from msgspec import Struct

from node.errors import Malformed

LEAST_MS = 1000  # a part that is shorter is a slip of the finger
USUAL_COVER, USUAL_COVER_SHARE = 1.0, 10  # s; of a short one its tenth part


class Cut(Struct, frozen=True):
    """Milliseconds of the source as it plays. Without `end_ms` it is shown to its end."""

    start_ms: int = 0
    end_ms: int | None = None
    cover_ms: int | None = None


class Part(Struct, frozen=True):
    """A cut of a known source, in seconds; `cover` counts from the beginning of the part."""

    start: float
    seconds: float
    cover: float
    is_whole: bool


def check(cut: Cut) -> Cut:
    """The cut. Raises `Malformed` (VID-6.7) when it can be one of no source."""
    start, end, cover = cut.start_ms, cut.end_ms, cut.cover_ms
    if start < 0 or (end is not None and end - start < LEAST_MS):
        raise Malformed("VID-6.7", "the part that is shown begins at 0 or later and lasts a second")
    if cover is not None and not start <= cover <= (cover if end is None else end):
        raise Malformed("VID-6.7", "the cover is a picture of the part that is shown")
    return cut


def of(cut: Cut, seconds: float) -> Part:
    """The part of a source of this length. Raises `Malformed` (VID-6.7) when it has no such."""
    start = cut.start_ms / 1000
    end = seconds if cut.end_ms is None else min(cut.end_ms / 1000, seconds)
    least = min(LEAST_MS / 1000, seconds)
    if end - start < least:
        raise Malformed("VID-6.7", f"the video has {seconds:.1f} s, so the part is not in it")
    length = end - start
    if cut.cover_ms is None:
        cover = min(USUAL_COVER, length / USUAL_COVER_SHARE)
    else:
        cover = min(cut.cover_ms / 1000 - start, length)
    return Part(start, length, cover, length >= seconds)
