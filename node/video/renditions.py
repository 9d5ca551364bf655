"""Pure: from what a probe found to what is made of it (spec VID-2, VID-3).

`Facts` are what the probe child saw. `judge` refuses what this node does not take; `plan` says
which renditions follow. Numbers only: no file is touched here.
"""

from fractions import Fraction

from msgspec import Struct

from node.errors import Malformed, TooMuch
from node.video import cut as cuts
from node.video.cut import Cut, Part

LONG_SIDE = 1920  # a very wide video is bounded here too: peers take up to 1080p
SMOOTHEST = Fraction(60)  # frames a second of a rendition
VARIES = Fraction(11, 10)  # between its mean and its smoothest part, a rate that varies
SHARED_BYTES = 99_000_000  # larger attachments are refused by widely deployed peers
SEGMENT_SECONDS = 4
AUDIO_BITS = 96_000  # a second
MOST_VIDEO_BITS = 2_500_000  # a second, at 720p
LEAST_VIDEO_BITS = 250_000
HEAD_LENGTH = 4096  # bytes that `container` needs

# The only demuxers that ever see foreign bytes. Playlists and lists of files (m3u8, concat, dash,
# sdp) are absent: they name other files and addresses.
FORMATS = {"mov": "mov", "matroska": "matroska", "avi": "avi", "mpegts": "mpegts"}

QUICKTIME_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}

SILENT = "VID-2.6: its sound cannot be decoded here, so this video plays without sound"

WHOLE = Cut()

# The files that are made of a video, by the names under which they are kept and served.
NAMES = ("video.mp4", "master.m3u8", "stream.m3u8", "stream.mp4", "poster.jpg")

# Under which rate of bits a second the picture is made smaller instead of worse.
SHORT_SIDE_BY_BITS = ((900_000, 720), (450_000, 480), (0, 360))


class Colour(Struct, frozen=True):
    """What a source says of its colours, in the numbers of ITU-T H.273, where 2 is nothing."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    rgb: bool = False
    lines: int = 0  # by which players guess what is not said


class Facts(Struct, frozen=True):
    """What the probe saw. Sides are of the coded picture; `rotation` is in degrees.

    `video_stream` and `audio_stream` are places in the file; covers are no video, and of
    `audio_streams` tracks the first that decodes is taken.

    `frames` were counted, not believed, with those that an edit list hides; `seconds` is what is
    shown and `declared_seconds` what the header says (0: nothing); `cut` when its last packet is.
    `decodes` says that a first frame came out. `aspect` is a pixel's shape: width over height.
    `interlaced`: a picture is two fields, each of an instant of its own. `fps` is the mean over all
    of it, `smoothest` where it moves most.
    """

    container: str
    width: int
    height: int
    aspect: Fraction
    rotation: int
    seconds: float
    declared_seconds: float
    cut: bool
    fps: Fraction
    frames: int
    streams: int
    decodes: bool
    video_codec: str
    video_stream: int
    audio_codec: str | None
    audio_stream: int | None
    audio_streams: int = 0
    interlaced: bool = False
    colour: Colour = Colour()
    smoothest: Fraction = Fraction(0)

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as a person sees them: square pixels, upright."""
        width = max(1, round(self.width * self.aspect))
        return (self.height, width) if self.rotation % 180 else (width, self.height)


class Limits(Struct, frozen=True):
    """What this node takes. The defaults bound one video to minutes of work, not hours."""

    seconds: int = 900
    pixels: int = 4096 * 2304
    side: int = 8192
    least_side: int = 16
    fps: int = 240
    frames: int = 54_000
    streams: int = 16


class Plan(Struct, frozen=True):
    """One rendition: H.264/AAC in MP4, even sides. Bits are a second; `part` is of the source."""

    container: str
    width: int
    height: int
    fps: Fraction
    video_bits: int
    video_stream: int
    audio_stream: int | None
    part: Part
    remark: str = ""  # clause and words for the author: what is not as in the source
    interlaced: bool = False
    colour: Colour = Colour()

    @property
    def audio_bits(self) -> int:
        return 0 if self.audio_stream is None else AUDIO_BITS

    @property
    def name(self) -> str:
        """Such as ``720p``: the short side."""
        return f"{min(self.width, self.height)}p"


class File(Struct, frozen=True):
    """A finished file: the name of its blob, its length, its SHA-256 in hex."""

    blob: str
    size: int
    sha256: str
    media_type: str


class Rendered(Struct, frozen=True):
    """All that was made of one video. `hls` is: playlist of variants, playlist, fragmented MP4.

    Width and height are of the rendition; the poster has the same.
    """

    mp4: File
    hls: tuple[File, File, File]
    poster: File
    blurhash: str
    width: int
    height: int
    fps: Fraction
    seconds: float
    remark: str = ""  # the plan's


def container(head: bytes) -> str | None:
    """The container that the first bytes announce, or None: nothing that this node takes.

    We decide, not the demuxers' guessing: a playlist or a picture never reaches them (VID-2.1).
    """
    if head[4:8] in QUICKTIME_BOXES:
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    # Camcorders and discs put a time of four bytes before each packet of 188.
    for before, length in ((0, 188), (4, 192)):
        places = range(before, before + 4 * length, length)
        if len(head) > places[-1] and all(head[at] == 0x47 for at in places):
            return "mpegts"
    return None


def judge(facts: Facts, limits: Limits) -> None:
    """Silence, or the refusal of a video that this node does not take (VID-2.2 to VID-2.4)."""
    if facts.container not in FORMATS:
        raise Malformed("VID-2.1", "this is not a video that is taken here")
    if facts.frames < 1 or facts.seconds <= 0:
        raise Malformed("VID-2.2", "this video has no picture")
    _judge_size(facts, limits)
    for what, number, most in (
        ("seconds", facts.seconds, limits.seconds),
        ("frames", facts.frames, limits.frames),
        ("frames a second", facts.fps, limits.fps),
        ("streams", facts.streams, limits.streams),
    ):
        if number > most:
            raise TooMuch(
                "VID-2.4", f"a video here has at most {most} {what}", what=what, most=most
            )
    if not facts.decodes:
        raise Malformed("VID-2.2", "this video has no picture that can be shown")
    # A file cut off on its way says one length and holds another.
    missing = facts.declared_seconds - facts.seconds
    if facts.cut or missing > max(1.0, facts.declared_seconds / 10):
        raise Malformed("VID-2.3", "the file ends early: a part of it is missing")


def _judge_size(facts: Facts, limits: Limits) -> None:
    sides = (facts.width, facts.height, *facts.shown)
    if min(sides) < limits.least_side:
        raise Malformed("VID-2.2", f"a picture has at least {limits.least_side} pixels a side")
    if max(sides) > limits.side or facts.width * facts.height > limits.pixels:
        raise TooMuch(
            "VID-2.4",
            f"a picture has at most {limits.pixels} pixels and {limits.side} a side",
            pixels=limits.pixels,
            side=limits.side,
        )


def plan(facts: Facts, cut: Cut = WHOLE) -> Plan:
    """The rendition of a video that `judge` let pass. Raises `Malformed` (VID-6.7).

    Never larger than the source, never over `SHARED_BYTES`: a long video gets fewer bits and,
    below a rate, a smaller picture (VID-3.1, VID-3.2).
    """
    part = cuts.of(cut, facts.seconds)
    seconds = max(part.seconds, 0.1)
    budget = int(SHARED_BYTES * 0.93 * 8 / seconds) - AUDIO_BITS
    bits = min(MOST_VIDEO_BITS, max(LEAST_VIDEO_BITS, budget))
    short = next(side for least, side in SHORT_SIDE_BY_BITS if bits >= least)
    width, height = bound(*facts.shown, short, LONG_SIDE)
    return Plan(
        facts.container,
        width,
        height,
        _rate(facts),
        bits,
        facts.video_stream,
        facts.audio_stream,
        part,
        SILENT if facts.audio_streams and facts.audio_stream is None else "",
        facts.interlaced,
        facts.colour,
    )


def _rate(facts: Facts) -> Fraction:
    """The rate of the rendition: the source's, at least one and at most `SMOOTHEST`.

    Of two fields two pictures are made, so that what moved stays as smooth as it was.
    """
    measured = facts.fps if facts.fps > 0 else Fraction(facts.frames / facts.seconds)
    # A steady source differs by the rounding of its clock only: then the header's number is exact.
    if facts.smoothest > measured * VARIES:
        measured = facts.smoothest
    measured *= 2 if facts.interlaced else 1
    return min(SMOOTHEST, max(Fraction(1), measured)).limit_denominator(1001)


def bound(width: int, height: int, short: int, long: int) -> tuple[int, int]:
    """The largest even sides of this shape within `short` and `long`; never larger than given."""
    factor = min(
        Fraction(1), Fraction(short, min(width, height)), Fraction(long, max(width, height))
    )
    return _even(width * factor), _even(height * factor)


def _even(side: Fraction) -> int:
    # 4:2:0 colour halves each side, so an odd one cannot be coded. Down, never up.
    return max(2, int(side) // 2 * 2)
