"""A child's script: make of one foreign picture what everybody can be shown (spec PIC-1).

`picture.py FILE ORDER`, where ORDER is JSON: format, most_points, longest_side, most_frames,
most_drawn. It writes its files into the folder that it works in and prints JSON: the facts, or why
it is refused. Never imported by a page that serves: it loads the libraries that read foreign bytes.
"""

import io
import json
import sys
from collections import deque
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import blurhash
from pi_heif import register_heif_opener
from PIL import Image, ImageCms

SIZES = (("large", 2048), ("medium", 1024), ("small", 400))
LONGEST_LOOP = 1024  # of the sides of an animation
LOOP = "loop.mp4"
QUALITY = 85
HASHED_SIDE = 64  # a blurhash keeps a dozen waves: more points only cost time
COMPONENTS = (4, 3)
MOVING = frozenset({"GIF", "WEBP", "PNG", "AVIF"})
SHORTEST_MS = 20  # browsers show no picture of an animation for less, but a tenth of a second
USUAL_MS = 100
WHITE = (255, 255, 255)
ORIENTATION = 0x0112  # of Exif: how a picture lies, and what sets it upright
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = frozenset({5, 6, 7, 8})  # width is height
SRGB = ImageCms.createProfile("sRGB")


class RefusedError(Exception):
    """What the person is told; `much`: it is over a limit."""

    def __init__(self, reason: str, much: bool = False) -> None:
        super().__init__(reason)
        self.much = much


def check_size(size: tuple[int, int], order: dict[str, Any]) -> None:
    """Before anything is decoded: what the header says is enough to refuse."""
    width, height = size
    if min(size) < 1:
        raise RefusedError("the picture has no size")
    if max(size) > order["longest_side"] or width * height > order["most_points"]:
        raise RefusedError(
            f"the picture has {width} by {height} points: at most {order['longest_side']} on a "
            f"side and {order['most_points'] // 10**6} million in all are taken",
            much=True,
        )


def opened(path: str, format: str) -> Image.Image:
    """The file, read as `format` and nothing else."""
    if format == "HEIF":
        register_heif_opener(thumbnails=False)
    Image.MAX_IMAGE_PIXELS = None  # `check_size` decides, and says more
    return Image.open(path, formats=[format])


def plain(image: Image.Image) -> Image.Image:
    """The same points as RGB or RGBA in sRGB, of any mode and with any profile."""
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        image = image.convert("RGBA")
    elif image.mode.startswith("I") or image.mode == "F":
        # 16 bits a point: their upper half.
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    image = _in_srgb(image.convert("RGB") if alpha else image, profile)
    if alpha is not None and alpha.getextrema()[0] != 255:
        image.putalpha(alpha)
    return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            found = ImageCms.profileToProfile(image, source, SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile of another kind of points, or none at all: browsers pass over it too
        else:
            if found is not None:
                return found
    return image.convert("RGB")


def upright(image: Image.Image, orientation: object) -> Image.Image:
    """As it is to be seen; what says nothing that is known stays as it lies."""
    turn = TURNS.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def still(image: Image.Image, orientation: object) -> Image.Image:
    """Upright, in sRGB, no larger than is kept, and nothing besides its points."""
    longest = SIZES[0][1]
    if image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if max(image.size) > longest and image.mode in ("RGB", "RGBA", "L", "CMYK"):
        info = image.info
        image.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
        image.info = info
    image = plain(image)
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    image = upright(image, orientation)
    return Image.frombytes(image.mode, image.size, image.tobytes())


def written(image: Image.Image) -> list[dict[str, Any]]:
    """The picture in its sizes, none larger than it is."""
    suffix, kind = ("png", "PNG") if image.mode == "RGBA" else ("jpg", "JPEG")
    files, last = [], (0, 0)
    for name, longest in SIZES:
        sized = image.copy()
        sized.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        if sized.size == last:
            continue  # it is small already
        last = sized.size
        made = io.BytesIO()
        if kind == "JPEG":
            sized.save(made, kind, quality=QUALITY, optimize=True, progressive=True)
        else:
            # The best that zlib can do takes nine times as long, for a few per cent.
            sized.save(made, kind, compress_level=6)
        # Pillow passes over what a full disk does not take.
        Path(f"{name}.{suffix}").write_bytes(made.getvalue())
        files.append({"name": f"{name}.{suffix}", "width": last[0], "height": last[1]})
    return files


def hashed(image: Image.Image) -> str:
    """Its blurhash; what shows through is white."""
    small = image.copy()
    small.thumbnail((HASHED_SIDE, HASHED_SIDE))
    wide, high = COMPONENTS if image.width >= image.height else COMPONENTS[::-1]
    return str(blurhash.encode(_on_white(small), x_components=wide, y_components=high))


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    under = Image.new("RGB", image.size, WHITE)
    under.paste(image, mask=image.getchannel("A"))
    return under


class Loop:
    """An MP4 to which pictures are added, each with how long it is shown."""

    def __init__(self, size: tuple[int, int], orientation: object) -> None:
        self._orientation = orientation
        if orientation in LYING:
            size = size[::-1]
        shrunk = min(1.0, LONGEST_LOOP / max(size))
        width, height = (max(2, round(side * shrunk) // 2 * 2) for side in size)
        self.size = (width, height)
        self._file = av.open(LOOP, "w", format="mp4", options={"movflags": "+faststart"})
        self._stream = self._file.add_stream("libx264", rate=Fraction(50))
        self._stream.width, self._stream.height = self.size
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = Fraction(1, 1000)
        context = self._stream.codec_context
        context.time_base = Fraction(1, 1000)
        context.thread_count = 1
        # Without pictures that look ahead, packets leave in the order in which they are shown.
        context.options = {"crf": "23", "preset": "veryfast", "bf": "0"}
        self.milliseconds = 0
        self._shown: deque[int] = deque()  # how long, of those that are not written yet

    def add(self, image: Image.Image, shown_ms: int) -> None:
        drawn = upright(_on_white(plain(image.copy())), self._orientation)
        drawn = drawn.resize(self.size, Image.Resampling.BICUBIC)
        frame = av.VideoFrame.from_image(drawn)  # type: ignore[no-untyped-call]
        frame.pts, frame.time_base = self.milliseconds, Fraction(1, 1000)
        self._shown.append(shown_ms)
        self._write(frame)
        self.milliseconds += shown_ms

    def _write(self, frame: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            # Else nothing says how long the last picture is shown.
            packet.duration = self._shown.popleft()
            self._file.mux(packet)

    def end(self) -> None:
        self._write(None)
        self._file.close()


def check_length(count: int, size: tuple[int, int], order: dict[str, Any]) -> None:
    """Whether so many pictures of this size may be made into one animation."""
    if count > order["most_frames"] or count * size[0] * size[1] > order["most_drawn"]:
        raise RefusedError(
            f"the animation is too long: at most {order['most_frames']} pictures and "
            f"{order['most_drawn'] // 10**6} million points in all are taken",
            much=True,
        )


def moving(
    image: Image.Image, order: dict[str, Any], orientation: object
) -> tuple[Loop, Image.Image]:
    """All pictures of an animation in one file, and its first. Counted, not read from a header."""
    # What it says is enough to refuse it; what it does not say is counted.
    check_length(getattr(image, "n_frames", 1), image.size, order)
    loop, first = Loop(image.size, orientation), None
    for number in range(order["most_frames"] + 1):
        try:
            image.seek(number)
        except EOFError:
            break
        check_length(number + 1, image.size, order)
        check_size(image.size, order)
        image.load()
        said = image.info.get("duration") or 0
        loop.add(image, int(said) if said >= SHORTEST_MS else USUAL_MS)
        first = first if first is not None else plain(image.copy())
    if first is None:
        raise RefusedError("the animation has no picture")
    loop.end()
    return loop, first


def made(path: str, order: dict[str, Any]) -> dict[str, Any]:
    """The facts of what was made. Raises `RefusedError`, and what the libraries raise."""
    format = order["format"]
    with opened(path, format) as image:
        check_size(image.size, order)
        seen: dict[str, Any] = {"milliseconds": 0}
        files: list[dict[str, Any]] = []
        orientation = image.getexif().get(ORIENTATION, 1)
        if format in MOVING and getattr(image, "is_animated", False):
            loop, shown = moving(image, order, orientation)
            seen["milliseconds"] = loop.milliseconds
            files.append({"name": LOOP, "width": loop.size[0], "height": loop.size[1]})
            shown.info = {}
        else:
            longest = SIZES[0][1]
            image.draft(image.mode, (longest, longest))
            image.load()
            shown = image
        shown = still(shown, orientation)
    files += written(shown)
    return {**seen, "blurhash": hashed(shown), "files": files}


def main(arguments: list[str]) -> int:
    path, order = arguments
    try:
        said = made(path, json.loads(order))
    except RefusedError as refusal:
        said = {"refusal": str(refusal), "much": refusal.much}
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError) as fault:
        if isinstance(fault, OSError) and fault.errno is not None:
            raise  # of this machine: a full disk, above all
        # Pillow's many ways to say that a file is no picture, or a broken one.
        said = {"refusal": "the picture cannot be decoded: it is broken, or none", "much": False}
    sys.stdout.write(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
