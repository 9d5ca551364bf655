"""The vectors of the archive, built anew from the text of spec/archive.md: nothing of `node` is
used here but in the last test, which says that the program makes the same."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as xchacha20poly1305

from tools import make_archive_vectors

FOLDER = Path(__file__).resolve().parents[3] / "spec" / "vectors" / "archive"


def page(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


RECORDS = page("records.json")


def raw(value: str | dict[str, Any]) -> bytes:
    if isinstance(value, str):
        return bytes.fromhex(value)
    return bytes.fromhex(value["byte"]) * int(value["times"])


def vec(value: bytes) -> bytes:
    """opaque value<V>, RFC 9420 §2.1.2."""
    n = len(value)
    if n < 64:
        return bytes([n]) + value
    head = (0x4000 | n).to_bytes(2, "big") if n < 16384 else (0x80000000 | n).to_bytes(4, "big")
    return head + value


def x(key: bytes, text: str) -> bytes:
    return HKDFExpand(SHA256(), 32, text.encode()).derive(key)


def extract(salt: bytes, ikm: bytes) -> bytes:
    return hmac.new(salt, ikm, hashlib.sha256).digest()


def ladder(size: int) -> int:
    step = 256
    while step < size:
        step = step * 2 if step < 4096 else step + step // 20
    return step


def day_key(day: int) -> bytes:
    key = bytes.fromhex(RECORDS["day_key"]["key"])
    for _ in range(RECORDS["day_key"]["day"], day):
        key = x(key, "Kith day 1")
    return key


@pytest.mark.parametrize("one", RECORDS["records"], ids=lambda one: one["about"])
def test_a_record_is_what_the_page_says(one: dict[str, Any]) -> None:
    fields = one["fields"]
    numbers = (fields[name].to_bytes(8, "big") for name in ("epoch", "t", "number", "received"))
    names = vec(raw(fields["group"])) + vec(fields["actor"].encode())
    record = bytes([1, fields["kind"]]) + names + vec(raw(fields["device"]))
    record += vec(fields["id"].encode()) + b"".join(numbers) + vec(raw(fields["data"]))
    assert record == raw(one["record"])

    secret = bytes.fromhex(RECORDS["keys"][str(one["generation"])])
    label = "Kith state name 1" if fields["kind"] == 6 else "Kith archive name 1"
    name = hmac.new(x(secret, label), names + vec(fields["id"].encode()), hashlib.sha256).digest()
    assert name == raw(one["name"])

    day = one["day"]
    key = extract(day_key(day), secret) if day else x(secret, "Kith archive seal 1")
    place = vec(b"Kith archive 1") + one["generation"].to_bytes(4, "big") + day.to_bytes(4, "big")
    padded = record.ljust(ladder(len(record)), b"\x00")
    nonce = raw(one["nonce"])
    assert nonce + xchacha20poly1305(padded, place + name, nonce, key) == raw(one["body"])


def test_a_day_key_is_what_the_page_says() -> None:
    for one in page("days.json"):
        assert day_key(one["day"]).hex() == one["key"]


def test_the_files_are_those_that_the_program_makes() -> None:
    made = make_archive_vectors.pages()
    assert {name: page(name) for name in made} == json.loads(json.dumps(made))
