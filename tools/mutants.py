"""Break the MLS library in one place after the other, and see whether its tests notice.

`.venv/bin/python -m tools.mutants checks` takes away each check by itself: each `raise` of a
refusal and each call of a `check_…`. `.venv/bin/python -m tools.mutants ordinary` makes other small
changes: comparisons, `and`/`or`, `not`, numbers, bytes, conditions, what is returned. Each
mutant is a forked process in which the code of one function is replaced; it is asked the cases of
the must-refuse corpus that ever reach that function, then, when none objects, the unit tests.
`--json FILE` keeps the results; `--only private/psk.py` is for one page.
"""

import argparse
import ast
import copy
import importlib
import inspect
import json
import os
import random
import re
import resource
import sys
import time
import types
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2ee.mls.replay import IdempotencyMark, open_shelf, outcome, shelves, verdict

ROOT = Path(__file__).resolve().parents[1]
MLS = ROOT / "node" / "e2ee" / "mls"
REFUSALS = frozenset(("Malformed", "Unproven", "Forbidden", "Missing", "Conflict", "TooMuch"))
# What the report is about, by the names that the RFC gives these things.
PAGES = (
    "private/validation.py",
    "public/leaf.py",
    "private/proposal_list.py",
    "public/framing.py",
    "private/protect.py",
    "private/receive.py",
    "public/tree.py",
    "private/ratchet_tree.py",
    "private/treekem.py",
    "public/tree_hash.py",
    "public/tree_math.py",
    "private/secret_tree.py",
    "public/key_package.py",
    "private/commit.py",
    "public/commit.py",
    "private/welcome.py",
    "private/joining.py",
    "public/group_info.py",
    "private/psk.py",
    "public/proposals.py",
    "public/extensions.py",
    "public/credentials.py",
    "private/external.py",
    "public/suite.py",
    "../../wire/tls.py",
)
UNIT = (
    "tests/e2ee/mls/test_refuse_gaps.py",
    "tests/wire/test_tls.py",
    "tests/e2ee/mls/test_refuse_commit.py",
    "tests/e2ee/mls/test_refuse_framing.py",
    "tests/e2ee/mls/test_refuse_leaf.py",
    "tests/e2ee/mls/test_refuse_welcome.py",
    "tests/e2ee/mls/test_session.py",
    "tests/e2ee/mls/test_outside.py",
    "tests/e2ee/mls/test_conversation.py",
    "tests/e2ee/mls/test_vectors.py",
    "tests/e2ee/mls/test_hidden.py",
    "tests/e2ee/mls/test_hostile.py",
)
# Of processor time, for the corpus and for the unit tests: a mutant may never end.
LONGEST_SECONDS = (30, 150)


@dataclass(frozen=True)
class Mutant:
    """A page with one change: where, in which function, and what."""

    page: str
    line: int
    function: str
    what: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return f"{self.page}:{self.line} {self.function}: {self.what}"


Change = tuple[ast.AST, str]


def _checks(node: ast.AST) -> Iterator[Change]:
    """Without this check."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        called = node.exc.func
        if isinstance(called, ast.Name) and called.id in REFUSALS:
            clause = node.exc.args[0] if node.exc.args else ast.Constant("?")
            yield ast.Pass(), f"no {ast.unparse(clause)}"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = node.value.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name.startswith(("check_", "_check_")):
            yield ast.Pass(), f"no call of {name}"


COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitXor: ast.BitAnd,
    ast.Mod: ast.FloorDiv,
}


def _compared(node: ast.Compare) -> Iterator[Change]:
    for place, operator in enumerate(node.ops):
        other = COMPARED[type(operator)]
        changed = copy.deepcopy(node)
        changed.ops[place] = other()
        yield changed, f"{type(operator).__name__} → {other.__name__}"


def _constant(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value), f"{node.value} → {not node.value}"
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1), f"{node.value} → {node.value + 1}"
    elif isinstance(node.value, bytes):
        yield ast.Constant(node.value + b"!"), f"{node.value!r} → {node.value + b'!'!r}"


def _ordinary(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        yield from _compared(node)
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield ast.BoolOp(other(), node.values), f"→ {other.__name__.lower()}"
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand, "not → nothing"
    elif isinstance(node, ast.Constant):
        yield from _constant(node)
    elif isinstance(node, ast.BinOp) and type(node.op) in COUNTED:
        counted = COUNTED[type(node.op)]
        yield (
            ast.BinOp(node.left, counted(), node.right),
            (f"{type(node.op).__name__} → {counted.__name__}"),
        )
    elif isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.Compare):
        changed = copy.deepcopy(node)
        changed.test = ast.UnaryOp(ast.Not(), node.test)
        yield changed, "condition negated"
    elif isinstance(node, ast.Return) and not isinstance(node.value, ast.Constant | None):
        yield ast.Return(ast.Constant(None)), "returns None"


def _skipped(node: ast.AST) -> bool:
    """What says nothing that runs: words of a refusal, assertions, the forms of `__repr__`."""
    return isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr)


class _Sites(ast.NodeVisitor):
    """The places inside functions where something can be changed, with the function's name."""

    def __init__(self, changes: Callable[[ast.AST], Iterator[Change]], ordinary: bool) -> None:
        self.changes, self.ordinary = changes, ordinary
        self.scope: list[str] = []
        self.inside = 0
        self.found: list[tuple[str, ast.AST, ast.AST, str]] = []

    def _scoped(self, node: Any, function: bool) -> None:
        self.scope.append(node.name)
        self.inside += function
        for child in node.body:
            self.visit(child)
        self.inside -= function
        self.scope.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._scoped(node, False)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._scoped(node, True)

    def generic_visit(self, node: ast.AST) -> None:
        if self.inside:
            name = ".".join(self.scope)
            self.found += [(name, node, new, what) for new, what in self.changes(node)]
            if self.ordinary and _skipped(node):
                return
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            self.visit(node.value)
            return
        super().generic_visit(node)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        if node is self.old:
            return ast.copy_location(self.new, node)
        return super().generic_visit(node)


def mutants(page: str, kind: str) -> Iterator[Mutant]:
    source = (MLS / page).read_text()
    tree = ast.parse(source)
    sites = _Sites(_checks if kind == "checks" else _ordinary, kind == "ordinary")
    sites.visit(tree)
    docs = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for function, old, new, what in sites.found:
        if id(old) in docs:
            continue
        changed = ast.parse(source)
        # The same place in a fresh tree.
        twin = next(b for a, b in zip(ast.walk(tree), ast.walk(changed), strict=True) if a is old)
        changed = _Replace(twin, copy.deepcopy(new)).visit(changed)
        line = getattr(old, "lineno", 0)
        yield Mutant(page, line, function, what, ast.fix_missing_locations(changed))


def module_of(page: str) -> types.ModuleType:
    path = (MLS / page).resolve().relative_to(ROOT).with_suffix("")
    return importlib.import_module(".".join(path.parts))


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


def _functions(module: types.ModuleType) -> Iterator[types.FunctionType]:
    """All functions that a module defines, also those in its classes."""
    for value in list(vars(module).values()):
        members = list(vars(value).values()) if inspect.isclass(value) else [value]
        for member in members:
            for one in (getattr(member, "__func__", member), getattr(member, "fget", None)):
                plain = getattr(one, "__wrapped__", one)
                if inspect.isfunction(plain) and plain.__module__ == module.__name__:
                    yield plain


def put_in(mutant: Mutant) -> bool:
    """Replace the code of the changed function wherever it is used; False when it is in none."""
    module = module_of(mutant.page)
    compiled = compile(mutant.tree, str(module.__file__), "exec")
    new = {code.co_qualname: code for code in _codes(compiled)}
    outer = mutant.function
    done = False
    for function in _functions(module):
        name = function.__code__.co_qualname
        if name in new and (outer == name or outer.startswith(f"{name}.")):
            function.__code__ = new[name]
            done = True
    return done


@dataclass(frozen=True)
class Asked:
    """A deed of the corpus and what has to come of it."""

    deed: IdempotencyMark
    clause: str | None

    def objects(self) -> bool:
        """Whether this deed ends otherwise than it should."""
        try:
            if self.clause is None:
                return bool(outcome(self.deed.do()) != self.deed.what["gives"])
            return verdict(self.deed) != self.clause
        except Exception:
            return True


def corpus() -> list[Asked]:
    asked = []
    for path in shelves():
        tables = open_shelf(path)
        asked += [Asked(deed, None) for deed in tables.twins()]
        asked += [Asked(deed, deed.what["clause"]) for deed in tables.cases()]
    return asked


Reach = dict[tuple[str, str], list[int]]


def reach(asked: list[Asked]) -> Reach:
    """Which deeds come through which function: by file and qualified name."""
    found: Reach = defaultdict(list)
    for place, one in enumerate(asked):
        seen: set[types.CodeType] = set()

        def look(frame: Any, event: str, _: Any, seen: set[types.CodeType] = seen) -> None:
            if event == "call":
                seen.add(frame.f_code)

        sys.setprofile(look)
        wrong = one.objects()
        sys.setprofile(None)
        assert not wrong, one.deed.what
        for code in seen:
            if "/node/" in code.co_filename:
                found[code.co_filename, code.co_qualname].append(place)
    return found


def _ranked(mutant: Mutant, asked: list[Asked], reached: Reach) -> list[int]:
    """The deeds that reach a function; those first whose clause is written in its page there."""
    file = str(module_of(mutant.page).__file__)
    name = mutant.function
    places = reached.get((file, name)) or reached.get((file, name.rpartition(".")[0])) or []
    source = Path(file).read_text().splitlines()[max(0, mutant.line - 6) : mutant.line + 6]
    near = " ".join(source)
    twins = [p for p in places if asked[p].clause is None]
    named = [p for p in places if asked[p].clause is not None and f'"{asked[p].clause}"' in near]
    known = {*twins, *named}
    return [*named, *twins[:40], *(p for p in places if p not in known), *twins[40:]]


CLAUSE = re.compile(r"MLS-[\d.]+[a-z]?")


def clauses_near(mutant: Mutant) -> set[str]:
    """The clauses that a mutant is about: those its words name, or the check that it leaves out."""
    named = set(CLAUSE.findall(mutant.what))
    called = re.search(r"no call of (\w+)", mutant.what)
    if called:
        for page in every_page():
            source = (MLS / page).read_text()
            for body in re.findall(rf"def {called[1]}\(.*?(?=\ndef |\nclass |\Z)", source, re.S):
                named |= set(CLAUSE.findall(body))
    return named


def unit_tests(about: set[str]) -> list[str]:
    """The unit tests that name one of these clauses; all their files when none does."""
    found = []
    for file in UNIT:
        for node in ast.parse((ROOT / file).read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                marks = " ".join(map(ast.unparse, node.decorator_list))
                if about & set(CLAUSE.findall(marks)):
                    found.append(f"{file}::{node.name}")
    return found


def _unit(mutant: Mutant) -> str | None:
    """The first unit test that fails."""

    class First:
        failed: str | None = None

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed and self.failed is None:
                self.failed = report.nodeid

    first = First()
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly"]
    about = clauses_near(mutant)
    # Vectors are all to be accepted: they say nothing of a check that is gone.
    able = [file for file in UNIT if not (about and file.endswith("test_vectors.py"))]
    for tests in (unit_tests(about), able):
        if tests and pytest.main([*options, *tests], plugins=[first]) != 0:
            return first.failed or "it does not run"
    return None


def judged(mutant: Mutant, asked: list[Asked], places: list[int], units: bool) -> str:
    """Who noticed: ``corpus: …``, ``unit: …``, or ``nobody``. Runs in a process of its own."""
    if not put_in(mutant):
        return "nowhere"
    for place in places:
        if asked[place].objects():
            return f"corpus: {asked[place].deed.what.get('name', 'a twin')}"
    failed = _unit(mutant) if units else None
    return f"unit: {failed}" if failed else "nobody"


def forked(mutant: Mutant, asked: list[Asked], places: list[int], units: bool) -> str:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        spent = int(time.process_time()) + LONGEST_SECONDS[units]
        resource.setrlimit(resource.RLIMIT_CPU, (spent, spent + 5))
        resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
        os.chdir(ROOT)
        try:
            found = judged(mutant, asked, places, units)
        except BaseException as error:
            found = f"unit: {type(error).__name__}"
        os.write(write, found.encode()[:4000])
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        found = pipe.read().decode()
    os.waitpid(child, 0)
    return found or "unit: it does not end"


def every_page() -> list[str]:
    """All pages of the library, and the codec."""
    rooms = [MLS / "public", MLS / "private"]
    own = sorted(str(page.relative_to(MLS)) for room in rooms for page in room.glob("*.py"))
    return [*own, "../../wire/tls.py"]


def wanted(options: argparse.Namespace) -> list[Mutant]:
    pages = options.only or (every_page() if options.kind == "checks" else PAGES)
    found = [mutant for page in pages for mutant in mutants(page, options.kind)]
    if options.sample and options.sample < len(found):
        found = random.Random(options.seed).sample(found, options.sample)
    here, parts = map(int, options.part.split("/"))
    return found[here::parts][: options.first]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("checks", "ordinary"))
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="0/1", help="such as 0/2: this half of them")
    parser.add_argument("--first", type=int, help="only so many of the sample")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    asked = corpus()
    reached = reach(asked)
    found: dict[str, dict[str, str]] = {}
    if options.json and options.json.exists():
        found = json.loads(options.json.read_text())  # goes on where it was
    until = time.monotonic() + 60 * options.minutes
    chosen = wanted(options)
    # First the corpus for all of them, for it is quick; then the unit tests for those that live.
    for units in (False, True):
        for mutant in chosen:
            before = found.get(mutant.name)
            if time.monotonic() > until or (before and (not units or before["tried"] == "all")):
                continue
            places = [] if units else _ranked(mutant, asked, reached)
            noticed = forked(mutant, asked, places, units)
            tried = "all" if units or noticed != "nobody" else "corpus"
            found[mutant.name] = {"page": mutant.page, "noticed": noticed, "tried": tried}
            if units or noticed == "nowhere":
                print(f"{noticed:50.50} {mutant.name}", flush=True)
            if options.json:
                options.json.write_text(json.dumps(found, indent=1))
    lived = sum(one["noticed"] == "nobody" for one in found.values())
    print(f"{len(found)} mutants, {lived} noticed by nobody")
    return 0


if __name__ == "__main__":
    sys.exit(main())
