"""The beginnings of pictures, of whatever size they claim."""


def jpeg(width: int = 8, height: int = 6, before: int = 0) -> bytes:
    """With so many bytes of other segments before it says its size."""
    whole, rest = divmod(before, 60_000)
    sizes = [60_000] * whole + ([rest] if rest else [])
    other = b"".join(b"\xff\xe1" + (2 + n).to_bytes(2) + bytes(n) for n in sizes)
    frame = b"\xff\xc0\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03" + bytes(9)
    return b"\xff\xd8" + other + frame + b"\xff\xda a picture"


def png(width: int = 8, height: int = 6, frame: tuple[int, int, int, int] | None = None) -> bytes:
    """`frame`: the first one of an animation: its place, then its size."""
    size = width.to_bytes(4) + height.to_bytes(4)
    head = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", size + bytes(5)) + _chunk(b"gAMA", bytes(4))
    if frame:
        left, top, *sides = (n.to_bytes(4) for n in frame)
        control = _chunk(b"fcTL", bytes(4) + b"".join(sides) + left + top + bytes(6))
        head += _chunk(b"acTL", bytes(8)) + control
    return head + _chunk(b"IDAT", b"\x00\x01")


def _chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + name + content + bytes(4)


def gif(width: int = 8, height: int = 6, screen: tuple[int, int] | None = None) -> bytes:
    """`screen`: what it says first, where that is another size than its picture's."""
    sizes = [n.to_bytes(2, "little") for n in (*(screen or (width, height)), width, height)]
    comment = b"\x21\xfe\x03,,,\x00"
    frame = b"\x2c" + bytes(4) + b"".join(sizes[2:]) + b"\x00"
    return b"GIF89a" + b"".join(sizes[:2]) + b"\x80\x00\x00" + bytes(6) + comment + frame


def webp(
    kind: bytes = b"VP8X", width: int = 8, height: int = 6, before: bytes = b"", points: bytes = b""
) -> bytes:
    """Of VP8X: what stands `before` the `points`, which are of the same size if nothing is said."""
    if kind == b"VP8X":
        said = bytes(4) + _triple(width - 1) + _triple(height - 1)
        found = part(b"VP8X", said) + before + (points or webp_points(b"VP8L", width, height))
    elif kind in (b"VP8L", b"VP8 "):
        found = webp_points(kind, width, height)
    else:
        found = part(kind, bytes(18))
    return b"RIFF\x00\x00\x00\x00WEBP" + found


def webp_points(kind: bytes, width: int, height: int) -> bytes:
    if kind == b"VP8L":
        sides = ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
        return part(kind, b"\x2f" + sides + bytes(9))
    sides = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return part(kind, bytes(6) + sides + bytes(8))


def webp_frame(left: int, top: int, width: int, height: int, points: bytes = b"") -> bytes:
    """A frame of an animation."""
    place = [left // 2, top // 2, width - 1, height - 1]
    inner = points or webp_points(b"VP8 ", width, height)
    return part(b"ANMF", b"".join(map(_triple, place)) + bytes(4) + inner)


def part(name: bytes, content: bytes) -> bytes:
    """A chunk of a RIFF file."""
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def _triple(number: int) -> bytes:
    return number.to_bytes(3, "little")


def avif(width: int = 8, height: int = 6, brand: bytes = b"avif", before: bytes = b"") -> bytes:
    """`before`: a box between the first one and the one that counts."""
    ispe = box(b"ispe", bytes(4) + width.to_bytes(4) + height.to_bytes(4))
    meta = box(b"meta", bytes(4) + box(b"iprp", box(b"ipco", box(b"pixi") + ispe)))
    kind = box(b"ftyp", brand + bytes(4) + brand + b"miaf")
    return kind + before + meta + b"\x00\x00\x10\x00mdat"


def box(name: bytes, content: bytes = b"") -> bytes:
    """A box of ISO/IEC 14496-12."""
    return (8 + len(content)).to_bytes(4) + name + content
