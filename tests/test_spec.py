"""The standard and its tests agree: every MUST is tested, every clause that is named exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from node.errors import Refused

ROOT = Path(__file__).resolve().parents[1]
CLAUSE = re.compile(
    r"^\*\*([A-Z][A-Z0-9]{2}-\d+(?:\.\d+)*[a-z]?)\*\*(.*?)(?=^\s*$|\Z)", re.M | re.S
)
NAMED = re.compile(r"^[A-Z][A-Z0-9]{2}-\d+(?:\.\d+)*[a-z]?$")
FAMILIES = {
    *("FED", "ACC", "GRA", "INB", "E2E", "DEV", "ARC", "KEY", "LNK", "MLS"),
    *("VID", "API", "LIM", "OPS", "APP", "PSH", "ATT"),
}


def written() -> dict[str, str]:
    """Every clause of `spec/*.md` and its text."""
    clauses: dict[str, str] = {}
    for page in sorted((ROOT / "spec").glob("*.md")):
        for number, text in CLAUSE.findall(page.read_text()):
            assert number not in clauses, f"{page.name}: {number} stands twice"
            clauses[number] = text
    return clauses


def strings(folder: str) -> Iterator[tuple[str, str]]:
    """(place, value) of each string constant under `folder` that has the form of a clause."""
    for page in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(page.read_text())):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and NAMED.match(node.value)
                and node.value.partition("-")[0] in FAMILIES
            ):
                yield f"{page.relative_to(ROOT)}:{node.lineno}", node.value


def marked() -> Iterator[tuple[str, str]]:
    """(place, clause) of each `clause(...)` mark in the tests."""
    for page in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(page.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "clause"
            ):
                for argument in node.args:
                    if isinstance(argument, ast.Constant):
                        yield f"{page.relative_to(ROOT)}:{node.lineno}", str(argument.value)


def test_every_must_has_a_test() -> None:
    tested = {clause for _, clause in marked()}
    untested = [
        number
        for number, text in written().items()
        if re.search(r"\bMUST\b", text) and number not in tested
    ]
    assert not untested, f"no test is marked with: {', '.join(untested)}"


def test_every_named_clause_is_written() -> None:
    clauses = written()
    named = [*marked(), *strings("node"), *strings("tests")]
    unknown = [f"{place} names {clause}" for place, clause in named if clause not in clauses]
    assert not unknown, "\n".join(unknown)


def calls(folder: str) -> Iterator[tuple[str, str, ast.Call]]:
    """(place, what is called, the call) of each call under `folder`."""
    for page in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(page.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                yield f"{page.relative_to(ROOT)}:{node.lineno}", name, node


def test_a_mark_and_a_refusal_name_clauses() -> None:
    clauses, kinds, empty = written(), refusals(Refused), []
    for place, name, call in [*calls("node"), *calls("tests")]:
        words = [one.value for one in call.args if isinstance(one, ast.Constant)]
        if name == "clause" and not (words and all(word in clauses for word in words)):
            empty.append(f"{place}: a mark")
        if name in kinds and place.startswith("node") and isinstance(call.args[0], ast.Constant):
            empty += [] if words[0] in clauses else [f"{place}: {name}"]
    assert not empty, "\n".join(empty)


def refusals(kind: type) -> set[str]:
    """The names of `kind` and of all that is one."""
    return {kind.__name__}.union(*(refusals(one) for one in kind.__subclasses__()))
