"""The vectors once more, built out of the words of `spec/keys.md` with `cryptography` alone."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from tests.e2ee.keys.vectors import page

ACCOUNTS = page("accounts")["accounts"]
HPKE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
Case = dict[str, Any]


def number(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big")


def opaque(value: bytes) -> bytes:
    """RFC 9420 §2.1.2."""
    if len(value) < 64:
        return number(len(value), 1) + value
    if len(value) < 16384:
        return number(len(value) + (1 << 14), 2) + value
    return number(len(value) + (2 << 30), 4) + value


def signed(private: str, label: str, content: bytes) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private))
    return opaque(content) + key.sign(opaque(label.encode()) + opaque(content))


def raw(case: Case, name: str) -> bytes:
    return bytes.fromhex(case[name])


def x(key: bytes, label: str) -> bytes:
    """HKDF-Expand, one block (RFC 5869 §2.3)."""
    return hmac.digest(key, label.encode() + b"\x01", "sha256")


def head(case: Case) -> bytes:
    return number(1, 1) + opaque(case["actor"].encode())


def delegation(case: Case) -> bytes:
    times = number(case["delegation"]["not_after"], 8)
    keys = raw(case, "list_key") + raw(case, "recovery_kem")
    return head(case) + raw(case, "root") + number(case["d"], 4) + keys + times


def suite_key(key: list[Any]) -> bytes:
    return number(key[0], 2) + opaque(bytes.fromhex(key[1]))


def device(case: Case) -> bytes:
    keys = opaque(b"".join(suite_key(key) for key in case["keys"]))
    return raw(case, "id") + raw(case, "seal") + keys + number(case["added"], 8)


def numbers(case: Case) -> bytes:
    return number(case["d"], 4) + number(case["n"], 4)


@pytest.fixture(params=ACCOUNTS, ids=[case["about"] for case in ACCOUNTS])
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.mark.clause("KEY-2.1")
def test_what_is_derived(case: Case) -> None:
    rk = raw(case, "rk")
    assert x(rk, "Kith root 1") == raw(case, "root_private")
    assert x(rk, "Kith recovery kem 1") == raw(case, "recovery_kem_private")
    root = Ed25519PrivateKey.from_private_bytes(raw(case, "root_private"))
    assert root.public_key().public_bytes_raw() == raw(case, "root")
    kem = X25519PrivateKey.from_private_bytes(raw(case, "recovery_kem_private"))
    assert kem.public_key().public_bytes_raw() == raw(case, "recovery_kem")


@pytest.mark.clause("KEY-3.1")
def test_the_delegation(case: Case) -> None:
    content = delegation(case)
    made = signed(case["root_private"], "Kith delegation 1", content)
    assert made.hex() == case["delegation"]["signed"]
    assert hashlib.sha256(content).hexdigest() == case["delegation"]["hash"]


@pytest.mark.clause("KEY-3.2")
def test_the_list(case: Case) -> None:
    times = number(case["list"]["issued"], 8) + number(case["list"]["not_after"], 8)
    devices = opaque(b"".join(device(one) for one in case["devices"]))
    content = head(case) + numbers(case) + times + devices
    made = signed(case["list_private"], "Kith device list 1", content)
    assert made.hex() == case["list"]["signed"]
    assert hashlib.sha256(content).hexdigest() == case["list"]["hash"]


@pytest.mark.clause("KEY-3.6")
def test_the_certificates(case: Case) -> None:
    above = signed(case["root_private"], "Kith delegation 1", delegation(case))
    for at, one in enumerate(case["devices"]):
        ends = number(case["certificates"][at]["not_after"], 8)
        content = head(case) + raw(one, "id") + suite_key(one["keys"][0]) + numbers(case) + ends
        made = signed(case["list_private"], "Kith device 1", content)
        assert made.hex() == case["certificates"][at]["signed"]
        assert (above + made).hex() == case["leaf_extensions"][at]


@pytest.mark.clause("KEY-3.7", "KEY-3.8")
def test_the_box(case: Case) -> None:
    content = head(case) + numbers(case) + number(case["b"], 4)
    box = bytes.fromhex(case["box"]["signed"])
    archive = b"".join(
        number(g, 4) + bytes.fromhex(key) for g, key in enumerate(case["archive"], 1)
    )
    secret = raw(case, "list_private") + opaque(archive)
    rk = b"" if case["written_down"] else raw(case, "rk")
    to = [(bytes(16), case["recovery_kem_private"], secret + opaque(b""))]
    to += [(raw(one, "id"), one["seal_private"], secret + opaque(rk)) for one in case["devices"]]
    entries = b""
    for (id, private, plain), draw in zip(to, case["box"]["draws"], strict=True):
        ephemeral = X25519PrivateKey.from_private_bytes(bytes.fromhex(draw))
        enc = ephemeral.public_key().public_bytes_raw()
        sealed = box[box.index(id + opaque(bytes(32 + len(plain) + 16))[:2] + enc) :]
        sealed = opaque_at(sealed[16:])
        info = opaque(b"Kith box 1") + opaque(case["actor"].encode()) + numbers(case)
        info += number(case["b"], 4) + id
        key = X25519PrivateKey.from_private_bytes(bytes.fromhex(private))
        assert HPKE.decrypt(sealed, key, info=info) == plain
        entries += id + opaque(sealed)
    made = signed(case["list_private"], "Kith key box 1", content + opaque(entries))
    assert made == box


def opaque_at(data: bytes) -> bytes:
    """The vector of 64 bytes or more that `data` begins with."""
    size = int.from_bytes(data[:2], "big") - (1 << 14)
    return data[2 : 2 + size]


@pytest.mark.clause("KEY-2.2", "KEY-2.4")
def test_words_and_code() -> None:
    for one in page("recovery")["right"]:
        rk = raw(one, "rk")
        check = hashlib.sha256(b"Kith recovery check 1" + rk).digest()[:4]
        assert one["qr"] == "KITH1-" + base64.b32encode(rk + check).decode().rstrip("=")
        root = Ed25519PrivateKey.from_private_bytes(x(rk, "Kith root 1"))
        assert root.public_key().public_bytes_raw() == raw(one, "root")
    # The test vectors of BIP-39 itself.
    assert page("recovery")["right"][0]["words"] == "abandon " * 23 + "art"
    assert page("recovery")["right"][1]["words"] == "zoo " * 23 + "vote"


@pytest.mark.clause("KEY-6.1")
def test_safety_numbers() -> None:
    for one in page("numbers")["right"]:
        sides = []
        for side in one["sides"]:
            said = opaque(b"Kith number 1") + opaque(side["actor"].encode()) + raw(side, "root")
            digest = hashlib.sha512(said).digest()
            groups = [int.from_bytes(digest[5 * at : 5 * at + 5], "big") for at in range(6)]
            sides.append("".join(f"{group % 100000:05}" for group in groups))
        assert one["number"] == "".join(sorted(sides))
