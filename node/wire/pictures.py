"""Pure: what a picture's first bytes say: that it is one, and how large it is drawn."""

from collections.abc import Iterator
from typing import Final, TypeAlias

Size: TypeAlias = tuple[int, int]

# Frames of a JPEG; between them stand tables (C4, CC) and a reserved one (C8).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_AVIF = (b"avif", b"avis")
_POINTS = (b"VP8L", b"VP8 ")
# Before the points of a WebP stands how much shows through. Where that alone is longer, its canvas
# has to do: a picture of another size behind it is drawn nowhere.
LONGEST_ALPHA: Final = 128 * 1024


def measured(head: bytes) -> Size | None:
    """Width and height; None while `head` does not reach so far.

    Raises `ValueError` when it is the beginning of no picture of a kind that is shown. Which of
    them it was said to be does not matter: browsers look for themselves.
    """
    for magic, at, read in _KINDS:
        found = head[at : at + len(magic)]
        if magic.startswith(found):
            size = read(head) if found == magic else None
            if size is not None and 0 in size:
                raise ValueError("a picture of no size")
            return size
    raise ValueError("no picture")


def _png(head: bytes) -> Size | None:
    """The larger of the canvas and an animation's first frame, which stands before the points."""
    if len(head) < 33:
        return None
    if head[8:16] != b"\x00\x00\x00\rIHDR":
        raise ValueError("no PNG")
    size, at = (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])), 33
    while at + 8 <= len(head):
        length, name = int.from_bytes(head[at : at + 4]), head[at + 4 : at + 8]
        if name == b"IDAT":
            return size
        if name == b"IEND":
            raise ValueError("a PNG without a picture")
        if name == b"fcTL":
            if at + 28 > len(head):
                return None
            sides = [int.from_bytes(head[n : n + 4]) for n in range(at + 12, at + 28, 4)]
            size = _over(size, (sides[2], sides[3]), (sides[0], sides[1]))
        at += 12 + length
    return None


def _over(canvas: Size, corner: Size, frame: Size) -> Size:
    """What holds both the canvas and a frame on it."""
    if 0 in frame:
        raise ValueError("a picture of no size")
    return max(canvas[0], corner[0] + frame[0]), max(canvas[1], corner[1] + frame[1])


def _gif(head: bytes) -> Size | None:
    """The larger of the screen and the first picture on it: some draw a picture beyond it."""
    if len(head) < 13:
        return None
    screen = _pair(head, 6)
    at = 13 + _colours(head[10])
    while at < len(head) and head[at] == 0x21:
        end = _behind_parts(head, at + 2)
        if end is None:
            return None
        at = end
    if at + 10 > len(head):
        return None
    if head[at] != 0x2C:
        raise ValueError("a GIF without a picture")
    return _over(screen, _pair(head, at + 1), _pair(head, at + 5))


def _pair(head: bytes, at: int) -> Size:
    return int.from_bytes(head[at : at + 2], "little"), int.from_bytes(
        head[at + 2 : at + 4], "little"
    )


def _colours(packed: int) -> int:
    return 3 * 2 ** ((packed & 7) + 1) if packed & 0x80 else 0


def _behind_parts(head: bytes, at: int) -> int | None:
    """Where a chain of parts, each with its length before it, is over."""
    while at < len(head):
        if not head[at]:
            return at + 1
        at += 1 + head[at]
    return None


def _jpeg(head: bytes) -> Size | None:
    at = 2
    while at + 9 <= len(head):
        if head[at] != 0xFF:
            raise ValueError("no JPEG")
        marker = head[at + 1]
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES:
            return int.from_bytes(head[at + 7 : at + 9]), int.from_bytes(head[at + 5 : at + 7])
        length = int.from_bytes(head[at + 2 : at + 4])
        if marker in (0xD9, 0xDA) or length < 2:
            raise ValueError("a JPEG without a frame")
        at += 2 + length
    return None


def _webp(head: bytes) -> Size | None:
    if len(head) < 30:
        return None
    if head[8:12] != b"WEBP":
        raise ValueError("no WebP")
    kind = head[12:16]
    if kind in _POINTS:
        return _webp_points(head, 12)
    if kind != b"VP8X":
        raise ValueError("no WebP")
    canvas = _triple(head, 24) + 1, _triple(head, 27) + 1
    return _webp_frame(head, 20 + int.from_bytes(head[16:20], "little"), canvas)


def _webp_frame(head: bytes, at: int, canvas: Size) -> Size | None:
    """The larger of the canvas and the first picture on it, as its points say that."""
    corner = 0, 0
    while at + 8 <= len(head):
        kind, length = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        if kind in _POINTS:
            frame = _webp_points(head, at)
            return frame and _over(canvas, corner, frame)
        if kind == b"ANMF":
            if at + 20 > len(head):
                return None
            corner = 2 * _triple(head, at + 8), 2 * _triple(head, at + 11)
            frame = _triple(head, at + 14) + 1, _triple(head, at + 17) + 1
            canvas = _over(canvas, corner, frame)
            at += 24  # its own parts follow
            continue
        if kind == b"ALPH" and length > LONGEST_ALPHA:
            return canvas
        at += 8 + length + length % 2
    return None


def _webp_points(head: bytes, at: int) -> Size | None:
    """The size in the points of a WebP, as they begin at `at`."""
    if at + 18 > len(head):
        return None
    if head[at : at + 4] == b"VP8L":
        packed = int.from_bytes(head[at + 9 : at + 13], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    width, height = _pair(head, at + 14)
    return width & 0x3FFF, height & 0x3FFF


def _triple(head: bytes, at: int) -> int:
    return int.from_bytes(head[at : at + 3], "little")


def _avif(head: bytes) -> Size | None:
    if len(head) < 32:
        return None
    if not any(brand in head[8 : int.from_bytes(head[:4])] for brand in _AVIF):
        raise ValueError("no AVIF")
    # Each picture inside says its own size, in an `ispe` of the one `meta`; elsewhere none counts.
    boxes, start, stop = (b"meta", b"iprp", b"ipco"), 0, len(head)
    for name in boxes:
        place = next((one for one in _boxes(head, start, stop) if one[0] == name), None)
        if place is None and name != b"meta":
            raise ValueError("an AVIF that says no size")
        if place is None or place[2] > len(head):
            return None
        # A `meta` has its version before what is in it.
        start, stop = place[1] + 4 * (name == b"meta"), place[2]
    found = [
        (int.from_bytes(head[at + 4 : at + 8]), int.from_bytes(head[at + 8 : at + 12]))
        for name, at, end in _boxes(head, start, stop)
        if name == b"ispe" and end - at >= 12
    ]
    if not found:
        raise ValueError("an AVIF that says no size")
    return max(width for width, _ in found), max(height for _, height in found)


def _boxes(head: bytes, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """The boxes of ISO/IEC 14496-12 §4.2 in a row: name, and where the content begins and ends."""
    while at + 8 <= stop:
        size, begin = int.from_bytes(head[at : at + 4]), at + 8
        if size == 1:
            size, begin = int.from_bytes(head[at + 8 : at + 16]), at + 16
            if begin > stop:
                return
        if at + size < begin:  # also 0, for what has no end: no size can be behind it
            raise ValueError("no AVIF")
        yield head[at + 4 : at + 8], begin, at + size
        at += size


_KINDS = (
    (b"\xff\xd8\xff", 0, _jpeg),
    (b"\x89PNG\r\n\x1a\n", 0, _png),
    (b"GIF8", 0, _gif),
    (b"RIFF", 0, _webp),
    (b"ftyp", 4, _avif),
)
