"""The device in TypeScript: its types, its own tests, and that it says what the Python one says."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import IN_CI
from tools import browser

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    page
    for suffix in ("ts", "tsx", "css")
    for page in browser.FOLDER.rglob(f"*.{suffix}")
    if browser.MODULES not in page.parents
)
APP = browser.FOLDER / "app"
# What runs in the device's worker; the rest are the app, its film maker, what builds it, and tests.
DEVICE = [
    page
    for page in SOURCES
    if page.parent != browser.FOLDER / "tests"
    and APP not in page.parents
    and browser.FOLDER / "film" not in page.parents
    and page.name not in ("build.ts", "first_in_one.ts")
]
# What both devices do alike; a browser's store is no file, and its tabs are no terminal.
PARTS = {"errors.ts", "wire", "mls", "device"}
ALIKE = [page for page in DEVICE if page.relative_to(browser.FOLDER).parts[0] in PARTS]
MADE = browser.FOLDER / "messenger" / "api_types.ts"  # by tools/api_types.py
TESTS = sorted((browser.FOLDER / "tests").glob("*.test.ts"))
NEEDED = ("./", "../", "@noble/", "@scure/")  # of our own, and the ciphers and recovery words
LONGEST_PAGE = 400
RAISED = re.compile(
    r"(?:Malformed|Unproven|Forbidden|Missing|Conflict|TooMuch)\(\s*\"([A-Z0-9]{3}-[^\"]+)\""
)
# What stands for a part of another page, or for a library that Python has.
MORE = {
    "public": {"aead"},
    "private": {
        "certificate",
        "handshake_part",
        "handshakes",
        "private_key",
        "receive_handshake",
        "records",
    },
    "device": {
        "device_behind",
        "device_keys",
        "first_owed",
        "key_changes",
        "key_maker",
        "roles",
        "standing",
    },
}


def _name(page: Path) -> str:
    return str(page.relative_to(browser.FOLDER))


@pytest.fixture(autouse=True)
def _installed() -> None:
    assert browser.is_installed(), "run .venv/bin/python -m tools.browser install"


def test_format_lint_and_types() -> None:
    found = browser.check(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert not found, "\n".join(one.stdout for one in found)


@pytest.mark.slow
@pytest.mark.parametrize("page", TESTS, ids=_name)
def test_its_own_tests_pass(page: Path) -> None:
    vectors = os.environ.get("KITH_VECTORS", str(ROOT.parent / "shared" / "vectors"))
    ran = browser.node(
        "--test",
        str(page),
        env={**os.environ, "KITH_VECTORS": vectors},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert ran.returncode == 0, ran.stdout
    if ran.stdout.count("# SKIP") and not ran.stdout.count("✔"):
        reason = "no test vectors: set KITH_VECTORS to their folder"
        if IN_CI:
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.parametrize("page", SOURCES, ids=_name)
def test_a_page_is_short_and_says_what_it_is_for(page: Path) -> None:
    text = page.read_text()
    assert page == MADE or len(text.splitlines()) <= LONGEST_PAGE, (
        "split this page: what is the second one called?"
    )
    assert text.startswith("/**"), "a page begins with one sentence: what it is for"


@pytest.mark.parametrize("page", [p for p in SOURCES if APP in p.parents], ids=_name)
def test_the_app_draws_no_html_of_others(page: Path) -> None:
    """What others wrote becomes elements one by one (`parts/rich.tsx`), or text."""
    text = page.read_text()
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "srcdoc"):
        assert way not in text, f"{way} draws what nobody has looked through"


@pytest.mark.parametrize("page", [p for p in SOURCES if APP in p.parents], ids=_name)
def test_what_a_press_begins_is_waited_for(page: Path) -> None:
    """A deed that nobody waits for shows nothing, is begun twice, and is lost with its tab."""
    # What they give, `on...` of a part of our own hands on; a look at what follows eats no other.
    handlers = r"\bon(?:Click|Send|Change|Value|Lift)=\{(?:async )?\([^)]*\) =>\s*(?=(.{0,120}))"
    presses = re.findall(handlers, page.read_text(), re.S)
    unheard = [press for press in presses if re.match(r"(\{\s*)?void (?!begin\()", press)]
    assert not unheard, unheard


# What scrolls and holds a field, a button or a link whatever comes.
ALWAYS_REACHED = {"album-strip", "chat-list", "feed", "file-panel", "sheet"}


def test_what_scrolls_is_reached_by_keys() -> None:
    """Areas that scroll are drawn by `parts/scrolling.tsx`, or hold what takes the keys."""
    sheets = [*APP.rglob("*.css"), ROOT / "node" / "web" / "pages" / "static" / "kith.css"]
    rules = re.findall(
        r"([^{}]+)\{[^{}]*\boverflow(\S*: [^;]*\b(?:auto|scroll)\b[^;]*)",
        "".join(sheet.read_text() for sheet in sheets),
    )
    # Where only one direction is named the other one scrolls, too.
    assert {way for _, way in rules} == {": hidden auto", ": auto hidden"}
    found = {re.findall(r"\.([a-z-]+)", rule)[0] for rule, _ in rules}
    pages = "".join(page.read_text() for page in APP.rglob("*.tsx"))
    drawn = set(re.findall(r'<Scrolling\s+class=\{?[^>]*?"([a-z-]+)"', pages))
    assert found == ALWAYS_REACHED | drawn


@pytest.mark.parametrize("page", DEVICE, ids=_name)
def test_the_device_needs_a_browser_and_no_more(page: Path) -> None:
    for target in re.findall(r'from "([^"]+)"', page.read_text()):
        assert target.startswith(NEEDED), f"{target} is not for a worker"


def _raised(pages: list[Path]) -> set[str]:
    return {clause for page in pages for clause in RAISED.findall(page.read_text())}


def _twins() -> list[Path]:
    """The pages of Python that `browser/` repeats."""
    node = ROOT / "node"
    client = [
        node / "client" / f"{page.stem}.py" for page in DEVICE if page.parent.name == "device"
    ]
    pages = [*(node / "e2ee" / "mls").rglob("*.py"), *client]
    return [*pages, node / "wire" / "tls.py", node / "wire" / "json.py"]


def test_both_devices_refuse_by_the_same_clauses() -> None:
    there = _raised([page for page in _twins() if page.exists()])
    assert _raised(ALIKE) == there


def test_every_clause_that_is_named_is_written() -> None:
    pages = (page.read_text() for page in (ROOT / "spec").glob("*.md"))
    clauses = {
        clause for page in pages for clause in re.findall(r"^\*\*([A-Z0-9]{3}-\S+)\*\*", page, re.M)
    }
    named = _raised([page for page in DEVICE if page not in ALIKE])
    assert named and named <= clauses


@pytest.mark.parametrize("part", ["public", "private"])
def test_both_libraries_have_the_same_pages(part: str) -> None:
    here = {p.stem for p in (ROOT / "node" / "e2ee" / "mls" / part).glob("[a-z]*.py")}
    there = {p.stem for p in (browser.FOLDER / "mls" / part).glob("*.ts")}
    assert there == here | MORE[part]


def test_a_page_of_the_device_is_named_after_its_twin() -> None:
    there = {page.stem for page in (browser.FOLDER / "device").glob("*.ts")}
    assert there - {page.stem for page in (ROOT / "node" / "client").glob("*.py")} == MORE["device"]
