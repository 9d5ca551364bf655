"""What ffmpeg is asked to do: the commands for a rendition and its HLS (spec VID-3).

It is found on the machine, else in the package `imageio-ffmpeg`, so that pip alone suffices.
"""

import importlib.util
import re
import shutil
from pathlib import Path

from node.errors import Broken
from node.media import colours
from node.video.renditions import FORMATS, NAMES, SEGMENT_SECONDS, Plan

MP4, MASTER, PLAYLIST, STREAM, POSTER = NAMES
# One decoder each, the plain ones: exotic decoders are where the holes are.
CODECS = (
    "h264,hevc,libdav1d,av1,vp8,vp9,libvpx,libvpx-vp9,mpeg4,mpeg1video,mpeg2video,h263,mjpeg,"
    "prores,theora,aac,mp3,mp3float,opus,libopus,vorbis,libvorbis,flac,alac,ac3,eac3,amrnb,amrwb,"
    # What broadcast, disc cameras, dash cameras, old phones and old computers record.
    "mp1,mp1float,mp2,mp2float,dca,truehd,mlp,wmav1,wmav2,wmapro,gsm,gsm_ms,qdm2,"
    "adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,"
    "pcm_f64le,pcm_f64be,pcm_s8,pcm_u8,pcm_mulaw,pcm_alaw,pcm_bluray,pcm_dvd"
)
QUIET = ("-hide_banner", "-nostdin", "-nostats", "-y", "-protocol_whitelist", "file,pipe")
# With its end: a piece of output may be cut in the middle of a number.
PROGRESS = re.compile(rb"out_time_us=(\d+)\s")


def found_ffmpeg(configured: str | None = None) -> str:
    """The path of ffmpeg: the configured one, the system's, or the packaged one."""
    path = configured or shutil.which("ffmpeg") or _packaged()
    if path is None or shutil.which(path) is None:
        raise Broken("ffmpeg is nowhere: install it, or `pip install imageio-ffmpeg`")
    return str(Path(shutil.which(path) or path).resolve())


def _packaged() -> str | None:
    # Looked up, not imported: that package costs the serving process 6 MiB.
    package = importlib.util.find_spec("imageio_ffmpeg")
    for folder in (package.submodule_search_locations or []) if package else []:
        for binary in sorted(Path(folder, "binaries").glob("ffmpeg-*")):
            return str(binary)
    return None


def picture(plan: Plan) -> list[str]:
    """The filters that the picture goes through (VID-3.1, VID-3.7, VID-3.9)."""
    fields = ["bwdif=mode=send_field:deint=interlaced"] if plan.interlaced else []
    return [*fields, f"fps={plan.fps}", *colours.filters(plan), "setsar=1"]


def part(plan: Plan) -> tuple[list[str], list[str]]:
    """What is said before and behind the source when only a part of it is wanted (VID-6.7)."""
    if plan.part.is_whole:
        return [], []
    start, length = ["-ss", f"{plan.part.start:.3f}"], ["-t", f"{plan.part.seconds:.3f}"]
    # Without an index a place is found by guessing, so all before it is decoded. The end is said
    # of what is written: said of the source, older ffmpegs draw its last picture out (`fps`).
    return ([], [*start, *length]) if plan.container == "mpegts" else (start, length)


def to_mp4(ffmpeg: str, source: str, plan: Plan) -> list[str]:
    """The rendition (VID-3.1 to VID-3.3), one thread for each side so that memory stays low."""
    container = FORMATS[plan.container]
    before, behind = part(plan)
    sound = () if plan.audio_stream is None else ("-map", f"0:{plan.audio_stream}")
    return [
        *(ffmpeg, *QUIET, "-progress", "pipe:1", "-filter_threads", "1"),
        *("-format_whitelist", container, "-codec_whitelist", CODECS, "-threads", "1"),
        *("-f", container, *before, "-i", f"file:{source}", *behind),
        *("-map", f"0:{plan.video_stream}", *sound, "-sn", "-dn"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
        *(
            "-vf",
            ",".join(picture(plan)),
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-profile:v",
            "main",
        ),
        *("-threads", "1", "-flags:v", "+bitexact", "-crf", "23", *colours.tags()),
        *("-maxrate", str(plan.video_bits), "-bufsize", str(2 * plan.video_bits)),
        *("-g", str(round(plan.fps * SEGMENT_SECONDS))),
        *("-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT_SECONDS})"),
        *("-c:a", "aac", "-b:a", str(plan.audio_bits or 1), "-ac", "2", "-ar", "48000"),
        *("-flags:a", "+bitexact", "-movflags", "+faststart", "-f", "mp4", MP4),
    ]


def to_hls(ffmpeg: str) -> list[str]:
    """HLS from the rendition by copying (VID-3.4): byte ranges of one fragmented MP4."""
    return [
        *(ffmpeg, *QUIET, "-format_whitelist", "mov", "-f", "mov", "-i", f"file:{MP4}"),
        *("-c", "copy", "-map_metadata", "-1", "-fflags", "+bitexact"),
        *("-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_playlist_type", "vod"),
        *("-hls_segment_type", "fmp4", "-hls_flags", "single_file"),
        *("-hls_segment_filename", STREAM, "-master_pl_name", MASTER, PLAYLIST),
    ]


def name_codecs(master: Path, codecs: str) -> None:
    """Write `codecs` into the playlist of variants, as not every ffmpeg does (VID-3.4)."""
    text = re.sub(r',?CODECS="[^"]*"', "", master.read_text())
    line = re.compile(r"^(#EXT-X-STREAM-INF:.*)$", re.M)
    master.write_text(line.sub(rf'\1,CODECS="{codecs}"', text))


def progress(heard: bytes, seconds: float) -> float | None:
    """How much is done, from 0 to 1, by the last line of progress in `heard`; None without one."""
    marks = PROGRESS.findall(heard)
    return min(1.0, int(marks[-1]) / 1e6 / seconds) if marks and seconds > 0 else None
