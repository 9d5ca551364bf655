"""Every decoder on bytes that nobody meant: it refuses, or reads what it would write again."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from node.e2ee.keys.private import recovery_words, safety_number
from node.e2ee.keys.private.recovery import from_qr_text, qr_text
from node.e2ee.keys.public.certificate import parse_leaf_extension
from node.e2ee.keys.public.delegation import check_delegation
from node.e2ee.keys.public.device_list import check_list
from node.e2ee.keys.public.key_box import check_box
from node.e2ee.keys.public.signed import Signed
from node.errors import Refused
from node.testing.fakes import FakeEntropy
from tests.e2ee.keys.accounts import lives
from tests.e2ee.keys.vectors import read

ONE = lives()[1]
RIGHT = {
    "delegation": ONE.sign_delegation().encode(),
    "list": ONE.sign_list().encode(),
    "leaf_extension": ONE.leaf_extension(),
    "box": ONE.box(FakeEntropy("fuzz")).encode(),
}


@pytest.mark.clause("KEY-1.1")
@pytest.mark.parametrize("structure", RIGHT)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_structure_is_refused(structure: str, data: st.DataObject) -> None:
    right = bytearray(RIGHT[structure])
    at = data.draw(st.integers(0, len(right) - 1))
    end = data.draw(st.integers(at, min(len(right), at + 40)))
    right[at:end] = data.draw(st.binary(max_size=40))
    if bytes(right) != RIGHT[structure]:
        with pytest.raises(Refused):
            read(structure, bytes(right), ONE, ONE.now)


@pytest.mark.clause("KEY-1.1")
@given(content=st.binary(max_size=400))
@settings(max_examples=60, deadline=None)
@example(content=b"")
def test_any_content_is_refused_or_written_again(content: bytes) -> None:
    """Signed by the right key: what is inside is all that can be wrong."""
    whole = b"\x01" + content
    for label_of, check in (
        (ONE.sign_delegation, lambda signed: check_delegation(signed, ONE.actor)),
        (ONE.sign_list, lambda signed: check_list(signed, ONE.delegation)),
        (ONE.sign_list, lambda signed: check_box(signed, ONE.delegation, ONE.devices)),
    ):
        signed: Signed = label_of(whole)
        with pytest.raises(Refused):
            check(signed)


@given(raw=st.binary(max_size=600))
@settings(max_examples=60, deadline=None)
def test_an_extension_is_refused_or_written_again(raw: bytes) -> None:
    try:
        found = parse_leaf_extension(raw)
    except Refused:
        return
    assert found.encode() == raw


@given(text=st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_texts_are_refused_or_read(text: str) -> None:
    for inverse in (recovery_words.key_of, safety_number.read_number, from_qr_text):
        with pytest.raises(Refused):
            inverse(text)


@pytest.mark.clause("KEY-2.2", "KEY-2.3", "KEY-2.4")
@given(key=st.binary(min_size=32, max_size=32))
@settings(max_examples=60, deadline=None)
def test_each_key_comes_back(key: bytes) -> None:
    words = recovery_words.words_of(key)
    assert recovery_words.key_of(" ".join(words)) == key
    assert recovery_words.key_of(" ".join(word[:4] for word in words)) == key
    assert from_qr_text(qr_text(key)) == key
