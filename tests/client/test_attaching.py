"""Files in conversations, as people have them: library and `kith chat`, two nodes (ATT)."""

import asyncio
import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import update

from node.client import sealed_uploads, stripped
from node.client.attached import Attachment, Files
from node.client.kith import Kith
from node.client.sealed_uploads import Sealing
from node.e2ee.attachments.chunked import Chunks, Layout, context_of, open_all
from node.errors import Conflict, Full, Malformed, Missing, TooMuch, Unreachable
from node.store import tables
from node.testing.fakes import FakeEntropy
from node.wire.sealed_sizes import is_sealed_size
from tests.client.conftest import Square
from tests.client.test_cli import Shell, enter, passphrase_file, shell
from tests.client.test_saying import settle

__all__ = ["passphrase_file", "shell"]
Friends = tuple[Kith, Kith]
WORDS = b"The paper, page by page. " * 3000  # of five chunks


def photo(path: Path, side: int = 400) -> Path:
    """A JPEG that says where it was taken, on its side."""
    picture = Image.effect_noise((side, side // 2), 40).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A Camera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 12.0, 30.5)
    picture.save(path, "JPEG", exif=exif, comment=b"at home")
    return path


def paper(path: Path, words: bytes = WORDS) -> Path:
    path.write_bytes(words)
    return path


def blobs(square: Square, domain: str) -> list[bytes]:
    folder = square.town.folder / domain / "blobs"
    return [each.read_bytes() for each in folder.rglob("*") if each.is_file()]


@pytest.mark.clause("ATT-1.5", "ATT-2.1", "ATT-2.8", "ATT-3.5", "ATT-4.1", "ATT-5.1", "ATT-5.2")
async def test_a_picture_and_a_paper_go_to_a_friend(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    files = [photo(tmp_path / "IMG_1.jpg"), paper(tmp_path / "paper.pdf")]
    told = list[tuple[int, int]]()
    row = await alice.attach(
        bob.handle, files, "look", progress=lambda done, size: told.append((done, size))
    )
    assert row.sent and told[-1][0] == told[-1][1]
    await settle(square, bob)
    [came] = await bob.history(alice.handle)
    assert came.text == "look"
    picture, pdf = bob.files(came).those
    assert (picture.shown_as, picture.width, picture.height) == ("Image", 200, 400), "upright"
    assert (pdf.shown_as, pdf.name, pdf.size) == ("Document", "paper.pdf", len(WORDS))
    saved = await bob.save(picture, tmp_path)
    assert saved == tmp_path / "IMG_1 (2).jpg", "never over another file"
    with Image.open(saved) as drawn:
        assert drawn.size == (200, 400)
        assert not dict(drawn.getexif()) and "comment" not in drawn.info
    assert b"A Camera" not in saved.read_bytes()
    assert (await bob.save(pdf, tmp_path / "new.pdf")).read_bytes() == WORDS
    assert await bob.part(pdf, 40_000, 40_100) == WORDS[40_000:40_100]
    assert await bob.part(pdf, 90_000, 90_100) == b""
    # The sender has them too, and neither node has anything to read.
    [own] = await alice.history(bob.handle)
    assert alice.files(own).those == bob.files(came).those
    here = blobs(square, "alpha.test")
    assert len(here) == 3 and all(is_sealed_size(len(each)) for each in here)
    assert not any(b"page by page" in each or b"JFIF" in each for each in here)
    assert blobs(square, "beta.test") == []


@pytest.mark.clause("ATT-2.7")
async def test_a_change_keeps_files_and_taking_back_removes_them(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    first = await alice.attach(bob.handle, [paper(tmp_path / "a.txt")], "one")
    await settle(square, bob)
    await alice.edit(bob.handle, first.id, "two")
    await settle(square, bob)
    [came] = await bob.history(alice.handle)
    assert came.text == "two" and len(bob.files(came).those) == 1
    [file] = bob.files(came).those
    await alice.take_back(bob.handle, first.id)
    await settle(square, bob)
    [gone] = await bob.history(alice.handle)
    assert bob.files(gone) == Files() and gone.raw == ""
    assert blobs(square, "alpha.test") == []
    with pytest.raises(Missing, match="not keep this file any more") as over:
        await bob.save(file, tmp_path / "again.txt")
    assert over.value.clause == "ATT-4.3"
    assert not (tmp_path / "again.txt").exists()


def flip(square: Square, at: int) -> None:
    [path] = [p for p in (square.town.folder / "alpha.test/blobs").rglob("*") if p.is_file()]
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.clause("ATT-1.4", "ATT-5.2")
async def test_a_flipped_bit_stops_that_part_and_is_named(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    await alice.attach(bob.handle, [paper(tmp_path / "a.txt")])
    await settle(square, bob)
    [came] = await bob.history(alice.handle)
    [file] = bob.files(came).those
    flip(square, 56 + 2 * 16_400 + 7)
    with pytest.raises(Malformed, match="part 2 of the file was changed") as changed:
        await bob.save(file, tmp_path / "b.txt")
    assert changed.value.params == {"place": 2}
    assert not (tmp_path / "b.txt").exists()
    assert await bob.part(file, 50_000, 50_010) == WORDS[50_000:50_010], "the others are read"
    with pytest.raises(Malformed, match="part 2"):
        await bob.part(file, 33_000, 33_010)
    flip(square, 56 + 2 * 16_400 + 7)
    flip(square, 30)
    with pytest.raises(Malformed, match="not the file that the message names"):
        await bob.save(file, tmp_path / "b.txt")


@pytest.mark.clause("ATT-1.4")
async def test_a_node_that_gives_out_another_file_is_found_out(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    await alice.attach(bob.handle, [paper(tmp_path / "a.txt")])
    await settle(square, bob)
    [file] = bob.files((await bob.history(alice.handle))[0]).those
    assert file.blob is not None
    # The same words under the same key once more, with another salt: each part opens.
    [path] = [p for p in (square.town.folder / "alpha.test/blobs").rglob("*") if p.is_file()]
    layout = Layout(len(WORDS))
    chunks = Chunks(file.blob.key, bytes(24), context_of(file.media_type, len(WORDS)))
    filled = WORDS.ljust(layout.padded, b"\0")
    parts = [filled[at : at + 16_384] for at in range(0, len(filled), 16_384)]
    path.write_bytes(chunks.head + b"".join(chunks.seal(n, one) for n, one in enumerate(parts)))
    with pytest.raises(Malformed, match="not the file"):
        await bob.save(file, tmp_path / "b.txt")
    assert not (tmp_path / "b.txt").exists()


@pytest.mark.clause("ATT-5.1")
async def test_where_one_fails_nothing_is_sent_and_nothing_stays(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    good = paper(tmp_path / "good.txt")
    with pytest.raises(Malformed, match="there is no file"):
        await alice.attach(bob.handle, [good, tmp_path / "nowhere"])
    with pytest.raises(Malformed, match="no file: folders"):
        await alice.attach(bob.handle, [good, tmp_path])
    with pytest.raises(TooMuch, match="one to 10 files"):
        await alice.attach(bob.handle, [good] * 11)
    harness = square.town.nodes["alpha.test"]
    little = update(tables.accounts).values(quota_bytes=100_000)
    await harness.node.stores.database.write(lambda connection: connection.execute(little))
    with pytest.raises(Full) as full:
        await alice.attach(bob.handle, [good, good])
    assert full.value.clause == "VID-1.9"
    await square.town.settle()  # what was given up counts until its bytes are gone
    with pytest.raises(TooMuch, match="a message has at most"):
        await alice.attach(bob.handle, [good], "x" * 70_000)
    await square.town.settle()
    assert blobs(square, "alpha.test") == []
    assert await alice.history(bob.handle) == []
    assert (await alice.attach(bob.handle, [good])).sent, "there is room again"


@pytest.mark.clause("ATT-3.1")
async def test_what_the_line_loses_is_made_and_sent_again(
    square: Square, friends: Friends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = friends
    monkeypatch.setattr(sealed_uploads, "PIECE", 20_000)
    put, count = alice.api.put, 0

    async def cut(*given: Any) -> Any:
        nonlocal count
        count += 1
        if count % 3 == 1:
            raise Unreachable("cut before it came")
        found = await put(*given)
        if count % 3 == 2:
            raise Unreachable("and its answer is lost")
        return found

    monkeypatch.setattr(alice.api, "put", cut)
    assert (await alice.attach(bob.handle, [paper(tmp_path / "a.txt")])).sent
    await settle(square, bob)
    [file] = bob.files((await bob.history(alice.handle))[0]).those
    assert (await bob.save(file, tmp_path / "b.txt")).read_bytes() == WORDS


@pytest.mark.clause("ATT-4.1")
async def test_a_download_goes_on_where_it_was_cut(
    square: Square, friends: Friends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = friends
    await alice.attach(bob.handle, [paper(tmp_path / "a.txt")])
    await settle(square, bob)
    [file] = bob.files((await bob.history(alice.handle))[0]).those
    whole, starts = bob._attaching._sealed, list[int]()

    async def cut(blob: Any, layout: Any, start: int) -> Any:
        starts.append(start)
        left = 2
        async for one in whole(blob, layout, start):
            if not left:
                raise Unreachable("it broke off")
            left -= 1
            yield one

    monkeypatch.setattr(bob._attaching, "_sealed", cut)
    assert (await bob.save(file, tmp_path / "b.txt")).read_bytes() == WORDS
    assert starts == [0, 56 + 16_400, 56 + 3 * 16_400]
    monkeypatch.undo()

    async def away(*_: object) -> Any:
        raise Unreachable("alpha.test cannot be reached", beyond=True)
        yield b""

    monkeypatch.setattr(bob._attaching, "_sealed", away)
    with pytest.raises(Unreachable, match="cannot be reached"):
        await bob.save(file, tmp_path / "c.txt")
    assert not (tmp_path / "c.txt").exists()


@pytest.mark.clause("ATT-2.4")
async def test_no_file_is_written_over_or_elsewhere(friends: Friends, tmp_path: Path) -> None:
    _, bob = friends
    file = Attachment(kind="Image", media_type="image/png", name="..", inline=b"png")
    with pytest.raises(Conflict, match="is there already"):
        await bob.save(file, paper(tmp_path / "a.txt"))
    assert (tmp_path / "a.txt").read_bytes() == WORDS
    with pytest.raises(Missing, match="no folder"):
        await bob.save(file, tmp_path / "nowhere" / "a.png")
    assert (await bob.save(file, tmp_path / "b.png")).read_bytes() == b"png"


def test_any_piece_of_a_sealed_file_is_made_again() -> None:
    entropy = FakeEntropy("pieces")
    sealing = Sealing(io.BytesIO(WORDS), len(WORDS), "text/plain", entropy)
    whole = b""
    while len(whole) < sealing.layout.sealed:
        whole += sealing.read(len(whole), 12_345)
        assert sealing.read(max(0, len(whole) - 99), 99) == whole[-99:]
    assert open_all(sealing.key, "text/plain", len(WORDS), whole) == WORDS
    assert sealing.digest() == hashlib.sha256(whole).digest()


# -- what a file says of itself --------------------------------------------------------------------


@pytest.mark.clause("ATT-1.5")
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_pictures_are_drawn_anew(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"a.{format.lower()}"
    exif = Image.Exif()
    exif[0x010F] = "A Camera"
    more = {} if format == "GIF" else {"exif": exif}
    if format == "GIF":
        more = {"comment": b"A Camera"}
    Image.new("RGB", (30, 20), "red").save(path, format, **more)
    assert b"A Camera" in path.read_bytes()
    async with stripped.prepared(path) as ready:
        data = ready.path.read_bytes()
        assert (ready.kind, ready.width, ready.height) == ("Image", 30, 20)
        assert ready.media_type == f"image/{format.lower()}" and ready.poster[:2] == b"\xff\xd8"
    assert b"A Camera" not in data
    async with stripped.prepared(path, as_is=True) as ready:
        assert ready.path == path
    assert not ready.path.parent.name.startswith("kith-")


@pytest.mark.clause("ATT-1.5")
async def test_an_animation_stays_one(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "lime", "blue")]
    path = tmp_path / "a.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], comment=b"at home")
    async with stripped.prepared(path) as ready:
        assert b"at home" not in ready.path.read_bytes()
        with Image.open(ready.path) as drawn:
            assert drawn.n_frames == 3


@pytest.mark.clause("ATT-1.5")
async def test_what_cannot_be_drawn_is_sent_only_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    with pytest.raises(Malformed, match="--as-is"):
        async with stripped.prepared(path):
            pass
    async with stripped.prepared(path, as_is=True) as ready:
        assert ready.path == path


async def film(path: Path) -> Path:
    child = await asyncio.create_subprocess_exec(
        stripped._ffmpeg(), "-nostdin", "-v", "error", "-f", "lavfi", "-i",
        "testsrc=size=64x48:rate=5:duration=1", "-metadata", "location=+48.2+16.4/",
        "-metadata", "title=at home", "-pix_fmt", "yuv420p", str(path),
    )  # fmt: skip
    assert await child.wait() == 0
    return path


@pytest.mark.clause("ATT-1.5")
@pytest.mark.skipif(not shutil.which("ffmpeg") and not stripped._ffmpeg(), reason="no ffmpeg")
async def test_films_lose_what_they_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = await film(tmp_path / "a.mov")
    assert b"at home" in path.read_bytes()
    async with stripped.prepared(path) as ready:
        data = ready.path.read_bytes()
        assert (ready.kind, ready.media_type, ready.name) == ("Video", "video/mp4", "a.mp4")
        assert (ready.width, ready.height) == (64, 48) and 900 <= ready.milliseconds <= 1100
        assert ready.poster[:2] == b"\xff\xd8"
    assert b"at home" not in data and b"48.2" not in data
    broken = paper(tmp_path / "b.mp4", b"no film")
    with pytest.raises(Malformed, match="--as-is"):
        async with stripped.prepared(broken):
            pass
    async with stripped.prepared(broken, as_is=True) as ready:
        assert (ready.path, ready.media_type, ready.width) == (broken, "video/mp4", 0)
    monkeypatch.setattr(stripped, "_ffmpeg", lambda: "")
    with pytest.raises(Malformed, match="without ffmpeg"):
        async with stripped.prepared(path):
            pass


# -- as commands -----------------------------------------------------------------------------------


@pytest.mark.clause("ATT-5.1", "ATT-5.2", "ATT-2.4")
async def test_files_as_commands(shell: Shell, tmp_path: Path) -> None:
    await enter(shell, "alice", "alpha.test")
    await enter(shell, "bob", "beta.test")
    await shell.run("alice", "friend add @bob@beta.test")
    await shell.run("bob", "friend accept @alice@alpha.test")
    folder = tmp_path / "here"
    folder.mkdir()
    picture, text = photo(folder / "a.jpg"), paper(folder / "b.txt")
    chat = "chat @bob@beta.test"
    sent = await shell.run(
        "alice", chat, "--attach", str(picture), "--attach", str(text), "--send", "both"
    )
    assert sent.code == 0, sent.err
    assert "b.txt goes as it is" in sent.out + sent.err
    alone = await shell.run("alice", f"{chat} --json", "--attach", str(text), "--reply", "x")
    assert alone.code != 0, "there is nothing to answer"
    seen = await shell.run("bob", "chat @alice@alpha.test --history")
    assert "[picture a.jpg, " in seen.out and "[file b.txt, 73 KiB] both" in seen.out
    rows = await shell.run("bob", "chat @alice@alpha.test --history --json")
    [row] = [json.loads(line) for line in rows.out.splitlines()]
    assert [one["name"] for one in row["files"]] == ["a.jpg", "b.txt"]
    assert "key" not in json.dumps(row["files"])
    answer = await shell.run(
        "bob", "chat @alice@alpha.test", "--attach", str(text), "--reply", row["id"]
    )
    assert answer.code == 0, answer.err
    target = tmp_path / "saved"
    target.mkdir()
    save = f"chat @alice@alpha.test --save {row['id']}"
    saved = await shell.run("bob", save, "--to", str(target))
    assert saved.code == 0, saved.err
    assert (target / "b.txt").read_bytes() == WORDS
    assert sorted(each.name for each in target.iterdir()) == ["a.jpg", "b.txt"]
    many = await shell.run("bob", save, "--to", str(tmp_path / "one.txt"))
    assert many.code == 1 and "name a folder" in many.err
    wrong = await shell.run("bob", "chat @alice@alpha.test --edit last --send x", "--attach", "b")
    assert wrong.code == 2
    nothing = await shell.run("alice", chat, "--attach", str(folder / "nowhere"))
    assert nothing.code == 1 and "there is no file" in nothing.err
    for path in (shell.square.town.folder / "alpha.test" / "blobs").rglob("*"):
        if path.is_file():
            data = bytearray(path.read_bytes())
            data[-1] ^= 1
            path.write_bytes(data)
    changed = await shell.run("bob", save, "--to", str(target), "--json")
    assert changed.code == 1 and "was changed" in changed.err
    assert sorted(each.name for each in target.iterdir()) == ["a.jpg", "b.txt"]
