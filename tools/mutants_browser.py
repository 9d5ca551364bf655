"""Take each refusal of `browser/mls` away, one at a time: a test has to notice.

`.venv/bin/python -m tools.mutants_browser [CLAUSE …]` prints whom nobody noticed, and returns how
many those were. A refusal is a `throw new …("MLS-…")`; taken away it goes on as if all were well.
What the corpus does not ask of a receiver is asked by the library's own tests.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import browser

CORPUS = browser.FOLDER.parent / "spec" / "vectors" / "mls-refuse"
THROW = re.compile(r"throw (new \w+\(\s*\"(MLS-[^\"]+)\")")
OWN = ("tests/tls.test.ts", "tests/session.test.ts", "tests/checks.test.ts")
SECONDS = 60
# Never thrown for what anyone sends: there for the types.
UNREACHABLE = frozenset({("mls/private/receive.ts", "MLS-6a"), ("mls/private/receive.ts", "MLS-6")})


@dataclass(frozen=True)
class Mutant:
    """A page with one refusal less."""

    page: Path
    at: int
    clause: str
    text: str

    @property
    def name(self) -> str:
        line = self.page.read_text()[: self.at].count("\n") + 1
        return f"{self.page.relative_to(browser.FOLDER)}:{line} {self.clause}"


def mutants() -> Iterator[Mutant]:
    """All of them, page by page."""
    for page in sorted([*browser.FOLDER.glob("mls/**/*.ts"), browser.FOLDER / "wire" / "tls.ts"]):
        text = page.read_text()
        for found in THROW.finditer(text):
            if (str(page.relative_to(browser.FOLDER)), found[2]) not in UNREACHABLE:
                less = text[: found.start()] + "void " + found[1] + text[found.end() :]
                yield Mutant(page, found.start(), found[2], less)


def asking(clause: str) -> list[str]:
    """The files of the corpus that ask for this clause, the smallest first."""
    files = sorted(CORPUS.glob("*.json"), key=lambda path: path.stat().st_size)
    asks = {f.name: {c["clause"] for c in json.loads(f.read_text())["cases"]} for f in files}
    return [name for name, clauses in asks.items() if clause in clauses]


def is_noticed(copy: Path, mutant: Mutant) -> bool:
    """Whether a test fails without this refusal."""
    place = copy / "browser" / mutant.page.relative_to(browser.FOLDER)
    whole = place.read_text()
    place.write_text(mutant.text)
    runs: list[tuple[str, ...]] = []
    for name in asking(mutant.clause):
        only = f"--test-name-pattern=clause: {re.escape(name)}"
        runs.append((only, "tests/refuse.test.ts"))
    runs += [(page,) for page in OWN if (copy / "browser" / page).exists()]
    try:
        return any(_fails(copy, words) for words in runs)
    finally:
        place.write_text(whole)


def _fails(copy: Path, words: tuple[str, ...]) -> bool:
    """Also when it comes to no end."""
    # In one process: a child of it would outlive the timeout.
    what = ("--test", "--test-isolation=none", *words)
    try:
        ran = browser.node(*what, cwd=copy / "browser", stdout=subprocess.DEVNULL, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return ran.returncode != 0


def main() -> int:
    wanted = set(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        left_out = shutil.ignore_patterns("node_modules")
        shutil.copytree(browser.FOLDER, copy / "browser", ignore=left_out)
        (copy / "browser" / "node_modules").symlink_to(browser.MODULES)
        (copy / "spec" / "vectors").mkdir(parents=True)
        (copy / "spec" / "vectors" / "mls-refuse").symlink_to(CORPUS)
        tried, survivors = 0, 0
        for mutant in mutants():
            if not wanted or mutant.clause in wanted:
                tried += 1
                if not is_noticed(copy, mutant):
                    survivors += 1
                    print(mutant.name, flush=True)
    print(f"{tried} refusals taken away, {survivors} unnoticed")
    return survivors


if __name__ == "__main__":
    sys.exit(main())
