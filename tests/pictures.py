"""The beginnings of pictures, of whatever size they claim."""


def jpeg(width: int = 8, height: int = 6, before: int = 0) -> bytes:
    """With so many bytes of other segments before it says its size."""
    whole, rest = divmod(before, 60_000)
    sizes = [60_000] * whole + ([rest] if rest else [])
    other = b"".join(b"\xff\xe1" + (2 + n).to_bytes(2) + bytes(n) for n in sizes)
    frame = b"\xff\xc0\x00\x11\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03" + bytes(9)
    return b"\xff\xd8" + other + frame + b"\xff\xda a picture"


def png(width: int = 8, height: int = 6) -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes(9)
    )


def gif(width: int = 8, height: int = 6, screen: tuple[int, int] | None = None) -> bytes:
    """`screen`: what it says first, where that is another size than its picture's."""
    sizes = [n.to_bytes(2, "little") for n in (*(screen or (width, height)), width, height)]
    comment = b"\x21\xfe\x03,,,\x00"
    frame = b"\x2c" + bytes(4) + b"".join(sizes[2:]) + b"\x00"
    return b"GIF89a" + b"".join(sizes[:2]) + b"\x80\x00\x00" + bytes(6) + comment + frame


def webp(kind: bytes = b"VP8X", width: int = 8, height: int = 6) -> bytes:
    if kind == b"VP8X":
        said = bytes(8) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        said = bytes(4) + b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
    else:
        said = bytes(10) + width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"RIFF\x00\x00\x00\x00WEBP" + kind + said + bytes(9)


def avif(width: int = 8, height: int = 6, brand: bytes = b"avif", before: bytes = b"") -> bytes:
    """`before`: a box between the first one and the one that counts."""
    ispe = box(b"ispe", bytes(4) + width.to_bytes(4) + height.to_bytes(4))
    meta = box(b"meta", bytes(4) + box(b"iprp", box(b"ipco", box(b"pixi") + ispe)))
    kind = box(b"ftyp", brand + bytes(4) + brand + b"miaf")
    return kind + before + meta + b"\x00\x00\x10\x00mdat"


def box(name: bytes, content: bytes = b"") -> bytes:
    """A box of ISO/IEC 14496-12."""
    return (8 + len(content)).to_bytes(4) + name + content
