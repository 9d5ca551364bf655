"""What is read of a film is that one file; what cannot be cleaned goes only when it may (ATT)."""

import asyncio
import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from node.client import stripped
from node.client.containers import container_of
from node.errors import Malformed
from tests.client.test_attaching import WORDS, film, paper

NO_FFMPEG = not shutil.which("ffmpeg") and not stripped._ffmpeg()


@pytest.mark.clause("ATT-1.5")
@pytest.mark.skipif(NO_FFMPEG, reason="no ffmpeg")
async def test_a_film_is_one_by_what_it_is(tmp_path: Path) -> None:
    path = await film(tmp_path / "a.mp4")
    assert b"at home" in path.read_bytes()
    for name in ("nosuffix", "a.insv", "a.lrv", "a.bin"):
        other = tmp_path / name
        other.write_bytes(path.read_bytes())
        assert not stripped.goes_as_it_is(other)
        async with stripped.prepared(other) as ready:
            assert b"at home" not in ready.path.read_bytes()
            assert (ready.media_type, ready.width) == ("video/mp4", 64)


@pytest.mark.clause("ATT-1.5")
@pytest.mark.skipif(NO_FFMPEG, reason="no ffmpeg")
@pytest.mark.parametrize(
    "words",
    [
        "ffconcat version 1.0\nfile private.mp4\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nprivate.mp4\n#EXT-X-ENDLIST\n",
        "file 'private.mp4'\n",
    ],
    ids=["concat", "HLS", "a list without a head"],
)
async def test_a_list_of_files_is_no_film(tmp_path: Path, words: str) -> None:
    """Who sends on what a friend sent them sends nothing else of their disk."""
    await film(tmp_path / "private.mp4")
    for name in ("a.mp4", "a.webm", "a.mp3"):
        path = paper(tmp_path / name, words.encode())
        with pytest.raises(Malformed, match=r"no film or sound that is known.*--as-is"):
            async with stripped.prepared(path):
                pass
        async with stripped.prepared(path, as_is=True) as ready:
            assert (ready.path, ready.width, ready.poster) == (path, 0, b"")


@pytest.mark.clause("ATT-1.5")
@pytest.mark.skipif(NO_FFMPEG, reason="no ffmpeg")
async def test_what_begins_as_a_film_is_read_as_that_alone(tmp_path: Path) -> None:
    await film(tmp_path / "private.mp4")
    path = paper(tmp_path / "a.mp4", b"\0\0\0\x08free\nffconcat version 1.0\nfile private.mp4\n")
    with pytest.raises(Malformed, match="--as-is"):
        async with stripped.prepared(path):
            pass


@pytest.mark.clause("ATT-1.5")
@pytest.mark.parametrize("name", ["a.tiff", "a.dng", "a.bin", "a.cr2"])
async def test_pictures_that_are_not_drawn_go_only_as_they_are(tmp_path: Path, name: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A Camera"
    path = tmp_path / name
    Image.new("RGB", (9, 9)).save(path, "TIFF", exif=exif)
    with pytest.raises(Malformed, match="cannot be drawn anew: say --as-is"):
        async with stripped.prepared(path):
            pass
    assert stripped.goes_as_it_is(path, as_is=True)
    async with stripped.prepared(path, as_is=True) as ready:
        assert ready.path == path


@pytest.mark.clause("ATT-1.5")
async def test_colours_do_not_name_a_screen(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for format in ("JPEG", "PNG", "WEBP"):
        path = tmp_path / f"a.{format.lower()}"
        Image.new("RGB", (9, 9), "red").save(path, format, icc_profile=profile)
        async with stripped.prepared(path) as ready:
            with Image.open(ready.path) as drawn:
                assert "icc_profile" not in drawn.info
                red, green, blue = drawn.convert("RGB").getpixel((4, 4))  # type: ignore[misc]
        assert red > 240 and green < 15 and blue < 15


def test_it_is_told_before_what_goes_as_it_is(tmp_path: Path) -> None:
    assert stripped.goes_as_it_is(paper(tmp_path / "a.pdf"))
    with pytest.raises(Malformed, match="there is no file"):
        stripped.goes_as_it_is(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("head", "media_type", "container"),
    [
        (b"\xff\xfbabcdef", "audio/mpeg", "mp3"),
        (b"\xff\xf1abcdef", "audio/aac", "aac"),
        (b"ID3abcde", "audio/mpeg", "mp3"),
        (b"\xff\xfeU\0T\0F\0", "text/plain", ""),
        (b"RIFF1234WAVE", "audio/wav", "wav"),
        (b"RIFF1234AVI ", "", "avi"),
        (b"\0\0\1\xba1234", "video/mpeg", "mpeg"),
        (b"G" + bytes(9), "video/mp2t", "mpegts"),
        (b"G" + bytes(9), "text/plain", ""),
        (b"", "audio/mpeg", ""),
        (WORDS[:64], "video/mp4", ""),
    ],
)
def test_containers_by_their_first_bytes(head: bytes, media_type: str, container: str) -> None:
    assert container_of(head, media_type) == container


@pytest.mark.skipif(NO_FFMPEG, reason="no ffmpeg")
@pytest.mark.parametrize("name", ["a.mp3", "a.wav", "a.ogg", "a.flac", "a.aac", "a.m4a"])
async def test_sound_of_each_kind_is_copied(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    child = await asyncio.create_subprocess_exec(
        stripped._ffmpeg(), "-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=duration=1",
        "-metadata", "title=at home", str(path),
    )  # fmt: skip
    if await child.wait():
        pytest.skip("this ffmpeg cannot write it")
    async with stripped.prepared(path) as ready:
        assert b"at home" not in ready.path.read_bytes()
        assert ready.milliseconds > 500
