"""The roster of a group: its form, and who may make what of it (spec E2E-8)."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.client import roster
from node.client.roster import EXTENSION, Made, Roster, check_commit, parse
from node.e2ee.mls.public.extensions import Extension
from node.errors import Refused
from tools.record_roster import FILE, page

VECTORS = json.loads(FILE.read_text(encoding="utf-8"))


def clause_of(deed: Any) -> str:
    try:
        deed()
    except Refused as error:
        return error.clause
    return ""


def test_the_file_is_what_the_table_says() -> None:
    assert FILE.read_text(encoding="utf-8") == page()


@pytest.mark.clause("E2E-8.1", "E2E-8.2")
@pytest.mark.parametrize("form", VECTORS["forms"], ids=lambda form: form["what"])
def test_the_form(form: Any) -> None:
    data = bytes.fromhex(form["data"])
    assert clause_of(lambda: parse(data)) == form["clause"]
    if not form["clause"]:
        assert parse(data).encode() == data


@pytest.mark.clause("E2E-8.1", "E2E-8.3", "E2E-8.4")
@pytest.mark.parametrize("one", VECTORS["commits"], ids=lambda one: one["what"])
def test_who_may_commit_what(one: Any) -> None:
    before, after = (Roster(**each) for each in (VECTORS["before"], one["after"]))
    was = (Extension(EXTENSION, before.encode()),)
    more = (Extension(0xF1CF, b""),) if one["more"] else ()
    now = (*more, Extension(EXTENSION, after.encode()))
    made = Made(one["by"], one["added"], one["present"], one["outside"])
    assert clause_of(lambda: check_commit(was, now, made)) == one["clause"]


@pytest.mark.clause("E2E-8.4")
def test_a_roster_neither_comes_nor_goes_by_a_commit() -> None:
    made = Made("https://a.test/a", (), ())
    known = (roster.extension(Roster("x", {"https://a.test/a": "owner"})),)
    assert clause_of(lambda: check_commit((), known, made)) == "E2E-8.4"
    assert clause_of(lambda: check_commit(known, (), made)) == "E2E-8.4"
    assert clause_of(lambda: check_commit((), (), made)) == ""


@pytest.mark.clause("E2E-8.1")
@given(st.binary(max_size=200))
def test_bytes_are_a_roster_or_refused(data: bytes) -> None:
    with suppress(Refused):
        assert parse(data).encode() == data
