"""Write the vectors of attachments: `.venv/bin/python -m tools.make_attachment_vectors [--check]`.

The same bytes each time: chance is seeded. A case whose refusal is not the foreseen one stops it.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from node.client import attached
from node.client.attached import Attachment, Blob
from node.e2ee.attachments.chunked import (
    SEALED_CHUNK,
    Chunks,
    Layout,
    context_of,
    open_all,
    opened,
    seal_all,
)
from node.errors import Refused
from node.testing.fakes import FakeEntropy
from node.wire.sealed_sizes import CHUNK, HEAD, LARGEST, padded_size, sealed_size

FOLDER = Path(__file__).resolve().parents[1] / "spec" / "vectors" / "attachments"
PART = 1  # the chunk that is changed
_CHANCE = FakeEntropy("attachments")
KEY, OTHER_KEY, SALT = _CHANCE.draw(16), _CHANCE.draw(16), _CHANCE.draw(24)
THREE_CHUNKS = 40_000
JPEG = "image/jpeg"


def filled(length: int) -> bytes:
    """Byte i of a file is i modulo 251."""
    return bytes(at % 251 for at in range(length))


def sealed(length: int, media_type: str = JPEG) -> bytes:
    return seal_all(Chunks(KEY, SALT, context_of(media_type, length)), filled(length))


def written(data: bytes) -> str:
    return base64.b64encode(data).decode()


def sizes() -> list[dict[str, int]]:
    """What files are filled up to, and how long they are sealed."""
    lengths = [0, 1, 540, 541, 542, 568, 569, 1_000, CHUNK - 1, CHUNK, CHUNK + 1, 100_000, 10**9]
    found = [*lengths, LARGEST]
    return [
        {"length": one, "padded": padded_size(one), "sealed": sealed_size(padded_size(one))}
        for one in found
    ]


def accepted() -> Iterator[dict[str, Any]]:
    for length, media_type in (
        (0, "text/plain"), (1, JPEG), (541, JPEG), (542, "video/mp4"), (THREE_CHUNKS, JPEG),
    ):  # fmt: skip
        data = sealed(length, media_type)
        assert open_all(KEY, media_type, length, data) == filled(length)
        yield {
            "media_type": media_type,
            "length": length,
            "key": KEY.hex(),
            "salt": SALT.hex(),
            "commitment": data[24:HEAD].hex(),
            "sha256": hashlib.sha256(data).hexdigest(),
            "sealed": written(data),
        }


def flip(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def swapped(data: bytes) -> bytes:
    """The first two chunks in each other's place."""
    one, two = (data[HEAD + n * SEALED_CHUNK :][:SEALED_CHUNK] for n in (0, 1))
    return data[:HEAD] + two + one + data[HEAD + 2 * SEALED_CHUNK :]


def doubled(data: bytes) -> bytes:
    """The first chunk once more, in the place of the second."""
    one = data[HEAD:][:SEALED_CHUNK]
    return data[:HEAD] + one + one + data[HEAD + 2 * SEALED_CHUNK :]


def refused() -> Iterator[dict[str, Any]]:
    """What each does to the file of three chunks; which parts of it do not open."""
    whole, none = {"key": KEY, "type": JPEG, "length": THREE_CHUNKS}, list[int]()
    middle = HEAD + SEALED_CHUNK + 100
    cases: list[tuple[str, dict[str, Any], Callable[[bytes], bytes], list[int] | None]] = [
        ("a bit of the second chunk", whole, flip(middle), [1]),
        ("a bit of the second tag", whole, flip(HEAD + 2 * SEALED_CHUNK - 1), [1]),
        ("a bit of the last tag", whole, flip(len(sealed(THREE_CHUNKS)) - 1), [2]),
        ("two chunks in each other's place", whole, swapped, [0, 1]),
        ("a chunk twice", whole, doubled, [1]),
        ("a bit of the salt", whole, flip(3), None),
        ("a bit of the commitment", whole, flip(24), None),
        ("another key", whole | {"key": OTHER_KEY}, bytes, None),
        ("another media type", whole | {"type": "image/png"}, bytes, None),
        ("another length in the same bucket", whole | {"length": THREE_CHUNKS + 1}, bytes, None),
        ("cut behind a chunk", whole, lambda data: data[: HEAD + 2 * SEALED_CHUNK], none),
        ("a byte too few", whole, lambda data: data[:-1], none),
        ("a byte too many", whole, lambda data: data + b"\0", none),
        ("nothing but half a head", whole, lambda data: data[:40], none),
        ("too long to be said", whole | {"length": LARGEST + 1}, bytes, none),
    ]
    data = sealed(THREE_CHUNKS)
    for shows, how, change, parts in cases:
        changed = change(data)
        clause = _refusal(how, changed)
        _check_parts(how, changed, parts)
        yield {
            "shows": shows,
            "key": how["key"].hex(),
            "media_type": how["type"],
            "length": how["length"],
            "edits": _edits(data, changed),
            "clause": clause,
            # Which chunks do not open; null: the commitment already does not hold.
            "parts": parts,
        }


def _edits(before: bytes, after: bytes) -> dict[str, Any]:
    """`after` as what is kept of `before`: [begins, ends] in it, or bytes in hex."""
    return {"pieces": list(_pieces(before, after))}


def _pieces(before: bytes, after: bytes) -> Iterator[Any]:
    at = 0
    while at < len(after):
        found, length = _longest(before, after, at)
        if length < 16:
            yield after[at : at + 1].hex()
            at += 1
        else:
            yield [found, found + length]
            at += length


def _longest(before: bytes, after: bytes, at: int) -> tuple[int, int]:
    """Where the longest piece of `after` from `at` on stands in `before`."""
    candidates = [at] if after[at : at + 16] == before[at : at + 16] else []
    candidates.append(before.find(after[at : at + 16]))
    best = (0, 0)
    for start in candidates:
        length = 0
        while (
            start >= 0
            and start + length < len(before)
            and at + length < len(after)
            and before[start + length] == after[at + length]
        ):
            length += 1
        best = max(best, (start, length), key=lambda one: one[1])
    return best


def _refusal(how: dict[str, Any], data: bytes) -> str:
    try:
        open_all(how["key"], how["type"], how["length"], data)
    except Refused as refusal:
        return refusal.clause
    raise AssertionError("it was taken")


def _check_parts(how: dict[str, Any], data: bytes, parts: list[int] | None) -> None:
    if parts == []:
        return  # it is not read at all
    try:
        chunks = opened(how["key"], data, context_of(how["type"], how["length"]))
    except Refused:
        assert parts is None
        return
    bad = list[int]()
    layout = Layout(how["length"])
    for number in range(layout.count):
        start, stop = layout.place(number)
        try:
            chunks.open(number, data[start:stop])
        except Refused:
            bad.append(number)
    assert bad == parts


# -- in messages -----------------------------------------------------------------------------------

BLOB = Blob(KEY, 1_234, hashlib.sha256(b"sealed").digest(), ("https://a.test/sealed/A_-9",))
POSTER = Blob(OTHER_KEY, 99, hashlib.sha256(b"poster").digest(), ("https://a.test/sealed/B",))
PICTURE = Attachment(
    kind="Image", media_type=JPEG, name="Häuser am 🌊.jpg", blob=BLOB, width=1280, height=720
)
FILM = Attachment(
    kind="Video", media_type="video/mp4", name="film.mp4", blob=BLOB, width=640, height=360,
    milliseconds=42_000, poster=POSTER, poster_type=JPEG,
)  # fmt: skip
VOICE = Attachment(
    kind="Audio", media_type="audio/webm", name="voice", blob=BLOB, milliseconds=3_050
)
PAPER = Attachment(kind="Document", media_type="application/pdf", name="paper.pdf", blob=BLOB)
PNG = written(b"\x89PNG\r\n\x1a\n small")


def _document(file: Attachment = PICTURE) -> dict[str, Any]:
    [found] = json.loads(attached.raw_of([file]))["attachment"]
    return dict(found)


def _blob(**changes: Any) -> dict[str, Any]:
    document = _document()
    document["encryptedBlob"] = {**document["encryptedBlob"], **changes}
    return document


def _note(*files: Any) -> dict[str, Any]:
    return {"type": "Create", "object": {"type": "Note", "content": "x", "attachment": [*files]}}


def messages() -> Iterator[tuple[str, Any]]:
    yield "all kinds", _note(*map(_document, (PICTURE, FILM, VOICE, PAPER)))
    yield "one file that is no list", {"type": "Note", "attachment": _document()}
    yield "a file that is the message itself", {**_document(FILM), "id": "urn:x"}
    yield "in a change", {"type": "Update", "object": {"type": "Note", "attachment": [_document()]}}
    yield "a data address", _note({"type": "Image", "url": f"data:image/png;base64,{PNG}"})
    yield (
        "a data address in a Link of a list",
        _note(
            {"type": "Document", "url": [{"type": "Link", "href": f"data:image/png;base64,{PNG}"}]}
        ),
    )
    yield "base64 as content", _note({"type": "Image", "mediaType": "image/png", "content": PNG})
    yield "HTML as a data address", _note({"type": "Image", "url": f"data:text/html;base64,{PNG}"})
    svg = {"type": "Image", "mediaType": "image/svg+xml", "content": PNG}
    yield "an SVG as content", _note(svg)
    yield "a web address is not fetched", _note({"type": "Image", "url": "https://evil.test/1.png"})
    yield "eleven files", _note(*([_document()] * 11))
    yield "another version", _note(_blob(v=2), _document())
    yield "another cipher", _note(_blob(alg="none"))
    yield "a short key", _note(_blob(key=written(b"short")))
    yield "a key that is no base64", _note(_blob(key="*" * 24))
    yield "a short digest", _note(_blob(sha256=written(b"short")))
    yield "a negative size", _note(_blob(size=-1))
    yield "a huge size", _note(_blob(size=LARGEST + 1))
    yield "a size that is no number", _note(_blob(size="12"))
    yield "half a byte", _note(_blob(size=1.5))
    yield "a size that is true", _note(_blob(size=True))
    yield "no address", _note(_blob(href=[]))
    yield "an address as text", _note(_blob(href="https://a.test/sealed/C"))
    lies = ["http://a.test/x", "https://a b.test/x", "https://u@a.test/x", "javascript:alert(1)"]
    yield "addresses that do not fit", _note(_blob(href=lies))
    yield "the fifth address", _note(_blob(href=[*lies, "https://a.test/x"]))
    yield "a long address", _note(_blob(href=["https://a.test/" + "x" * 2048]))
    yield "HTML as a picture", _note({**_document(), "mediaType": "text/html"})
    yield "a program of its own type", _note({**_document(), "mediaType": "IMAGE/JPEG; a=b"})
    yield "no type", _note({**_document(), "mediaType": None})
    for name in ("../../etc/passwd", "a\u202egpj.exe", "\x1b[31mred\n", "  .. ", "x" * 300, 7):
        yield f"the name {str(name)[:20]!a}", _note({**_document(), "name": name})
    for part in ({"width": 20_001}, {"width": "12"}, {"width": -1}, {"height": 1.0}):
        yield f"sides {part}", _note({**_document(), **part})
    for duration in ("PT1H2M3.5S", "PT100H1S", "P1D", "PT", 42, "PT0.0004S"):
        yield f"the time {duration}", _note({**_document(FILM), "duration": duration})
    yield "a poster that is a film", _note({**_document(FILM), "icon": _document(FILM)})
    yield "a poster without a key", _note({**_document(FILM), "icon": {"type": "Image"}})
    yield "nothing that is a file", _note({"type": "Person"}, "https://a.test/", 7, None, [])
    yield "what is no message", {"type": "Create", "object": "urn:x"}
    yield "what nobody knows", {"type": "Wave"}


def _shown(file: Attachment) -> dict[str, Any]:
    blob = file.blob
    return {
        "kind": file.kind,
        "shown_as": file.shown_as,
        "media_type": file.media_type,
        "name": file.name,
        "size": file.size,
        "href": list(blob.href) if blob else [],
        "inline": written(file.inline),
        "width": file.width,
        "height": file.height,
        "milliseconds": file.milliseconds,
        "poster": file.poster_type,
    }


def read() -> Iterator[dict[str, Any]]:
    for shows, document in messages():
        raw = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        found = attached.files_in(raw)
        yield {
            "shows": shows,
            "raw": raw,
            "files": [_shown(one) for one in found.those],
            "all": found.all,
        }


def said() -> Iterator[dict[str, Any]]:
    """What each core writes of the same files: one after the other, as `raw` names them."""
    for files in ([PICTURE], [FILM, VOICE, PAPER]):
        raw = attached.raw_of(files)
        assert attached.files_in(raw).those == tuple(files)
        yield {"raw": raw}


def files() -> dict[str, Any]:
    return {
        "chunked.json": {"sizes": sizes(), "sealed": [*accepted()], "refuse": [*refused()]},
        "messages.json": {"read": [*read()], "said": [*said()]},
    }


def main(check: bool) -> int:
    wrong = list[str]()
    FOLDER.mkdir(exist_ok=True)
    for name, found in files().items():
        text = json.dumps(found, indent=1, ensure_ascii=True) + "\n"
        path = FOLDER / name
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            wrong.append(name)
    if wrong:
        print(f"not what would be written: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
