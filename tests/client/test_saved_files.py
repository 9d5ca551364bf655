"""Files that are saved: whole under their name, or not at all (ATT-1.4, ATT-2.4, ATT-5.2)."""

import asyncio
import errno
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from node.client import saved_files
from node.client.attached import Attachment, name_of
from node.errors import Conflict, Malformed, Missing, NoRoom
from tests.client.conftest import Square
from tests.client.test_attaching import WORDS, Friends, paper
from tests.client.test_saying import settle


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def picture(name: str) -> Attachment:
    return Attachment(kind="Image", media_type="image/png", name=name_of(name), inline=b"png")


@pytest.mark.clause("ATT-1.4")
async def test_nothing_has_its_name_before_it_is_whole(
    friends: Friends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bob = friends
    here = tmp_path / "here"
    here.mkdir()
    seen = list[list[str]]()

    async def pieces(*_: object) -> Any:
        yield b"one"
        seen.append(names(here))
        yield b"two"

    monkeypatch.setattr(bob._attaching, "pieces", pieces)
    assert (await bob.save(picture("a.png"), here / "b.png")).read_bytes() == b"onetwo"
    [[part]] = seen
    assert part.startswith(".kith-") and part.endswith(".part")
    assert names(here) == ["b.png"]

    async def cut(*_: object) -> Any:
        yield b"one"
        # Another file comes under that name meanwhile.
        await asyncio.to_thread((here / "c.png").write_bytes, b"other")

    monkeypatch.setattr(bob._attaching, "pieces", cut)
    with pytest.raises(Conflict, match="is there already"):
        await bob.save(picture("a.png"), here / "c.png")
    assert (here / "c.png").read_bytes() == b"other"
    assert names(here) == ["b.png", "c.png"]


@pytest.mark.clause("ATT-2.4")
async def test_a_long_name_of_any_letters_is_saved(friends: Friends, tmp_path: Path) -> None:
    _, bob = friends
    file = picture("\u5199" * 100 + ".png")
    first, second = [await bob.save(file, tmp_path) for _ in range(2)]
    assert first.name.endswith("\u5199.png") and second.name.endswith(" (2).png")
    with pytest.raises(Malformed, match="say another name"):
        await bob.save(file, tmp_path / ("x" * 300))


@pytest.mark.clause("ATT-2.4")
def test_a_disk_without_second_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    paper(tmp_path / "a.txt")
    part = paper(tmp_path / ".part", b"new")
    assert saved_files.placed(part, tmp_path, "a.txt").name == "a (2).txt"
    assert (tmp_path / "a.txt").read_bytes() == WORDS
    assert (tmp_path / "a (2).txt").read_bytes() == b"new"


def test_what_is_in_the_way_is_told(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no folder"), saved_files.telling(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b").open("xb")
    with pytest.raises(NoRoom, match="No space left"), saved_files.telling(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.clause("ATT-2.2")
async def test_where_the_first_address_has_it_no_more_the_next_is_asked(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    await alice.attach(bob.handle, [paper(tmp_path / "a.txt")])
    await settle(square, bob)
    [file] = bob.files((await bob.history(alice.handle))[0]).those
    assert file.blob is not None
    [href] = file.blob.href
    other = href.rpartition("/")[0] + "/" + "A" * 43
    two = replace(file, blob=replace(file.blob, href=(other, href)))
    assert (await bob.save(two, tmp_path / "b.txt")).read_bytes() == WORDS
    none = replace(file, blob=replace(file.blob, href=(other, other)))
    with pytest.raises(Missing):
        await bob.save(none, tmp_path / "c.txt")
