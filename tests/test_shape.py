"""The shape of the code: page lengths, docstrings, `Pure:` promises, the map."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(p for p in (ROOT / "node").rglob("*.py"))
LONGEST_PAGE = 400
IMPURE = {"asyncio", "aiohttp", "sqlalchemy", "secrets", "random", "time"}


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_page_is_short_and_says_what_it_is_for(page: Path) -> None:
    text = page.read_text()
    assert len(text.splitlines()) <= LONGEST_PAGE, "split this page: what is the second one called?"
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a page begins with one sentence: what it is for"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_pure_page_keeps_its_promise(page: Path) -> None:
    tree = ast.parse(page.read_text())
    if not (ast.get_docstring(tree) or "").startswith("Pure:"):
        return
    for node in ast.walk(tree):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), f"line {node.lineno} waits"
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not IMPURE & {name.split(".")[0] for name in names}, f"{names} is of the world"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_no_import_is_hidden_in_a_function(page: Path) -> None:
    for function in ast.walk(ast.parse(page.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                assert not isinstance(node, ast.Import | ast.ImportFrom), f"line {node.lineno}"


def test_the_receiver_alone_says_that_an_activity_is_proven() -> None:
    makers = {
        _name(page)
        for page in PAGES
        for node in ast.walk(ast.parse(page.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("ProvenActivity")
        and not ast.unparse(node.func).endswith("UnprovenActivity")
    }
    assert makers == {"node/federation/receiving.py", "node/testing/fakes.py"}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_bounded_memory_is_not_made_by_hand(page: Path) -> None:
    """See decision 0009."""
    assert "OrderedDict" not in page.read_text(), "use cachetools"


def test_the_map_names_every_room_and_no_other() -> None:
    drawn = set(re.findall(r"^- `(\w+)/?`", (ROOT / "node" / "__init__.py").read_text(), re.M))
    stands = {
        p.stem
        for p in (ROOT / "node").iterdir()
        if (p.is_dir() and p.name != "__pycache__") or (p.suffix == ".py" and p.stem != "__init__")
    }
    assert drawn == stands
