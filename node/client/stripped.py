"""A file before it is sealed: what it says of where and when it was made goes (spec ATT-1.5).

Pictures are drawn anew by Pillow. Of films and sound the streams are copied by ffmpeg, without the
metadata around them. Other files stay as they are.
"""

import asyncio
import io
import mimetypes
import shutil
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from msgspec import Struct

from node.client.attached import kind_of, name_of
from node.errors import Malformed
from node.wire.picture_formats import HEAD_LENGTH, format_said

AS_IS: Final = "say --as-is to send it with all that it says of itself"
POSTER_SIDE: Final = 320
POSTER_TYPE: Final = "image/jpeg"
LONGEST_SIDE: Final = 16_383  # of a WebP
_QUALITY: Final = 90
_FORMATS: Final = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif",
                   "WEBP": "image/webp", "AVIF": "image/avif"}  # fmt: skip
_CONTAINERS: Final = {"video/webm": "webm", "audio/webm": "webm", "audio/ogg": "ogg",
                      "audio/mpeg": "mp3", "audio/wav": "wav", "audio/aac": "adts"}  # fmt: skip
_SAME: Final = {"audio/x-wav": "audio/wav", "audio/vnd.wave": "audio/wav",
                "audio/x-m4a": "audio/mp4", "audio/mp4a-latm": "audio/mp4",
                "audio/x-aac": "audio/aac"}  # fmt: skip


class Prepared(Struct, frozen=True, kw_only=True):
    """A file that is ready to be sealed: its bytes lie at `path`."""

    path: Path
    name: str
    media_type: str
    width: int = 0
    height: int = 0
    milliseconds: int = 0
    poster: bytes = b""

    @property
    def kind(self) -> str:
        return kind_of(self.media_type)


@asynccontextmanager
async def prepared(path: Path, as_is: bool = False) -> AsyncIterator[Prepared]:
    """The file as it is sent. Raises `Malformed` (ATT-1.5, ATT-5.1)."""
    _check(path)
    with TemporaryDirectory(prefix="kith-") as folder:
        yield await _made(path, Path(folder), as_is)


def _check(path: Path) -> None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise Malformed("ATT-5.1", f"there is no file {path}") from None
    except OSError as error:
        raise Malformed("ATT-5.1", f"{path} cannot be read: {error.strerror}") from None
    if not stat.S_ISREG(found.st_mode):
        raise Malformed("ATT-5.1", f"{path} is no file: folders and pipes are not sent")


async def _made(path: Path, folder: Path, as_is: bool) -> Prepared:
    try:
        with path.open("rb") as file:
            format = format_said(file.read(HEAD_LENGTH))
    except OSError as error:
        raise Malformed("ATT-5.1", f"{path} cannot be read: {error.strerror}") from None
    if format:
        return await asyncio.to_thread(_picture, path, folder, format, as_is)
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    media_type = _SAME.get(guessed, guessed)
    if media_type.startswith(("video/", "audio/")):
        return await _film(path, folder, media_type, as_is)
    return Prepared(path=path, name=name_of(path.name), media_type=media_type)


# -- pictures --------------------------------------------------------------------------------------


def _picture(path: Path, folder: Path, format: str, as_is: bool) -> Prepared:
    name = name_of(path.name)
    pil: Any = import_module("PIL.Image")
    if format == "HEIF":
        import_module("pi_heif").register_heif_opener(thumbnails=False)
        if not as_is:
            format, name = "JPEG", f"{Path(name).stem}.jpg"
    media_type = _FORMATS.get(format, "image/heic")
    try:
        with pil.open(path) as picture:
            target = path if as_is else _drawn(picture, folder / "picture", format)
        with pil.open(target) as drawn:
            width, height = import_module("PIL.ImageOps").exif_transpose(drawn).size
            poster = _poster(drawn)
    except (OSError, ValueError, SyntaxError, pil.DecompressionBombError) as error:
        if not as_is:
            why = f"{path.name} cannot be drawn anew ({error}): {AS_IS}"
            raise Malformed("ATT-1.5", why) from None
        return Prepared(path=path, name=name, media_type=media_type)
    return Prepared(
        path=target, name=name, media_type=media_type, width=width, height=height, poster=poster
    )


def _drawn(picture: Any, target: Path, format: str) -> Path:
    """The same picture upright, and nothing but its points and colours."""
    colours = picture.info.get("icc_profile")
    more: dict[str, Any] = {"icc_profile": colours} if colours else {}
    if getattr(picture, "is_animated", False) and format in ("GIF", "WEBP", "PNG"):
        more |= {"save_all": True, "loop": picture.info.get("loop", 0)}
        picture.info.pop("comment", None)
        for unwanted in ("exif", "xmp"):
            picture.info.pop(unwanted, None)
        picture.save(target, format, **more)
        return target
    upright = import_module("PIL.ImageOps").exif_transpose(picture)
    if format == "JPEG" and upright.mode not in ("RGB", "L", "CMYK"):
        upright = upright.convert("RGB")
    bare = upright.copy()
    bare.info = {}
    if format in ("JPEG", "WEBP", "AVIF"):
        more |= {"quality": _QUALITY}
    if "transparency" in upright.info and format in ("PNG", "GIF"):
        more |= {"transparency": upright.info["transparency"]}
    bare.save(target, format, **more)
    return target


def _poster(picture: Any) -> bytes:
    """A small one of it, which is here before the file is."""
    small = import_module("PIL.ImageOps").exif_transpose(picture).convert("RGB")
    small.thumbnail((POSTER_SIDE, POSTER_SIDE))
    small.info = {}
    out = io.BytesIO()
    small.save(out, "JPEG", quality=70)
    return out.getvalue()


# -- films and sound -------------------------------------------------------------------------------


async def _film(path: Path, folder: Path, media_type: str, as_is: bool) -> Prepared:
    name, target = name_of(path.name), path
    if not as_is:
        wanted = _CONTAINERS.get(media_type, "mp4")
        is_sound = media_type.startswith("audio/")
        if wanted == "mp4":
            media_type = "audio/mp4" if is_sound else "video/mp4"
            name = f"{Path(name).stem}.{'m4a' if is_sound else 'mp4'}"
        target = folder / f"film.{wanted}"
        await _copied(path, target, wanted, is_sound)
    facts = await asyncio.to_thread(_facts, target)
    return Prepared(path=target, name=name, media_type=media_type, **facts)


async def _copied(path: Path, target: Path, container: str, is_sound: bool) -> None:
    ffmpeg = _ffmpeg()
    if not ffmpeg:
        raise _not_here(path)
    chosen = ["-map", "0:a:0"] if is_sound else ["-map", "0:v:0", "-map", "0:a:0?"]
    told = ["-map_metadata", "-1", "-map_metadata:s:v", "-1", "-map_metadata:s:a", "-1"]
    if is_sound:
        told = ["-map_metadata", "-1", "-map_metadata:s:a", "-1"]
    more = ["-movflags", "+faststart"] if container == "mp4" else []
    how = [*chosen, *told, "-map_chapters", "-1", "-fflags", "+bitexact", "-c", "copy", *more]
    command = ["-nostdin", "-v", "error", "-i", f"file:{path}", *how, "-f", container]
    try:
        child = await asyncio.create_subprocess_exec(
            ffmpeg, *command, f"file:{target}",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        raise _not_here(path) from error
    try:
        _, said = await child.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        raise
    if child.returncode:
        line = (said.decode(errors="replace").strip().splitlines() or ["it failed"])[-1][:200]
        why = f"what {path.name} says of itself cannot be taken out (ffmpeg: {line}): {AS_IS}"
        raise Malformed("ATT-1.5", why)


def _ffmpeg() -> str:
    """The system's, or the one that came with us; "" for none."""
    if found := shutil.which("ffmpeg"):
        return found
    try:
        return str(import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return ""


def _not_here(path: Path) -> Malformed:
    why = f"without ffmpeg what {path.name} says of where it was made cannot be taken out"
    return Malformed("ATT-1.5", f"{why}: install ffmpeg, or {AS_IS}")


def _facts(path: Path) -> dict[str, Any]:
    """How large and long it is, and a picture of it, as far as that can be read."""
    av: Any = import_module("av")
    found: dict[str, Any] = {}
    with suppress(av.FFmpegError, OSError, ValueError, IndexError), av.open(str(path)) as film:
        if film.duration:
            found["milliseconds"] = max(1, film.duration // 1000)
        for frame in film.decode(film.streams.video[0]):
            picture = frame.to_image()
            found |= {"width": picture.width, "height": picture.height}
            found["poster"] = _poster(picture)
            break
    return found
