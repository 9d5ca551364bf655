"""Keys: read in every form that peers use, refused when weak, silent when private."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, mldsa, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from node.errors import Malformed, NodeError
from node.wire import keys, multibase
from tests.wire.conftest import ALICE, NOW


@pytest.mark.clause("FED-3.2")
def test_fep_521a(vectors: Path) -> None:
    data = json.loads((vectors / "fep-8b32" / "fep-521a.json").read_text())
    for case in data["cases"]:
        wanted = case["expected"]
        key = keys.public_from_multibase(
            wanted["publicKeyMultibase"], wanted["id"], wanted["controller"]
        )
        assert key.raw.hex() == case["keyHex"]
        assert key.multibase() == wanted["publicKeyMultibase"]
        again = keys.public_from_pem(key.pem(), key.id, key.owner)
        assert again == key
    assert len(data["cases"]) == 2


@given(st.binary(max_size=100))
def test_multibase_both_ways(data: bytes) -> None:
    if data:
        assert multibase.decode(multibase.encode(data)) == data
        urlsafe = "u" + base64.urlsafe_b64encode(data).decode().rstrip("=")
        assert multibase.decode(urlsafe) == data


@given(st.text(max_size=60) | st.from_regex(r"z[1-9A-HJ-NP-Za-km-z]{0,60}"))
@settings(max_examples=200)
def test_any_text_is_a_key_or_refused(text: str) -> None:
    for read in (keys.public_from_multibase, keys.public_from_pem):
        with pytest.raises(Malformed):
            read(text, "k", "o")
    with pytest.raises(NodeError):
        keys.did_key(f"did:key:{text}")


@pytest.mark.clause("FED-3.2")
@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PUBLIC KEY-----\n!!!\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\x00é",
        "-----BEGIN PUBLIC KEY-----" + "A" * 9000,
        "\ud800-----BEGIN PUBLIC KEY-----",
        "",
    ],
)
def test_what_is_no_pem(text: str, refused) -> None:
    with refused("FED-3.2"):
        keys.public_from_pem(text, "k", "o")


def _pem(public: object) -> str:
    return public.public_bytes(  # type: ignore[attr-defined, no-any-return]
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def _rsa_pem(bits: int, exponent: int) -> str:
    """A key of any size and exponent: its modulus is odd, and that is all anyone checks here."""
    return _pem(rsa.RSAPublicNumbers(exponent, (1 << bits - 1) | 1).public_key())


@pytest.mark.clause("FED-3.1")
@pytest.mark.parametrize(
    ("bits", "exponent"),
    [(512, 65537), (1024, 65537), (2047, 65537), (8193, 65537), (16384, 3), (2048, (1 << 40) | 1)],
)
def test_an_rsa_key_of_the_wrong_strength(bits: int, exponent: int) -> None:
    try:
        pem = _rsa_pem(bits, exponent)
    except ValueError:
        pytest.fail("the library does not make such a key: this case proves nothing")
    with pytest.raises(Malformed) as refusal:
        keys.public_from_pem(pem, "k", "o")
    assert refusal.value.clause in {"FED-3.1", "FED-3.2"}


def _der_with_exponent(rsa_key: keys.PrivateKey, exponent: int) -> bytes:
    """The SubjectPublicKeyInfo of a good modulus with any exponent of three bytes."""
    good = base64.b64decode("".join(rsa_key.public.pem().splitlines()[1:-1]))
    tail = b"\x02\x03\x01\x00\x01"
    assert good.endswith(tail)
    return good[:-5] + b"\x02\x03" + exponent.to_bytes(3, "big")


@pytest.mark.clause("FED-3.1")
@pytest.mark.parametrize("exponent", [0, 1, 2, 65536])
def test_an_rsa_exponent_that_proves_nothing(exponent: int, rsa_key: keys.PrivateKey) -> None:
    der = base64.b64encode(_der_with_exponent(rsa_key, exponent)).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n"
    with pytest.raises(Malformed):
        keys.public_from_pem(pem, "k", "o")


# The encodings of the eight points of small order: RFC 7748 and RFC 8032 leave them to who checks.
SMALL_ORDER = (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)


@pytest.mark.clause("FED-3.1")
@pytest.mark.parametrize("point", SMALL_ORDER)
def test_a_key_of_small_order_verifies_nothing(point: str) -> None:
    """R = A and S = 0 is a signature of one message in eight at most, made by anybody."""
    raw = bytes.fromhex(point)
    key = keys.public_from_multibase(multibase.encode(b"\xed\x01" + raw), "k", "o")
    identity = bytes.fromhex(SMALL_ORDER[0])
    for number in range(32):
        message = f"message {number}".encode()
        for r in (raw, identity):
            assert not key.verifies(r + bytes(32), message)


@pytest.mark.clause("FED-3.1")
def test_a_key_of_another_kind(refused) -> None:
    p256 = ec.generate_private_key(ec.SECP256R1())
    with refused("FED-3.1"):
        keys.public_from_pem(_pem(p256.public_key()), "k", "o")
    with refused("FED-3.1"):
        keys.private_from_material(p256, "k", "o")
    with refused("FED-3.1"):
        keys.public_from_multibase(multibase.encode(b"\x80\x24" + bytes(33)), "k", "o")


def test_pkcs1_and_blanks_around_are_read(rsa_key: keys.PrivateKey) -> None:
    pkcs1 = rsa_key.public.material.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.PKCS1
    ).decode()
    assert keys.public_from_pem(f"\n {pkcs1}\n", rsa_key.id, ALICE) == rsa_key.public


def test_every_kind_signs_and_verifies(rsa_key: keys.PrivateKey, ed_key: keys.PrivateKey) -> None:
    quantum = mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(32))
    for key in (rsa_key, ed_key, keys.private_from_material(quantum, "k", "o")):
        signature = key.sign(b"message")
        assert key.public.verifies(signature, b"message")
        assert not key.public.verifies(signature, b"massage")
        assert not key.public.verifies(b"", b"message")
        assert keys.private_from_pem(key.pem(), key.id, key.public.owner).public == key.public
        other = keys.public_from_multibase(key.public.multibase(), key.id, key.public.owner)
        assert other == key.public and other.verifies(signature, b"message")
        assert key.public.usable(NOW)
    assert not ed_key.public.verifies(ed_key.sign(b"m"), b"m", keys.Scheme.RSA_V1_5_SHA256)


@pytest.mark.clause("FED-3.4")
def test_a_private_key_is_silent(rsa_key: keys.PrivateKey, ed_key: keys.PrivateKey) -> None:
    numbers = rsa_key.material.private_numbers()  # type: ignore[union-attr]
    for text in (repr(rsa_key), str(rsa_key), f"{rsa_key}"):
        assert str(numbers.d) not in text and "material" not in text
    assert bytes(range(32)).hex() not in repr(ed_key) and "Ed25519PrivateKey" not in repr(ed_key)
