"""Structured fields against the vectors of the IETF's working group, deviations named."""

import base64
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from http_sfv import Dictionary, DisplayString, Item, List, Token
from hypothesis import given
from hypothesis import strategies as st

from node.errors import Malformed
from node.wire import structured

READ = {
    "item": structured.item,
    "list": structured.members,
    "dictionary": structured.dictionary,
}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"__type": "binary", "value": base64.b32encode(value).decode()}
    if isinstance(value, DisplayString):
        return {"__type": "displaystring", "value": str(value)}
    if isinstance(value, Token):
        return {"__type": "token", "value": str(value)}
    if isinstance(value, datetime):
        return {"__type": "date", "value": int(value.timestamp())}
    if isinstance(value, Decimal):
        return float(value)
    return value


def _json(member: structured.Member) -> list[Any]:
    params = [[name, _plain(value)] for name, value in member.params.items()]
    if isinstance(member, structured.InnerList):
        return [[_json(each) for each in member.items], params]
    return [_plain(member.value), params]


def _read(case: dict[str, Any]) -> Any:
    value = ", ".join(case["raw"])
    read = READ[case["header_type"]](value, "FED-4.2", "the field")
    if isinstance(read, dict):
        return [[key, _json(member)] for key, member in read.items()]
    if isinstance(read, tuple):
        return [_json(member) for member in read]
    return _json(read)


def _strict(case: dict[str, Any]) -> bool:
    """Whether a case may be refused that the RFC reads: our deviations.

    The first instant of the year 1 is no date here; no field that we read holds dates at all.
    A dictionary that is not in canonical form but for blanks is refused, since nothing else
    shows that a key or a parameter stood twice.
    """
    if case["name"].startswith("interoperability min date"):
        return True
    if case["header_type"] != "dictionary" or "canonical" not in case:
        return False
    raw, canonical = ", ".join(case["raw"]), ", ".join(case["canonical"])
    return "".join(raw.split()) != "".join(canonical.split())


@pytest.mark.clause("FED-4.2")
def test_the_vectors_of_the_working_group(vectors: Path) -> None:
    pages = sorted((vectors / "http-signatures" / "structured-fields").glob("*.json"))
    cases = [case for page in pages for case in json.loads(page.read_text())]
    wrong = []
    for case in cases:
        try:
            answer = _read(case)
        except Malformed:
            if not (case.get("must_fail") or case.get("can_fail") or _strict(case)):
                wrong.append(case["name"])
            continue
        if case.get("must_fail") or answer != case["expected"]:
            wrong.append(case["name"])
    assert len(cases) > 1000
    assert not wrong, wrong


@pytest.mark.clause("FED-4.2")
def test_the_serialisation_vectors_hold_for_the_library_beneath(vectors: Path) -> None:
    """The canonical texts that signature bases are made of come from its serialiser."""
    folder = vectors / "http-signatures" / "structured-fields" / "serialisation-tests"
    kinds = {"item": Item, "list": List, "dictionary": Dictionary}
    wrong, count = [], 0
    for page in sorted(folder.glob("*.json")):
        for case in json.loads(page.read_text(), parse_float=Decimal):
            count += 1
            try:
                value = kinds[case["header_type"]]()
                value.from_json(case["expected"])
                text = str(value)
                fits = not case.get("must_fail") and [text] == case["canonical"]
            except ValueError:
                fits = bool(case.get("must_fail"))
            if not fits:
                wrong.append(case["name"])
    assert count == 544
    assert not wrong, wrong


@given(st.text(max_size=80), st.sampled_from(sorted(READ)))
def test_any_text_is_a_field_or_refused(text: str, kind: str) -> None:
    try:
        READ[kind](text, "FED-4.2", "the field")
    except Malformed:
        return


PLAIN = st.text(alphabet=[chr(c) for c in range(32, 127) if chr(c) not in '"\\'], max_size=6)


@given(
    st.lists(PLAIN, max_size=4),
    st.dictionaries(
        st.from_regex(r"[a-z*][a-z0-9_.*-]{0,4}", fullmatch=True),
        PLAIN | st.integers(0, 10**15 - 1),
        max_size=4,
    ),
)
def test_the_short_way_reads_what_the_whole_grammar_reads(
    names: list[str], params: dict[str, str | int]
) -> None:
    quoted = " ".join(f'"{name}"' for name in names)
    written = "".join(
        f";{key}={value}" if isinstance(value, int) else f';{key}="{value}"'
        for key, value in params.items()
    )
    usual = f"sig1=({quoted}){written}"
    [(label, short)] = structured.dictionary(usual, "FED-4.2", "x").items()
    whole = structured.dictionary(f"  {usual}", "FED-4.2", "x")[label]  # blanks: the long way
    assert isinstance(short, structured.InnerList) and isinstance(whole, structured.InnerList)
    assert short == whole and short.text == f"({quoted}){written}"
