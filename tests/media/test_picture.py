"""Real pictures through the real child: what is made of them, what is refused, what is left."""

import io
import json
import stat
import struct
import subprocess
import zlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path

import av
import msgspec
import pytest
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from node.errors import Broken, TooMuch, will_pass
from node.media import bounds
from node.media import studio as studio_page
from node.media.blobs import LocalBlobs
from node.media.bounds import Caps
from node.media.studio import Studio
from node.video.pictures import Made
from tests.clips import ffmpeg
from tests.pictures import box

# ruff: noqa: ASYNC240 - a test may wait for its own disk and its own ffmpeg
Refusal = Callable[[str], AbstractContextManager[None]]
Keep = Callable[[str, bytes], Awaitable[str]]
SECRET = b"GPS-AND-A-NAME-OF-A-PERSON"


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)  # type: ignore[arg-type]
    return made.getvalue()


def halves(size: tuple[int, int] = (3000, 2000)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, (255, 0, 0))
    image.paste((0, 0, 255), (size[0] // 2, 0, *size))
    return image


def frames(count: int, size: tuple[int, int] = (300, 200)) -> list[Image.Image]:
    return [Image.new("RGB", size, (number * 20 % 256, 100, 0)) for number in range(count)]


def heic(folder: Path, size: str = "128x96") -> bytes:
    """A HEIC, put together by hand: one picture of HEVC, upright."""
    clip = folder / "one.mp4"
    source = f"color=c=red:size={size}:rate=1:duration=1"
    command = [ffmpeg(), "-v", "error", "-y", "-f", "lavfi", "-i", source, "-frames:v", "1"]
    command += ["-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, "-tag:v", "hvc1", str(clip)], check=True, stdin=subprocess.DEVNULL)
    with av.open(str(clip)) as file:
        stream = file.streams.video[0]
        record = bytes(stream.codec_context.extradata or b"")
        coded = b"".join(bytes(packet) for packet in file.demux(stream))
    width, height = (int(side) for side in size.split("x"))
    kind = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    handler = box(b"hdlr", bytes(8) + b"pict" + bytes(13))
    main = box(b"pitm", bytes(4) + b"\x00\x01")
    entry = box(b"infe", b"\x02\x00\x00\x00\x00\x01\x00\x00hvc1\x00")
    items = box(b"iinf", bytes(4) + b"\x00\x01" + entry)
    size_box = box(b"ispe", bytes(4) + struct.pack(">II", width, height))
    told = box(b"ipma", bytes(4) + b"\x00\x00\x00\x01\x00\x01\x02\x81\x02")
    props = box(b"iprp", box(b"ipco", box(b"hvcC", record) + size_box) + told)

    def meta(at: int) -> bytes:
        where = struct.pack(">HHHII", 1, 0, 1, at, len(coded))
        place = box(b"iloc", bytes(4) + b"\x44\x00\x00\x01" + where)
        return box(b"meta", bytes(4) + handler + main + place + items + props)

    return kind + meta(len(kind) + len(meta(0)) + 8) + box(b"mdat", coded)


async def drawn(studio: Studio, keep: Keep, body: bytes) -> Made:
    return await studio.draw(await keep("up", body), "picture/1")


async def still(blobs: LocalBlobs, made: Made, name: str) -> Image.Image:
    path = await blobs.local(f"picture/1/{name}")
    body = Path(path).read_bytes()
    file = next(one for one in made.files if one.name == name)
    assert file.size == len(body)
    image = Image.open(io.BytesIO(body))
    image.load()
    assert image.size == (file.width, file.height)
    return image


def near(found: object, wanted: tuple[int, ...], by: int = 12) -> bool:
    assert isinstance(found, tuple)
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


@pytest.mark.clause("PIC-1.4", "PIC-1.7")
async def test_a_photograph_is_made_upright_in_three_sizes_and_bare(
    studio: Studio, keep: Keep, blobs: LocalBlobs, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, SECRET.decode()  # turned right; the camera's maker
    body = encoded(halves(), "JPEG", exif=exif, comment=SECRET) + b"PK\x03\x04" + SECRET
    made = await drawn(studio, keep, body)
    assert [(one.name, one.width, one.height) for one in made.files] == [
        ("large.jpg", 1365, 2048), ("medium.jpg", 682, 1024), ("small.jpg", 267, 400),
    ]  # fmt: skip
    large = await still(blobs, made, "large.jpg")
    assert near(large.getpixel((600, 100)), (255, 0, 0)), "what was left is above"
    assert near(large.getpixel((600, 1900)), (0, 0, 255))
    assert set(large.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive",
                               "progression"}  # fmt: skip
    assert not large.getexif()
    for one in made.files:
        kept = Path(await blobs.local(one.blob)).read_bytes()
        assert SECRET not in kept
        assert kept.endswith(b"\xff\xd9"), "nothing lies behind its end"
    assert 6 <= len(made.blurhash) <= 40
    assert sorted(p.name for p in (tmp_path / "work").rglob("*")) == []


@pytest.mark.clause("PIC-1.4")
async def test_what_shows_through_stays_so(studio: Studio, keep: Keep, blobs: LocalBlobs) -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", SECRET.decode())
    source = Image.new("RGBA", (600, 300), (0, 200, 0, 90))
    made = await drawn(studio, keep, encoded(source, "PNG", pnginfo=words))
    assert [one.name for one in made.files] == ["large.png", "small.png"], "none larger than it"
    large = await still(blobs, made, "large.png")
    assert large.getpixel((5, 5)) == (0, 200, 0, 90)
    assert large.info == {}
    packed = Path(await blobs.local("picture/1/large.png")).read_bytes()
    assert packed.partition(b"IDAT")[2][:2] == b"\x78\x9c", "the usual work of zlib, not its most"
    opaque = await drawn(
        studio, lambda _, body: keep("up2", body), encoded(source.convert("RGB"), "PNG")
    )
    assert opaque.files[0].media_type == "image/jpeg"


@pytest.mark.clause("PIC-1.4")
async def test_colours_become_srgb(studio: Studio, keep: Keep, blobs: LocalBlobs) -> None:
    # A profile whose red is the blue of sRGB, and the other way round.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"?XYZ", 1).replace(b"bXYZ", b"rXYZ", 1)
    swapped = swapped.replace(b"?XYZ", b"bXYZ", 1)
    plain = await drawn(studio, keep, encoded(halves((64, 64)), "PNG"))
    assert near((await still(blobs, plain, "large.jpg")).getpixel((4, 4)), (255, 0, 0))
    other = await studio.draw(
        await keep("up2", encoded(halves((64, 64)), "PNG", icc_profile=swapped)), "picture/1"
    )
    shown = await still(blobs, other, "large.jpg")
    assert "icc_profile" not in shown.info
    assert near(shown.getpixel((4, 4)), (0, 0, 255)), "the profile counts"


@pytest.mark.clause("PIC-1.1")
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "GIF", "JPEG"])
async def test_every_kind_is_taken(
    studio: Studio, keep: Keep, blobs: LocalBlobs, kind: str
) -> None:
    made = await drawn(studio, keep, encoded(halves((640, 480)), kind))
    assert [one.name for one in made.files] == ["large.jpg", "small.jpg"]
    assert near((await still(blobs, made, "large.jpg")).getpixel((40, 40)), (255, 0, 0), 16)


@pytest.mark.clause("PIC-1.1")
async def test_heic_is_taken(studio: Studio, keep: Keep, blobs: LocalBlobs, tmp_path: Path) -> None:
    made = await drawn(studio, keep, heic(tmp_path))
    assert [(one.name, one.width, one.height) for one in made.files] == [("large.jpg", 128, 96)]
    assert near((await still(blobs, made, "large.jpg")).getpixel((64, 48)), (254, 0, 0), 16)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "I;16", "1"])
async def test_every_mode_is_read(studio: Studio, keep: Keep, blobs: LocalBlobs, mode: str) -> None:
    grey = Image.new("I;16", (50, 40), 40_000) if mode == "I;16" else (
        Image.new("L", (50, 40), 156).convert(mode)
    )  # fmt: skip
    made = await drawn(studio, keep, encoded(grey, "JPEG" if mode == "CMYK" else "PNG"))
    found = (await still(blobs, made, made.files[0].name)).convert("RGB").getpixel((9, 9))
    assert near(found, (255,) * 3 if mode == "1" else (156,) * 3, 100 if mode == "1" else 12)


@pytest.mark.clause("PIC-1.5")
@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF"])
async def test_an_animation_becomes_a_film_that_shows_each_picture_as_long(
    studio: Studio, keep: Keep, blobs: LocalBlobs, kind: str
) -> None:
    many = frames(6, (301, 200))
    times = [100, 300, 100, 100, 500, 100]
    body = encoded(many[0], kind, save_all=True, append_images=many[1:], duration=times, loop=0)
    made = await drawn(studio, keep, body)
    assert [one.name for one in made.files] == ["loop.mp4", "large.jpg"]
    assert made.milliseconds == 1200
    with av.open(await blobs.local("picture/1/loop.mp4")) as film:
        assert [s.type for s in film.streams] == ["video"]
        video = film.streams.video[0]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        starts = [round(float(f.time or 0) * 1000) for f in film.decode(video)]
        assert starts[:6] == [0, 100, 400, 500, 600, 1100]
        assert float(film.duration or 0) / av.time_base == pytest.approx(1.2, abs=0.02)
    head = Path(await blobs.local("picture/1/loop.mp4")).read_bytes()
    assert head.index(b"moov") < head.index(b"mdat")


@pytest.mark.clause("PIC-1.5", "PIC-1.4")
@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
async def test_an_animation_that_lies_on_its_side_is_set_upright(
    studio: Studio, keep: Keep, blobs: LocalBlobs, kind: str
) -> None:
    exif, one = Image.Exif(), halves((300, 200))
    exif[0x0112] = 6  # turned right: what was left is above
    other = one.copy()
    other.putpixel((0, 0), (0, 255, 0))
    body = encoded(one, kind, save_all=True, append_images=[other], duration=100, loop=0, exif=exif)
    made = await drawn(studio, keep, body)
    assert [(file.name, file.width, file.height) for file in made.files] == [
        ("loop.mp4", 200, 300), ("large.jpg", 200, 300),
    ]  # fmt: skip
    with av.open(await blobs.local("picture/1/loop.mp4")) as film:
        shown = next(film.decode(video=0)).to_image()
    for image in (shown, await still(blobs, made, "large.jpg")):
        assert image.size == (200, 300)
        assert near(image.getpixel((100, 50)), (255, 0, 0), 30)
        assert near(image.getpixel((100, 250)), (0, 0, 255), 30)


@pytest.mark.clause("PIC-1.4")
@pytest.mark.parametrize("orientation", range(1, 9))
async def test_a_picture_is_upright_however_it_lies(
    studio: Studio, keep: Keep, blobs: LocalBlobs, orientation: int
) -> None:
    exif, source = Image.Exif(), halves((300, 200))
    source.paste((0, 255, 0), (0, 0, 150, 100))
    exif[0x0112] = orientation
    made = await drawn(studio, keep, encoded(source, "JPEG", exif=exif))
    wanted = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded(source, "PNG", exif=exif))))
    large = await still(blobs, made, "large.jpg")
    assert large.size == wanted.size
    for at in ((20, 20), (20, 180), (180, 20), (180, 180)):
        colour = wanted.getpixel(at)
        assert isinstance(colour, tuple)
        assert near(large.getpixel(at), colour, 30)


async def _refused(
    studio: Studio, keep: Keep, refused: Refusal, clause: str, body: bytes, folder: Path
) -> None:
    with refused(clause):
        await drawn(studio, keep, body)
    assert [p.name for p in (folder / "blobs").rglob("*") if p.is_file()] == ["up"]
    assert list((folder / "work").rglob("*")) == []


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few kB that is this large, one bit a point."""
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    body = b"".join(rows.compress(bytes(1 + width // 8)) for _ in range(height)) + rows.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
    )


@pytest.mark.clause("PIC-1.1", "PIC-1.6")
@pytest.mark.parametrize(
    "body",
    [
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"P6 8 8 255\n" + bytes(192),
        b"II*\x00" + bytes(200),
        b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isommp42" + bytes(99),
        b"",
    ],
)
async def test_other_kinds_are_refused(
    studio: Studio, keep: Keep, refused: Refusal, tmp_path: Path, body: bytes
) -> None:
    with refused("PIC-1.1"):
        await drawn(studio, keep, body or b" ")
    assert list((tmp_path / "work").rglob("*")) == []


@pytest.mark.clause("PIC-1.3", "PIC-1.6")
async def test_a_bomb_is_refused_before_it_is_decoded(
    studio: Studio, keep: Keep, refused: Refusal, tmp_path: Path
) -> None:
    await _refused(studio, keep, refused, "PIC-1.3", _bomb(30_000, 30_000), tmp_path)


@pytest.mark.clause("PIC-1.3")
async def test_a_picture_of_the_most_points_is_made(studio: Studio, keep: Keep) -> None:
    made = await drawn(studio, keep, _bomb(10_000, 10_000))
    assert (made.files[0].width, made.files[0].height) == (2048, 2048)


@pytest.mark.clause("PIC-1.3", "PIC-1.6")
async def test_an_animated_bomb_is_refused(
    studio: Studio, keep: Keep, refused: Refusal, tmp_path: Path
) -> None:
    # A tiny frame, then 1,100 times the same again: a few kB.
    many = [Image.new("RGB", (8, 8), (number % 2 * 255, 0, 0)) for number in range(1100)]
    body = encoded(many[0], "GIF", save_all=True, append_images=many[1:], duration=20)
    await _refused(studio, keep, refused, "PIC-1.3", body, tmp_path)


@pytest.mark.clause("PIC-1.3", "PIC-1.6")
async def test_an_animation_of_too_many_points_is_refused(
    studio: Studio, keep: Keep, refused: Refusal, tmp_path: Path
) -> None:
    many = [Image.new("P", (9000, 9000), number % 2) for number in range(14)]
    body = encoded(many[0], "GIF", save_all=True, append_images=many[1:], duration=100)
    await _refused(studio, keep, refused, "PIC-1.3", body, tmp_path)


@pytest.mark.clause("PIC-1.2", "PIC-1.6")
@pytest.mark.parametrize("cut", [10, 400, -20])
async def test_a_broken_picture_is_refused(
    studio: Studio, keep: Keep, refused: Refusal, tmp_path: Path, cut: int
) -> None:
    body = encoded(halves((640, 480)), "JPEG")[: cut - 100 if cut < 0 else cut]
    await _refused(studio, keep, refused, "PIC-1.2", body, tmp_path)


@pytest.mark.clause("PIC-1.1", "PIC-1.2")
async def test_only_the_decoder_of_its_kind_is_given_the_file(
    studio: Studio, keep: Keep, refused: Refusal, tmp_path: Path
) -> None:
    # It begins as a JPEG, and all else of it is a PNG.
    body = b"\xff\xd8\xff" + encoded(halves((64, 64)), "PNG")
    await _refused(studio, keep, refused, "PIC-1.2", body, tmp_path)


@pytest.mark.clause("PIC-1.2")
async def test_a_busy_machine_is_no_fault_of_a_picture(
    studio: Studio, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = studio_page.DRAW
    assert usual.wall_seconds >= 2 * usual.cpu_seconds
    monkeypatch.setattr(studio_page, "DRAW", msgspec.structs.replace(usual, wall_seconds=0.05))
    with pytest.raises(TooMuch, match="too busy") as said:
        await drawn(studio, keep, encoded(halves((640, 480)), "JPEG"))
    assert will_pass(said.value)


@pytest.mark.clause("PIC-1.2", "PIC-1.6")
async def test_what_takes_too_long_is_stopped(
    studio: Studio, keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_page, "DRAW", Caps(wall_seconds=0.05, cpu_seconds=20))
    with pytest.raises(TooMuch, match="this picture takes more time"):
        await drawn(studio, keep, encoded(halves((640, 480)), "JPEG"))
    assert list((tmp_path / "work").rglob("*")) == []


@pytest.mark.clause("VID-4.7", "PIC-1.6")
@pytest.mark.parametrize("left", ["link", "name", "folder", "other", "twice"])
async def test_a_decoder_that_was_taken_over_gets_no_file_out(
    studio: Studio, keep: Keep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    secret = tmp_path / "node.key"
    secret.write_bytes(b"the key of the node")
    secret.chmod(0o400)

    async def taken_over(_program: object, folder: Path, *_rest: object, **_more: object) -> bytes:
        made, names = folder / "large.jpg", ["large.jpg"]
        if left == "link":
            made.symlink_to(secret)
        elif left == "name":
            made.hardlink_to(secret)
        elif left == "folder":
            made.mkdir()
        else:
            made.write_bytes(b"a picture")
            names = ["../node.jpg"] if left == "other" else names * 2
        files = [{"name": name, "width": 1, "height": 1} for name in names]
        return json.dumps({"blurhash": "L", "files": files}).encode()

    monkeypatch.setattr(bounds, "run", taken_over)
    with pytest.raises(Broken, match="a media child"):
        await drawn(studio, keep, encoded(halves((64, 64)), "JPEG"))
    assert stat.S_IMODE(secret.stat().st_mode) == 0o400
    assert secret.read_bytes() == b"the key of the node"
    assert [one.name for one in (tmp_path / "blobs").rglob("*") if one.is_file()] == ["up"]
    assert list((tmp_path / "work").rglob("*")) == []
