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


def gif(width: int = 8, height: int = 6) -> bytes:
    return b"GIF89a" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + bytes(3)


def webp(kind: bytes = b"VP8X", width: int = 8, height: int = 6) -> bytes:
    if kind == b"VP8X":
        said = bytes(8) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    elif kind == b"VP8L":
        said = bytes(4) + b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little")
    else:
        said = bytes(10) + width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return b"RIFF\x00\x00\x00\x00WEBP" + kind + said + bytes(9)


def avif(width: int = 8, height: int = 6, brand: bytes = b"avif") -> bytes:
    ispe = b"\x00\x00\x00\x14ispe" + bytes(4) + width.to_bytes(4) + height.to_bytes(4)
    return b"\x00\x00\x00\x18ftyp" + brand + bytes(4) + brand + b"miaf" + ispe + b"\x00\x00mdat"
