"""Pure: what a picture's first bytes say: that it is one, and how large it is drawn."""

from typing import TypeAlias

Size: TypeAlias = tuple[int, int]

# Frames of a JPEG; between them stand tables (C4, CC) and a reserved one (C8).
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_AVIF = (b"avif", b"avis")


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
    if len(head) < 24:
        return None
    if head[12:16] != b"IHDR":
        raise ValueError("no PNG")
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def _gif(head: bytes) -> Size | None:
    if len(head) < 10:
        return None
    return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")


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
    if kind == b"VP8X":
        sides = [int.from_bytes(head[n : n + 3], "little") + 1 for n in (24, 27)]
        return sides[0], sides[1]
    if kind == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        sides = [int.from_bytes(head[n : n + 2], "little") & 0x3FFF for n in (26, 28)]
        return sides[0], sides[1]
    raise ValueError("no WebP")


def _avif(head: bytes) -> Size | None:
    if len(head) < 32:
        return None
    if not any(brand in head[8 : int.from_bytes(head[:4])] for brand in _AVIF):
        raise ValueError("no AVIF")
    # Each picture inside says its own size in an `ispe`; the media data comes behind them.
    if b"mdat" not in head:
        return None
    found = [
        (int.from_bytes(each[4:8]), int.from_bytes(each[8:12]))
        for each in head.partition(b"mdat")[0].split(b"ispe")[1:]
        if len(each) >= 12
    ]
    if not found:
        raise ValueError("an AVIF that says no size")
    return max(width for width, _ in found), max(height for _, height in found)


_KINDS = (
    (b"\xff\xd8\xff", 0, _jpeg),
    (b"\x89PNG\r\n\x1a\n", 0, _png),
    (b"GIF8", 0, _gif),
    (b"RIFF", 0, _webp),
    (b"ftyp", 4, _avif),
)
