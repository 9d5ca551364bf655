"""What a name, a password and a profile may be."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.accounts.names import read_name
from node.accounts.passwords import read_password
from node.accounts.profile import read_identity_key, read_text
from node.errors import Malformed
from node.store.passwords import Passwords
from node.testing.fakes import FakeEntropy

Refusal = Callable[[str], AbstractContextManager[None]]


@pytest.mark.clause("ACC-1.1")
@pytest.mark.parametrize("name", ["a", "alice", "bob_99", "0", "x" * 30, "a_b_c"])
def test_a_name(name: str) -> None:
    assert read_name(name) == name
    assert read_name(name.upper()) == name


@pytest.mark.clause("ACC-1.1")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "_a",
        "a_",
        "x" * 31,
        "a b",
        "a.b",
        "a-b",
        "é",
        "\u0430lice",
        "\u212aim",
        "a\n",
        "@a",
        "a@b",
    ],
)
def test_no_name(name: str, refused: Refusal) -> None:
    with refused("ACC-1.1"):
        read_name(name)


@pytest.mark.clause("ACC-1.2")
@pytest.mark.parametrize("name", ["admin", "Root", "instance", "alice_channel", "kith"])
def test_a_reserved_name(name: str, refused: Refusal) -> None:
    with refused("ACC-1.2"):
        read_name(name)


@given(st.text(max_size=40))
def test_whatever_is_a_name_is_plain(text: str) -> None:
    try:
        name = read_name(text)
    except Malformed:
        return
    assert name.isascii() and name == name.lower() and name.strip("_") == name


@pytest.mark.clause("ACC-1.4")
@pytest.mark.parametrize("password", ["", "short", "x" * 9, "x" * 257, "with a \0 inside it"])
def test_an_unfit_password(password: str, refused: Refusal) -> None:
    with refused("ACC-1.4"):
        read_password(password, "alice")


@pytest.mark.clause("ACC-1.4")
def test_the_name_is_no_password(refused: Refusal) -> None:
    with refused("ACC-1.4"):
        read_password("Alice_the_Great", "alice_the_great")


@pytest.mark.clause("ACC-1.4")
async def test_a_password_is_kept_as_argon2id_with_our_limits() -> None:
    passwords = Passwords(FakeEntropy())
    kept = await passwords.hash("correct horse")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert await passwords.matches(kept, "correct horse")
    assert not await passwords.matches(kept, "incorrect horse")


@pytest.mark.clause("ACC-1.5")
async def test_nobody_has_no_password_but_costs_the_same_work() -> None:
    passwords = Passwords(FakeEntropy())
    assert not await passwords.matches(None, "correct horse")
    assert not await passwords.matches("", "correct horse")


@pytest.mark.clause("ACC-1.10")
@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_an_identity_key_has_32_bytes(key: bytes, refused: Refusal) -> None:
    assert read_identity_key(None) is None
    assert read_identity_key(bytes(32)) == bytes(32)
    with refused("ACC-1.10"):
        read_identity_key(key)


@pytest.mark.clause("ACC-1.11")
@pytest.mark.parametrize("text", ["x" * 65, "a\x00b", "a\u202eb", "a\ud800b"])
def test_a_text_is_short_and_has_no_control_characters(text: str, refused: Refusal) -> None:
    assert read_text("  Alice \u00e9\n", 64, "a name") == "Alice \u00e9"
    with refused("ACC-1.11"):
        read_text(text, 64, "a name")
