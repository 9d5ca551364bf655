"""Pure: what a film or sound is kept in, by its first bytes, as ffmpeg calls it (spec ATT-1.5).

A list of other files is none of them: what is read by it could be anything on the disk.
"""

from typing import Final

_MAGIC: Final = ((b"\x1aE\xdf\xa3", "matroska"), (b"OggS", "ogg"), (b"fLaC", "flac"))
_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_RIFF: Final = {b"WAVE": "wav", b"AVI ": "avi"}


def container_of(head: bytes, media_type: str) -> str:
    """Of a file that begins so; "" for none that is known. Where the beginning says little, what
    its name says (`media_type`) has to agree."""
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "")
    if head[4:8] in _BOXES:
        return "mov"
    if media_type.startswith("audio/"):
        return _sound(head, media_type)
    if media_type.startswith("video/"):
        is_stream = head[:1] == b"G" or head[4:5] == b"G"
        return "mpegts" if is_stream else "mpeg" if head.startswith(b"\0\0\1\xba") else ""
    return "mp3" if head.startswith(b"ID3") else ""


def _sound(head: bytes, media_type: str) -> str:
    is_tagged = head.startswith(b"ID3")
    if len(head) < 2 or not (is_tagged or (head[0] == 0xFF and head[1] & 0xE0 == 0xE0)):
        return ""
    is_aac = media_type == "audio/aac" if is_tagged else head[1] & 0xF6 == 0xF0
    return "aac" if is_aac else "mp3"
