"""The studio: what a worker asks of media. It waits for bounded children and keeps their results.

No library that reads foreign bytes is loaded here; the children do that (spec VID-2 to VID-4).
"""

import asyncio
import hashlib
import json
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from node.errors import Broken, Malformed, TooMuch
from node.media import bounds, transcode
from node.media.bounds import Bounds, Caps, noticing_full_disk
from node.ports import Blobs
from node.video import pictures, renditions
from node.video.pictures import Made
from node.video.records import MediaFileRecord
from node.video.renditions import Facts, File, Limits, Plan, Rendered
from node.wire.picture_formats import HEAD_LENGTH

T = TypeVar("T")
PROBE = Path(__file__).with_name("probe.py")
PICTURE = Path(__file__).with_name("picture.py")
FRAMES = Path(__file__).with_name("frames.py")
LOOK = Caps(wall_seconds=60, cpu_seconds=60)
# The client waits, and so does the file: a machine that is busy is no fault of a picture.
DRAW = Caps(wall_seconds=180, cpu_seconds=60, patient=True)
FINISH = Caps(wall_seconds=120, cpu_seconds=120)
# A rendition may take ten times as long as it plays, and never less than two minutes.
PATIENCE_SECONDS, PATIENCE_FACTOR = 120, 10
TRANSCODED = 0.9  # of the whole work; the rest is copying and the poster
TYPES = {
    transcode.MP4: "video/mp4",
    transcode.MASTER: "application/vnd.apple.mpegurl",
    transcode.PLAYLIST: "application/vnd.apple.mpegurl",
    transcode.STREAM: "video/mp4",
    transcode.POSTER: "image/jpeg",
}


class _Seen(msgspec.Struct):
    width: int
    height: int
    blurhash: str
    codecs: str
    seconds: float


class _Sized(msgspec.Struct):
    name: str
    width: int
    height: int


class _Drawn(msgspec.Struct):
    """What the child says of a picture: how it was made, or why it is refused."""

    blurhash: str = ""
    milliseconds: int = 0
    files: list[_Sized] = []
    refusal: str = ""
    much: bool = False


def _silence(_done: float) -> None:
    """Nobody wants to hear of progress."""


class Studio:
    """Looks at uploads and makes renditions of them, each in its own temporary folder.

    `work_folder` is this process' own: `sweep` empties it, so call that once, at start.
    """

    def __init__(self, blobs: Blobs, work_folder: Path, ffmpeg: str, limits: Limits) -> None:
        self._blobs = blobs
        self._work_folder = work_folder
        self._ffmpeg = ffmpeg
        self._limits = limits

    async def bounds(self) -> Bounds:
        """Which bounds hold around the children of this machine (VID-4.4); takes a second."""
        async with self._folder() as folder:
            return await bounds.bounds(folder)

    async def sweep(self) -> None:
        """Remove what a process that was killed left behind."""
        await asyncio.to_thread(shutil.rmtree, self._work_folder, ignore_errors=True)

    async def digest(self, blob: str) -> bytes:
        """The SHA-256 of a blob, raw, for `uploads.seal`."""
        return bytes.fromhex(await asyncio.to_thread(_sha256, Path(await self._blobs.local(blob))))

    async def probe(self, blob: str) -> Facts:
        """What the blob is; `Malformed` or `TooMuch` (VID-2) when it is no video for this node."""
        head = b"".join(
            [piece async for piece in self._blobs.read(blob, 0, renditions.HEAD_LENGTH)]
        )
        container = renditions.container(head)
        if container is None:
            raise Malformed(
                "VID-2.1", "this is not a video: MP4, MOV, MKV, WebM, AVI and MPEG-TS are taken"
            )
        order = {
            "container": renditions.FORMATS[container],
            "codecs": transcode.CODECS,
            "most_frames": self._limits.frames,
            "most_pixels": self._limits.pixels,
        }
        source = _absolute(await self._blobs.local(blob))
        async with self._folder() as folder:
            program = bounds.python(PROBE, source, json.dumps(order))
            said = await bounds.run(program, folder, [source], LOOK)
        facts = _decode(said, Facts)
        renditions.judge(facts, self._limits)
        return facts

    async def render(
        self, blob: str, plan: Plan, into: str, progress: Callable[[float], None] = _silence
    ) -> Rendered:
        """Make all that `plan` says of `blob` and keep it as blobs below the name `into`.

        Again is no error: the same names are written again. `progress` hears numbers from 0 to 1.
        Whether it fails or is cancelled, nothing is left (VID-3.6). Raises `Malformed` or
        `TooMuch` (VID-2.5) for a video that cannot be made, `Full` (VID-4.2) for want of room and
        `Unreachable` for want of the store (VID-6.8), `Broken` where trying again may help.
        """
        source = _absolute(await self._blobs.local(blob))
        async with self._folder() as folder, self._folder() as ours:
            await self._transcode(source, plan, folder, progress)
            await bounds.run(transcode.to_hls(self._ffmpeg), folder, [], FINISH)
            progress(0.95)
            cover = f"{plan.part.cover:.3f}"
            program = bounds.python(FRAMES, transcode.MP4, transcode.POSTER, cover)
            seen = _decode(await bounds.run(program, folder, [], FINISH), _Seen)
            await asyncio.to_thread(_take, folder, TYPES, ours)
            await asyncio.to_thread(transcode.name_codecs, ours / transcode.MASTER, seen.codecs)
            files = await self._keep(ours, into, TYPES)
        progress(1.0)
        return Rendered(
            mp4=files[transcode.MP4],
            hls=(files[transcode.MASTER], files[transcode.PLAYLIST], files[transcode.STREAM]),
            poster=files[transcode.POSTER],
            blurhash=seen.blurhash,
            width=seen.width,
            height=seen.height,
            fps=plan.fps,
            seconds=seen.seconds,
            remark=plan.remark,
        )

    async def draw(self, blob: str, into: str) -> Made:
        """Make a picture of `blob` in its sizes, kept as blobs below the name `into` (PIC-1).

        Again is no error. Nothing is left of one that fails or is cancelled. Raises `Malformed` and
        `TooMuch` (PIC-1.1 to PIC-1.3) for what is no picture for this node, else as `render`.
        """
        head = b"".join([piece async for piece in self._blobs.read(blob, 0, HEAD_LENGTH)])
        order = {
            "format": pictures.format_of(head),
            "most_points": pictures.MOST_POINTS,
            "longest_side": pictures.LONGEST_SIDE,
            "most_frames": pictures.MOST_FRAMES,
            "most_drawn": pictures.MOST_DRAWN,
        }
        source = _absolute(await self._blobs.local(blob))
        async with self._folder() as folder, self._folder() as ours:
            program = bounds.python(PICTURE, source, json.dumps(order))
            said = await bounds.run(program, folder, [source], DRAW, what="picture")
            drawn = _decode(said, _Drawn)
            if drawn.refusal:
                kind = TooMuch if drawn.much else Malformed
                raise kind("PIC-1.3" if drawn.much else "PIC-1.2", drawn.refusal)
            names = {name: pictures.TYPES[name[-3:]] for name in _names(drawn)}
            await asyncio.to_thread(_take, folder, names, ours)
            files = await self._keep(ours, into, names)
        made = (_picture_file(files[one.name], one) for one in drawn.files)
        return Made(tuple(made), drawn.blurhash, drawn.milliseconds)

    async def _transcode(
        self, source: str, plan: Plan, folder: Path, progress: Callable[[float], None]
    ) -> None:
        furthest = 0.0

        def heard(piece: bytes) -> None:
            # ffmpeg tells the time of whichever stream it wrote last, so its number may go back.
            nonlocal furthest
            done = transcode.progress(piece, plan.part.seconds)
            if done is not None and done > furthest:
                furthest = done
                progress(done * TRANSCODED)

        # What lies before the part may have to be read as well.
        patience = PATIENCE_SECONDS + PATIENCE_FACTOR * (plan.part.start + plan.part.seconds)
        # Two threads of ffmpeg may burn at once, so the processor's limit is the wider one.
        caps = Caps(wall_seconds=patience, cpu_seconds=int(2 * patience) + 1)
        program = transcode.to_mp4(self._ffmpeg, source, plan)
        await bounds.run(program, folder, [source], caps, heard)

    async def _keep(self, folder: Path, into: str, types: Mapping[str, str]) -> dict[str, File]:
        """The finished files as blobs: all of them, or none."""
        files: dict[str, File] = {}
        try:
            for name, media_type in types.items():
                made = folder / name
                size, digest = await asyncio.to_thread(_measured, made)
                files[name] = File(f"{into}/{name}", size, digest, media_type)
                await self._blobs.put(files[name].blob, str(made))
        except BaseException:
            for file in files.values():
                await self._blobs.delete(file.blob)
            raise
        return files

    @asynccontextmanager
    async def _folder(self) -> AsyncIterator[Path]:
        folder = await asyncio.to_thread(_fresh, self._work_folder)
        try:
            with noticing_full_disk():
                yield folder
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _fresh(work_folder: Path) -> Path:
    try:
        with noticing_full_disk():
            work_folder.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(dir=work_folder.absolute()))
    except OSError as fault:
        raise Broken("the disk with the media work folder cannot be used") from fault


def _absolute(path: str) -> str:
    # A child works in a folder of its own, where a relative path would mean something else.
    return str(Path(path).absolute())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _names(drawn: _Drawn) -> list[str]:
    """What the child says that it made: a decoder that was taken over says anything (VID-4.7)."""
    names = [one.name for one in drawn.files]
    if len({*names}) < len(names) or not {*names} <= {*pictures.NAMES}:
        raise Broken("a media child named files that are none of a picture's")
    return names


def _take(folder: Path, names: Iterable[str], ours: Path) -> None:
    """Move what a child made to where no child writes, and look at it there (VID-4.7).

    In this order: what the child may have left running could change it after the look.
    """
    for name in names:
        try:
            (folder / name).rename(ours / name)
        except FileNotFoundError as fault:
            raise Broken(f"a media child ended well but made no {name}") from fault
        found = (ours / name).lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise Broken(f"what a media child left as {name} is no file of its own")


def _measured(path: Path) -> tuple[int, str]:
    return path.stat().st_size, _sha256(path)


def _picture_file(file: File, seen: _Sized) -> MediaFileRecord:
    return MediaFileRecord(
        name=seen.name,
        kind="picture",
        media_type=file.media_type,
        size=file.size,
        blob=file.blob,
        sha256=bytes.fromhex(file.sha256),
        width=seen.width,
        height=seen.height,
    )


def _fraction(wanted: type, value: Any) -> Any:
    return Fraction(value) if wanted is Fraction else value


def _decode(said: bytes, wanted: type[T]) -> T:
    try:
        return msgspec.json.decode(said, type=wanted, dec_hook=_fraction)
    except msgspec.DecodeError as fault:
        raise Broken("a media child answered something else than what it was asked") from fault
