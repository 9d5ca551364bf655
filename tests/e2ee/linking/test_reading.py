"""The vectors once more, built out of the words of `spec/linking.md` with `cryptography` alone."""

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.e2ee.keys.test_reading import HPKE, device, number, opaque, raw, signed
from tests.e2ee.linking.vectors import page

LINKED = page("linked")["linked"]
ORIGIN = page("linked")["origin"]
Case = dict[str, Any]


@pytest.fixture(params=LINKED, ids=[case["about"] for case in LINKED])
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def new_side(case: Case) -> bytes:
    new = case["new"]
    head = number(1, 1) + number(1, 1) + raw(new, "nonce")
    return head + device(new) + raw(new, "once_kem") + opaque(new["name"].encode())


def old_side(case: Case) -> bytes:
    old = case["old"]
    head = number(1, 1) + number(2, 1) + raw(old, "nonce")
    numbers = number(old["d"], 4) + number(old["n"], 4)
    return head + opaque(old["actor"].encode()) + raw(old, "root") + numbers + raw(old, "list_hash")


def told(case: Case) -> bytes:
    code = opaque(case["code"].encode())
    return sha256(opaque(b"Kith link 1"), code, opaque(new_side(case)), opaque(old_side(case)))


@pytest.mark.clause("LNK-1.1", "LNK-2.3", "LNK-3.1")
@pytest.mark.parametrize("which", ["new", "old"])
def test_sides_commitments_and_links(case: Case, which: str) -> None:
    side = new_side(case) if which == "new" else old_side(case)
    assert side.hex() == case[which]["bytes"]
    commit = sha256(opaque(b"Kith link commit 1"), opaque(side))
    assert commit.hex() == case[which]["commit"]
    letters = base64.urlsafe_b64encode(commit).decode().rstrip("=")
    assert case[which]["link"] == f"{ORIGIN}/link#1.{case['code']}.{letters}"


@pytest.mark.clause("LNK-3.6", "LNK-3.7")
def test_numbers(case: Case) -> None:
    assert told(case).hex() == case["told"]
    for side, which in ((1, "new"), (2, "old")):
        digest = sha256(opaque(b"Kith link number 1"), number(side, 1), told(case))
        assert case[which]["number"] == f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06}"


@pytest.mark.clause("LNK-4.1", "LNK-4.3")
def test_the_grant(case: Case) -> None:
    grant = case["grant"]
    states = b"".join(
        bytes.fromhex(name) + number(version, 8) + bytes.fromhex(body)
        for name, version, body in grant["states"]
    )
    counts = b"".join(
        opaque(bytes.fromhex(group)) + opaque(bytes.fromhex(sender)) + number(count, 8)
        for group, sender, count in grant["counts"]
    )
    day = number(grant["day"], 4) + opaque(raw(grant, "day_key"))
    plain = number(1, 1) + day + opaque(states) + opaque(counts)
    made = raw(grant, "bytes")
    content = number(1, 1) + told(case)
    size = 32 + len(plain) + 16
    sealed = made[-64 - size : -64]
    ephemeral = X25519PrivateKey.from_private_bytes(bytes.fromhex(grant["draws"][0]))
    assert sealed[:32] == ephemeral.public_key().public_bytes_raw()
    once = X25519PrivateKey.from_private_bytes(raw(case["new"], "once_private"))
    assert once.public_key().public_bytes_raw() == raw(case["new"], "once_kem")
    info = opaque(b"Kith chain 1") + told(case)
    assert HPKE.decrypt(sealed, once, info=info) == plain
    assert signed(grant["list_private"], "Kith grant 1", content + opaque(sealed)) == made
