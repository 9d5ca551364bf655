"""Every case of the must-refuse corpus is refused by its clause, and every twin is accepted."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from node.e2ee.mls.private.session import Session
from tests.e2ee.mls.replay import CORPUS, MemoryTables, open_shelf, outcome, shelves, verdict

SPEC = Path(__file__).resolve().parents[3] / "spec" / "mls.md"
FEWEST = 1000
FRAME = ("name", "why", "clause", "gives", "twin")


@cache
def tables(path: Path) -> MemoryTables:
    return open_shelf(path)


def name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", shelves(), ids=name)
def test_each_twin_is_accepted(path: Path) -> None:
    for deed in tables(path).twins():
        assert outcome(deed.do()) == deed.what["gives"]


@pytest.mark.parametrize("path", shelves(), ids=name)
def test_each_case_is_refused_by_its_clause(path: Path) -> None:
    wrong, waiting = [], dict[str, Session]()
    for deed in tables(path).cases():
        own = any(deed.what.get(key) for key in ("before", "distrusts", "without_psks"))
        session = None
        if deed.what["do"] == "receive" and not own:
            # What is refused changes nothing: the next case may ask the same session.
            who = deed.what["receiver"]
            session = waiting[who] = waiting.get(who) or deed.session()
        found = verdict(deed, session)
        if found != deed.what["clause"]:
            wrong.append(f"{deed.what['name']}: {found}, not {deed.what['clause']}")
            waiting.clear()
    assert not wrong, "\n".join(wrong)
    for who, session in waiting.items():
        records = tables(path).receivers[who].records
        assert session.dump() == records, f"a refusal has changed {who}"


def test_there_are_enough_and_no_message_stands_twice() -> None:
    seen: Counter[str] = Counter()
    for path in shelves():
        for deed in tables(path).cases():
            what = {k: v for k, v in deed.what.items() if k not in FRAME}
            seen[repr((path.stem, sorted(what.items(), key=repr)))] += 1
    assert sum(seen.values()) >= FEWEST
    assert max(seen.values()) == 1


def test_each_clause_is_one_of_the_ledger() -> None:
    written = set(re.findall(r"^\*\*(MLS-[\d.]+[a-z]?)\*\*", SPEC.read_text(), re.M))
    named = {deed.what["clause"] for path in shelves() for deed in tables(path).cases()}
    assert named <= written, sorted(named - written)


def test_the_corpus_is_small_enough_to_carry() -> None:
    assert sum(path.stat().st_size for path in CORPUS.glob("*.json")) < 6 * 2**20
