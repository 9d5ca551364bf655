"""Every decoder of linking on what nobody meant: it refuses, or reads what it would write."""

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from node.e2ee.linking.private.grant import open_grant
from node.e2ee.linking.public.code import Found, is_code, link, read_code_or_link
from node.e2ee.linking.public.sides import NEW, OLD, parse_side
from node.errors import Refused
from node.testing.fakes import FakeEntropy
from tests.e2ee.linking.links import all_linked

ONE = all_linked()[1]
SIDES = (ONE.new.encode(), ONE.old.encode())
GRANT = ONE.grant(FakeEntropy("fuzz"))
AT_NEW, KEY = ONE.at_new(), ONE.account.list_key.public


@pytest.mark.clause("LNK-1.1")
@given(data=st.data(), at_side=st.integers(0, 1))
@settings(max_examples=120, deadline=None)
def test_a_changed_side_is_refused_or_written_again(data: st.DataObject, at_side: int) -> None:
    side = bytearray(SIDES[at_side])
    at = data.draw(st.integers(0, len(side) - 1))
    end = data.draw(st.integers(at, min(len(side), at + 40)))
    side[at:end] = data.draw(st.binary(max_size=40))
    with suppress(Refused):
        assert parse_side(bytes(side)).encode() == bytes(side)


@pytest.mark.clause("LNK-1.1")
@given(content=st.binary(max_size=300), side=st.sampled_from([NEW, OLD]))
@settings(max_examples=60, deadline=None)
@example(content=b"", side=NEW)
def test_any_side_is_refused_or_written_again(content: bytes, side: int) -> None:
    whole = bytes([1, side]) + content
    with suppress(Refused):
        assert parse_side(whole).encode() == whole


@pytest.mark.clause("LNK-4.2")
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_changed_grant_is_refused(data: st.DataObject) -> None:
    grant = bytearray(GRANT)
    at = data.draw(st.integers(0, len(grant) - 1))
    end = data.draw(st.integers(at, min(len(grant), at + 40)))
    grant[at:end] = data.draw(st.binary(max_size=40))
    if bytes(grant) != GRANT:
        with pytest.raises(Refused):
            open_grant(bytes(grant), AT_NEW, KEY, ONE.once)


@given(text=st.text(max_size=120))
@settings(max_examples=120, deadline=None)
@example(text="https://[::1/link#1.00000000.")
@example(text="/")
def test_texts_are_refused_or_read(text: str) -> None:
    try:
        found = read_code_or_link(text)
    except Refused:
        return
    assert is_code(found.code)
    if found.is_link:
        assert read_code_or_link(link(found.origin, found.code, found.commit)) == found
    else:
        assert found == Found(found.code)


@pytest.mark.clause("LNK-2.4")
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_a_changed_link_is_refused_or_another(data: st.DataObject) -> None:
    right = link("https://alpha.test", ONE.code, ONE.found.commit)
    at = data.draw(st.integers(0, len(right) - 1))
    changed = right[:at] + data.draw(st.text(min_size=1, max_size=3)) + right[at + 1 :]
    if changed.strip(" \t\r\n") != right:
        with suppress(Refused):
            assert read_code_or_link(changed) != ONE.found
