"""A child's script: look at one foreign file with PyAV and print the facts as JSON (spec VID-2).

`probe.py FILE ORDER`, where ORDER is JSON: container, codecs, most_frames, most_pixels. Never
imported by a page that serves: it loads the libraries that read foreign bytes. It judges nothing;
`video/renditions` does.
"""

import json
import sys
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

UNREADABLE_EXIT = 2
MOST_TRIES = 300  # packets that may fail before the first picture or sound
LOOKED_AT = 10  # pictures by which fields are told from frames


def opened(path: str, container: str, codecs: str) -> InputContainer:
    """The file, read as `container` and nothing else, so that no playlist can be one."""
    return av.open(
        path,
        format=container,
        metadata_errors="ignore",
        options={
            "protocol_whitelist": "file",
            "format_whitelist": container,
            "codec_whitelist": codecs,
        },
    )


class Span:
    """From when to when packets go, and how many they are, and how many more are hidden."""

    def __init__(self) -> None:
        self.packets = 0
        self.hidden = 0
        self.starts: list[Fraction] = []
        self.first: Fraction | None = None
        self.last = Fraction(0)

    def take(self, start: Fraction, length: Fraction) -> None:
        self.packets += 1
        self.starts.append(start)
        self.first = start if self.first is None else min(self.first, start)
        self.last = max(self.last, start + length)

    @property
    def seconds(self) -> Fraction:
        return Fraction(0) if self.first is None else self.last - self.first


def count(
    file: InputContainer, video: int, audio: int | None, most_frames: int
) -> tuple[Span, Span, bool]:
    """The pictures, all that is heard and seen, and whether the last packet is cut.

    Goes through all packets, decoding none, until there is one picture too many. What an edit list
    hides, such as all between the key frame and the cut of a trimmed video, is work, but not shown.
    """
    seen, all_of_it, cut = Span(), Span(), False
    wanted = [video] if audio is None else [video, audio]
    with suppress(FFmpegError):  # a file cut in the middle of a packet: what came so far counts
        for packet in file.demux(*wanted):
            time = packet.pts if packet.pts is not None else packet.dts
            if time is None or packet.time_base is None:
                continue
            cut = packet.is_corrupt
            if packet.is_discard:
                seen.hidden += packet.stream_index == video
                continue
            span = (time * packet.time_base, (packet.duration or 0) * packet.time_base)
            all_of_it.take(*span)
            if packet.stream_index == video:
                seen.take(*span)
            if seen.packets + seen.hidden > most_frames:
                break
    return seen, all_of_it, cut


def first_frames(file: InputContainer, stream: int, most: int) -> list[Any]:
    """Up to `most` of the frames that come out first."""
    frames: list[Any] = []
    tries = 0
    for packet in file.demux(stream):
        tries += not packet.is_discard
        with suppress(FFmpegError):
            frames += packet.decode()
        if tries > MOST_TRIES or len(frames) >= most:
            break
    return frames[:most]


def sound(path: str, container: str, codecs: str) -> tuple[int | None, str | None]:
    """The first track of which anything is heard, as its place and its codec, or twice None."""
    with opened(path, container, codecs) as file:
        tracks = [(s.index, s.codec_context.name) for s in file.streams.audio if s.codec_context]
    for track, codec in tracks:
        with opened(path, container, codecs) as file, suppress(FFmpegError):
            if first_frames(file, track, 1):
                return track, codec
    return None, None


def rate(claimed: Fraction | None, seen: Span) -> Fraction:
    """Pictures a second: the header's exact number where counting agrees with it, else ours."""
    if not seen.seconds:
        return Fraction(0)
    counted = Fraction(seen.packets / seen.seconds).limit_denominator(1001)
    return claimed if claimed and abs(claimed - counted) * 20 <= counted else counted


def smoothest(seen: Span) -> Fraction:
    """Pictures a second where it moves most: phones and screens skip what stands still.

    Of the shortest distances between pictures a twentieth is passed over: single ones are none.
    """
    starts = sorted(set(seen.starts))
    gaps = sorted(after - before for before, after in pairwise(starts))
    if not gaps:
        return Fraction(0)
    short = gaps[len(gaps) // 20]
    # Clocks of milliseconds give 16 and 17 for a sixtieth: their mean is exact.
    alike = [gap for gap in gaps if short <= gap * 4 / 3 and gap * 2 / 3 <= short]
    return len(alike) / sum(alike, Fraction(0))


def nothing(file: InputContainer, container: str) -> dict[str, Any]:
    """The facts of a file before any video was found in it, as `renditions.Facts` wants them."""
    return {
        "container": container,
        "width": 0,
        "height": 0,
        "aspect": "1",
        "rotation": 0,
        "seconds": 0.0,
        "declared_seconds": max(0, file.duration or 0) / av.time_base,
        "cut": False,
        "fps": "0",
        "smoothest": "0",
        "frames": 0,
        "streams": len(file.streams),
        "decodes": False,
        "interlaced": False,
        "colour": {},
        "video_codec": "",
        "video_stream": 0,
        "audio_codec": None,
        "audio_stream": None,
        "audio_streams": len(file.streams.audio),
    }


def look(path: str, order: dict[str, Any]) -> dict[str, Any]:
    """All facts of the file; zeros where there is no video."""
    container, codecs = order["container"], order["codecs"]
    with opened(path, container, codecs) as file:
        facts = nothing(file, container)
        video = next(
            (s for s in file.streams.video if not s.disposition & Disposition.attached_pic), None
        )
        if video is None or video.codec_context is None:
            return facts
        facts["audio_stream"], facts["audio_codec"] = sound(path, container, codecs)
        seen, all_of_it, cut = count(file, video.index, facts["audio_stream"], order["most_frames"])
        facts.update(
            width=video.codec_context.width,
            height=video.codec_context.height,
            aspect=str(video.sample_aspect_ratio or 1),
            seconds=float(all_of_it.seconds),
            cut=cut,
            fps=str(rate(video.average_rate, seen)),
            smoothest=str(smoothest(seen).limit_denominator(1001)),
            frames=seen.packets + seen.hidden,
            video_codec=video.codec_context.name,
            video_stream=video.index,
        )
    # The header's size is enough to refuse; decoding such a picture would only eat memory.
    if facts["width"] * facts["height"] <= order["most_pixels"]:
        with opened(path, container, codecs) as file:
            file.streams[facts["video_stream"]].codec_context.thread_count = 1
            frames = first_frames(file, facts["video_stream"], LOOKED_AT)
            for frame in frames[:1]:
                facts.update(
                    decodes=True,
                    width=frame.width,
                    height=frame.height,
                    rotation=frame.rotation,
                    interlaced=any(one.interlaced_frame for one in frames),
                    colour={
                        "primaries": int(frame.color_primaries),
                        "transfer": int(frame.color_trc),
                        "matrix": int(frame.colorspace),
                        "rgb": frame.format.is_rgb,
                        "lines": frame.height,
                    },
                )
    return facts


def main(arguments: list[str]) -> int:
    path, order = arguments
    try:
        facts = look(path, json.loads(order))
    except FFmpegError as fault:
        sys.stderr.write(f"{type(fault).__name__}: {fault.strerror}")
        return UNREADABLE_EXIT
    sys.stdout.write(json.dumps(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
