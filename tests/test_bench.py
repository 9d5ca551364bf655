"""The table of the bench and what it writes; nothing is measured here."""

import json
import math
import re
from dataclasses import fields
from pathlib import Path

import pytest

from tools import performance_page
from tools.bench.figures import Figure, Measured, Row, figures, read, write
from tools.bench.table import GROUPS, ROWS, group_of

# What the project promises to measure, by the names that stand in build/bench.json.
PROMISED = (
    "talk_closed", "talk_120", "talk_idle", "door", "drain", "mixed", "fanout", "deliver_rsa",
    "deliver_ed25519", "pages", "vault", "postgres_two", "start_fresh", "start_again", "rss_idle",
    "video",
)  # fmt: skip


def test_every_promised_row_is_in_the_table_once() -> None:
    names = [row.name for _, rows in GROUPS.values() for row in rows]
    assert len(set(names)) == len(names)
    assert set(PROMISED) <= set(names)


def test_a_row_has_one_aim_at_most_and_says_what_it_is_held_against() -> None:
    for row in ROWS.values():
        aims = [aim for aim in (row.most, row.least, row.share, row.above) if aim is not None]
        assert len(aims) <= 1, row.name
        assert row.says, row.name
        if row.share is not None or row.above is not None:
            assert row.raw, row.name


def test_a_part_belongs_to_a_row_of_its_own_group() -> None:
    for name in ROWS:
        whole = name.rpartition(".")[0]
        if whole and whole != "mls" and not whole.startswith("pages."):
            assert group_of(whole) == group_of(name)


def test_a_name_leads_to_its_group() -> None:
    assert group_of("talk_120") == group_of("talk") == "talk"
    with pytest.raises(KeyError):
        group_of("no such row")


@pytest.mark.parametrize(
    ("aim", "value", "beside", "holds"),
    [
        ({"most": 40}, 40.0, None, True),
        ({"most": 40}, 40.1, None, False),
        ({"least": 300}, 299.0, None, False),
        ({"share": 0.5}, 50.0, 100.0, True),
        ({"share": 0.5}, 49.0, 100.0, False),
        ({"share": 0.5}, 49.0, None, None),
        ({"above": 1}, 2.0, 1.0, True),
        ({"above": 1}, 2.1, 1.0, False),
        ({"most": 40}, math.inf, None, False),
        ({"least": 300}, None, 1.0, False),
        ({}, 1.0, 1.0, None),
    ],
)
def test_an_aim_is_judged(
    aim: dict[str, float], value: float | None, beside: float | None, holds: bool | None
) -> None:
    assert Row("a", "of a", "ms", "a raw one", **aim).holds(value, beside) is holds


def test_a_row_holds_only_with_its_parts() -> None:
    rows = {"a": Row("a", "", "ms", most=10), "a.p95": Row("a.p95", "", "ms", most=20)}
    good = figures(rows, [Measured("a", 5.0), Measured("a.p95", 15.0)])
    bad = figures(rows, [Measured("a", 5.0), Measured("a.p95", 25.0)])
    assert [one.holds for one in good] == [True, True]
    assert [one.holds for one in bad] == [False, False]


def test_the_file_holds_what_was_measured_last_in_the_order_of_the_table(tmp_path: Path) -> None:
    file = tmp_path / "build" / "bench.json"
    rows = {name: Row(name, "", "ms", "a raw one", most=10) for name in ("a", "b")}
    write(figures(rows, [Measured("b", 1.0, 2.0)]), ["a", "b"], file)
    write(figures(rows, [Measured("a", math.inf)]), ["a", "b"], file)
    found = json.loads(file.read_text())
    assert [one["name"] for one in found] == ["a", "b"]
    assert set(found[0]) == {"name", "value", "unit", "reach", "holds", "beside", "ratio"}
    assert found[0]["value"] is None and found[0]["holds"] is False
    assert (found[1]["value"], found[1]["beside"], found[1]["ratio"]) == (1.0, 2.0, 0.5)
    assert [field.name for field in fields(Figure)] == list(found[0])
    write([], ["b"], file)
    assert [one.name for one in read(file)] == ["b"]


def test_the_page_of_figures_shows_rows_of_the_table() -> None:
    named = {name for _, _, names in performance_page.SECTIONS for name in names}
    assert named <= set(ROWS)
    assert set(PROMISED) <= named
    made = figures(ROWS, [Measured(name, 1.0, 2.0) for name in ROWS])
    text = performance_page.page(made, "2026-01-01", "2 cores, 4 GB of memory")
    for name in PROMISED:
        assert ROWS[name].says in text
    shape = re.compile(r"\n## .*?\n\n(?:[^|]*\n\n)?\| what \| figure \|")
    assert len(shape.findall(text)) == len(performance_page.SECTIONS)


def test_the_page_of_figures_that_stands_was_made_by_the_program() -> None:
    text = performance_page.PAGE.read_text()
    says = set(re.findall(r"^\| ([^|]+?) \| [^|]+ \| [^|]* \| [^|]* \|$", text, re.M)) - {"what"}
    known = {row.says for row in ROWS.values()}
    assert says - {"---"} <= known, (
        "run make bench, then .venv/bin/python -m tools.performance_page"
    )
