"""Pure: which kind of picture a file begins as, of those that people may post (spec PIC-1.1)."""

HEAD_LENGTH = 64
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
)
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_AVIF = frozenset({b"avif", b"avis"})


def format_said(head: bytes) -> str:
    """JPEG, PNG, GIF, WEBP, AVIF or HEIF, by the first bytes of a file; empty for anything else."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] != b"ftyp":
        return ""
    end = min(len(head), int.from_bytes(head[:4]))
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
    # What says both is an AVIF that is built as HEIF says.
    return "AVIF" if brands & _AVIF else "HEIF" if brands & _HEIF else ""
