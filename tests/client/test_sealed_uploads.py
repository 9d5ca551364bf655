"""A file is sealed once, sent whole or not at all; where not, nothing stays at the node (ATT)."""

import asyncio
import hashlib
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from node.client import content
from node.client.kith import Kith
from node.client.sealed_uploads import Sealing
from node.e2ee.attachments.chunked import open_all
from node.errors import Conflict, Malformed, NoRoom, Refused, Unreachable
from node.testing.fakes import FakeEntropy
from node.wire.api.video import UploadView
from tests.client.conftest import Square
from tests.client.test_attaching import WORDS, Friends, blobs, paper
from tests.client.test_saying import settle


def sealing(file: Any, size: int = len(WORDS)) -> Sealing:
    return Sealing(file, size, "text/plain", FakeEntropy("pieces"))


def test_any_piece_of_a_sealed_file_is_read_again() -> None:
    with sealing(io.BytesIO(WORDS)) as one:
        whole = b""
        while len(whole) < one.layout.sealed:
            whole += one.read(len(whole), 12_345)
            assert one.read(max(0, len(whole) - 99), 99) == whole[-99:]
        assert open_all(one.key, "text/plain", len(WORDS), whole) == WORDS
        assert one.digest() == hashlib.sha256(whole).digest()


@pytest.mark.clause("ATT-1.1")
async def test_no_key_is_used_for_other_words(
    square: Square, friends: Friends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file changes between two tries: the same sealed bytes go out."""
    alice, bob = friends
    path, put, tries = paper(tmp_path / "log.txt"), alice.api.put, list[bytes]()

    async def cut(at: str, view: Any, piece: bytes, query: Any) -> Any:
        tries.append(piece)
        path.write_bytes(bytes([len(tries)]) * len(WORDS))
        if len(tries) < 4:
            raise Unreachable("cut")
        return await put(at, view, piece, query)

    monkeypatch.setattr(alice.api, "put", cut)
    await alice.attach(bob.handle, [path])
    assert len(tries) == 4 and len({*tries}) == 1
    await settle(square, bob)
    [file] = bob.files((await bob.history(alice.handle))[0]).those
    assert (await bob.save(file, tmp_path / "b.txt")).read_bytes() == WORDS


class Moving(io.FileIO):
    """A file into which somebody writes once its second chunk was read."""

    def __init__(self, path: Path, change: Callable[[Path], object]) -> None:
        super().__init__(path)
        self._reads = 0
        self._path, self._change = path, change

    def read(self, size: int = -1) -> bytes:  # type: ignore[override]
        self._reads += 1
        if self._reads == 3:
            self._change(self._path)
        return super().read(size) or b""


def written_anew(path: Path) -> None:
    path.write_bytes(WORDS[::-1])
    os.utime(path, (1, 1))


@pytest.mark.clause("ATT-1.1")
@pytest.mark.parametrize(
    "change",
    [
        lambda path: os.truncate(path, 40_000),
        lambda path: path.write_bytes(WORDS + b"more"),
        written_anew,
    ],
    ids=["it shrinks", "it grows", "it is written anew"],
)
def test_a_file_that_changes_is_not_sent(tmp_path: Path, change: Callable[[Path], object]) -> None:
    moving = Moving(paper(tmp_path / "a.txt"), change)
    with moving, pytest.raises(Malformed, match="changed while it was read"):
        sealing(moving)


def test_what_cannot_be_read_or_kept_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(Malformed, match="cannot be read: Input/output error"):
        sealing(Broken())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile.write", full)
    with pytest.raises(NoRoom, match="no room to seal"):
        sealing(io.BytesIO(WORDS))


# -- a node that does not do its part --------------------------------------------------------------


async def left(square: Square, kith: Kith) -> tuple[int, Any]:
    """What is at the node: files, and uploads that go on."""
    await square.town.settle()
    listed = await kith.api.ask("GET", "/uploads", object)
    return len(blobs(square, "alpha.test")), listed


@pytest.mark.clause("ATT-5.1")
@pytest.mark.parametrize("kind", ["conflict", "answer", "beyond", "words"])
async def test_a_node_that_never_has_it_is_given_up(
    friends: Friends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    alice, bob = friends
    count = 0

    async def put(at: str, *_: Any) -> UploadView:
        nonlocal count
        count += 1
        assert count < 100, "it goes on for ever"
        stands: Any = {"beyond": 10**9, "words": "x"}.get(kind, count % 2)
        if kind != "answer":
            raise Conflict("VID-1.4", "another offset", offset=stands)
        return await alice.api.ask("GET", at, UploadView)

    monkeypatch.setattr(alice.api, "put", put)
    expected = Conflict if kind == "words" else Unreachable
    with pytest.raises(expected, match=r"another offset|did not keep what was sent"):
        await alice.attach(bob.handle, [paper(tmp_path / "a.txt")])
    assert await alice.history(bob.handle) == []
    monkeypatch.undo()


@pytest.mark.clause("ATT-5.1")
async def test_what_was_made_without_an_answer_is_removed(
    square: Square, friends: Friends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = friends
    ask, count = alice.api.ask, 0

    async def lost(method: str, path: str, *given: Any, **more: Any) -> Any:
        nonlocal count
        found = await ask(method, path, *given, **more)
        count += (method, path) == ("POST", "/attachments")
        if (method, path, count) == ("POST", "/attachments", 1):
            raise Unreachable("the answer is lost")
        return found

    monkeypatch.setattr(alice.api, "ask", lost)
    with pytest.raises(Unreachable):
        await alice.attach(bob.handle, [paper(tmp_path / "a.txt")])
    files, uploads = await left(square, alice)
    assert files == 0 and not uploads["items"]


@pytest.mark.clause("ATT-2.4", "ATT-5.1")
async def test_a_name_that_is_no_text_is_sent(
    square: Square, friends: Friends, tmp_path: Path
) -> None:
    alice, bob = friends
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    await alice.attach(bob.handle, [paper(path)])
    await settle(square, bob)
    [file] = bob.files((await bob.history(alice.handle))[0]).those
    assert file.name == "caf.txt"


# -- words that are kept ---------------------------------------------------------------------------


@pytest.mark.clause("ATT-2.8", "ATT-5.1")
async def test_files_of_words_that_still_go_out_stay(
    square: Square, friends: Friends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = friends
    await alice.talk_to(bob.handle)
    messenger = await alice._talk.talk()
    started = asyncio.Event()

    async def slow() -> Any:
        started.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(messenger, "_send", slow)
    sending = asyncio.create_task(alice.attach(bob.handle, [paper(tmp_path / "a.txt")], "see"))
    await started.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    monkeypatch.undo()
    await messenger.flush()
    await settle(square, bob)
    [came] = await bob.history(alice.handle)
    saved = await bob.save(bob.files(came).those[0], tmp_path / "b.txt")
    assert came.text == "see" and saved.read_bytes() == WORDS


@pytest.mark.clause("ATT-2.8", "ATT-5.1")
async def test_files_of_words_that_are_refused_go(
    square: Square, friends: Friends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = friends
    await alice.say(await alice.talk_to(bob.handle), "first")
    messenger = await alice._talk.talk()

    async def refuse(_: object) -> Any:
        return Refused("E2E-4.1", "not here")

    monkeypatch.setattr(messenger, "_carry", refuse)
    with pytest.raises(Refused, match="not here"):
        await alice.attach(bob.handle, [paper(tmp_path / "a.txt")])
    monkeypatch.undo()
    assert (await left(square, alice))[0] == 0


@pytest.mark.clause("ATT-2.7")
async def test_taking_back_removes_no_files_that_others_name(
    square: Square, friends: Friends, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A friend says something under the id of a message of ours, with the addresses of other files
    of ours."""
    alice, bob = friends
    kept = await alice.attach(bob.handle, [paper(tmp_path / "a.txt")], "keep this")
    other = await alice.say(await alice.talk_to(bob.handle), "no files")
    await settle(square, bob)
    files = json.loads(kept.raw)["attachment"]
    write = content.write_note

    def forged(*given: Any) -> bytes:
        found = json.loads(write(*given))
        found["object"] |= {"id": other.id, "attachment": files}
        return json.dumps(found).encode()

    monkeypatch.setattr(content, "write_note", forged)
    await bob.say(await bob.talk_to(alice.handle), "forged")
    monkeypatch.undo()
    await settle(square, alice)
    assert [one.raw for one in await alice.history(bob.handle) if one.actor != alice.actor] != [""]
    await alice.take_back(bob.handle, other.id)
    assert (await left(square, alice))[0] == 1
