"""Files in sealed chunks: our vectors, a reading of the specification beside them, a library."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.cobblestone import Cobblestone128Decryptor, Cobblestone128Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from hypothesis import given
from hypothesis import strategies as st

from node.e2ee.attachments.chunked import (
    SEALED_CHUNK,
    Chunks,
    Layout,
    context_of,
    open_all,
    opened,
    seal_all,
    sealed,
)
from node.errors import Malformed, Refused
from node.wire.sealed_sizes import CHUNK, HEAD, LARGEST, is_sealed_size, padded_size, sealed_size
from tools import make_attachment_vectors as maker

FOLDER = Path(__file__).resolve().parents[2] / "spec" / "vectors" / "attachments"
VECTORS: dict[str, Any] = json.loads((FOLDER / "chunked.json").read_text())
KEY, SALT = bytes(range(16)), bytes(range(24))


def filled(length: int) -> bytes:
    return bytes(at % 251 for at in range(length))


def by_the_text(key: bytes, salt: bytes, context: bytes, message: bytes) -> bytes:
    """c2sp.org/chunked-encryption@v1, read anew: nothing of ours is used."""
    info = b"c2sp.org/chunked-encryption@v1+" + b"AEAD_AES_128_GCM" + b"\x00" + salt + context
    made = b""
    block = b""
    for counter in (1, 2):  # RFC 5869 §2.3
        step = hmac.HMAC(key, SHA512())
        step.update(block + info + bytes([counter]))
        block = step.finalize()
        made += block
    aes, base, commitment = made[:16], made[16:28], made[28:60]
    out = salt + commitment
    place = 0
    for number in range(len(message) // 16384 + 1):
        chunk = message[place : place + 16384]
        place += len(chunk)
        nonce = bytes(a ^ b for a, b in zip(base, number.to_bytes(12, "big"), strict=True))
        out += AESGCM(aes).encrypt(nonce, chunk, b"")
    assert place == len(message)
    return out


@pytest.mark.clause("ATT-1.1", "ATT-1.2", "ATT-1.3")
@pytest.mark.parametrize("length", [0, 1, 541, 16_384, 40_000, 300 * 16_384])
def test_it_is_what_the_text_and_a_library_make(length: int) -> None:
    context = b"ap-e2ee-blob-v1\x00image/jpeg\x00" + str(length).encode()
    message = filled(length).ljust(padded_size(length), b"\0")
    ours = seal_all(Chunks(KEY, SALT, context), filled(length))
    assert ours == by_the_text(KEY, SALT, context, message)
    library = Cobblestone128Decryptor(KEY, context)
    assert library.update(ours) + library.finalize() == message
    other = Cobblestone128Encryptor(KEY, context)
    theirs = other.update(message) + other.finalize()
    assert open_all(KEY, "image/jpeg", length, theirs) == filled(length)


@pytest.mark.clause("ATT-1.1")
def test_the_vectors_are_what_they_were() -> None:
    assert maker.main(check=True) == 0
    for case in VECTORS["sealed"]:
        data = base64.b64decode(case["sealed"])
        key, length = bytes.fromhex(case["key"]), case["length"]
        context = context_of(case["media_type"], length)
        chunks = Chunks(key, bytes.fromhex(case["salt"]), context)
        assert seal_all(chunks, filled(length)) == data
        assert open_all(key, case["media_type"], length, data) == filled(length)
        assert hashlib.sha256(data).hexdigest() == case["sha256"]
        assert data[24:HEAD].hex() == case["commitment"]


def edited(pieces: list[Any], data: bytes) -> bytes:
    parts = [bytes.fromhex(p) if isinstance(p, str) else data[p[0] : p[1]] for p in pieces]
    return b"".join(parts)


@pytest.mark.clause("ATT-1.4")
@pytest.mark.parametrize("case", VECTORS["refuse"], ids=lambda case: case["shows"])
def test_what_was_changed_is_refused_and_the_rest_is_read(case: dict[str, Any]) -> None:
    whole = base64.b64decode(VECTORS["sealed"][-1]["sealed"])
    data, key = edited(case["edits"]["pieces"], whole), bytes.fromhex(case["key"])
    length, media_type = case["length"], case["media_type"]
    with pytest.raises(Refused) as refused:
        open_all(key, media_type, length, data)
    assert refused.value.clause == case["clause"]
    if case["parts"] == []:
        return
    if case["parts"] is None:
        with pytest.raises(Malformed, match="not the file"):
            opened(key, data, context_of(media_type, length))
        return
    chunks, layout = opened(key, data, context_of(media_type, length)), Layout(length)
    for number in range(layout.count):
        start, stop = layout.place(number)
        if number in case["parts"]:
            with pytest.raises(Malformed, match=f"part {number} ") as wrong:
                chunks.open(number, data[start:stop])
            assert wrong.value.params == {"place": number}
        else:
            part = layout.shown(number, chunks.open(number, data[start:stop]))
            assert part == filled(length)[number * CHUNK : (number + 1) * CHUNK]


@pytest.mark.clause("ATT-1.3")
def test_files_have_few_lengths() -> None:
    for case in VECTORS["sizes"]:
        assert padded_size(case["length"]) == case["padded"]
        assert sealed_size(case["padded"]) == case["sealed"]
        assert is_sealed_size(case["sealed"])
        assert not is_sealed_size(case["sealed"] + 1)
    assert not any(map(is_sealed_size, (-1, 0, HEAD, HEAD + 540 + 16, 2**32)))
    with pytest.raises(Malformed, match="at most"):
        Layout(LARGEST + 1)


@pytest.mark.clause("ATT-1.1")
@pytest.mark.parametrize(("key", "salt"), [(bytes(15), SALT), (bytes(32), SALT), (KEY, bytes(23))])
def test_a_key_of_another_length_is_none(key: bytes, salt: bytes) -> None:
    with pytest.raises(Malformed, match="16 bytes"):
        Chunks(key, salt, b"")


@pytest.mark.clause("ATT-1.4")
@given(st.integers(0, 120_000), st.integers(0, 130_000), st.integers(0, 130_000))
def test_any_part_is_read_without_the_rest(length: int, start: int, stop: int) -> None:
    layout = Layout(length)
    chunks = Chunks(KEY, SALT, context_of("a/b", length))
    data = filled(length)
    found = b""
    numbers = layout.covering(start, stop)
    for number in numbers:
        begin, end = layout.place(number)
        [piece] = [
            p for p, _ in zip(
                sealed(chunks, layout, lambda at: data[at : at + CHUNK], number), (0,), strict=False
            )
        ]  # fmt: skip
        assert len(piece) == end - begin <= SEALED_CHUNK
        found += layout.shown(number, chunks.open(number, piece))
    skipped = start - numbers.start * CHUNK if numbers else 0
    assert found[skipped:][: max(0, stop - start)] == data[start:stop]
    assert sum(map(layout.size, range(layout.count))) + HEAD == layout.sealed


def test_an_unopened_chunk_is_no_other_kind_of_failure() -> None:
    chunks = Chunks(KEY, SALT, b"")
    for data in (b"", bytes(15), bytes(16), bytes(20_000)):
        with pytest.raises(Malformed):
            chunks.open(0, data)
    assert not issubclass(Malformed, InvalidTag)
