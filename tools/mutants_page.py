"""Write `docs/mls-mutants.md` from the results of `tools.mutants`.

`.venv/bin/python -m tools.mutants_page CHECKS.json ORDINARY.json`.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.mutants import MLS, PAGES, every_page, mutants

DOC = Path(__file__).resolve().parents[1] / "docs" / "mls-mutants.md"

# Why nothing can notice these: by a part of the mutant's name.
REASONS: dict[str, str] = {
    "Tree.truncated: 2 → 3": "what it looks at besides is blank already",
    "Tree.encode: 1 → 2": "blanks at the end of a tree come in twos: a parent and a leaf",
    "_commit: b'' → b'!'": "there is always a KEM output: the words are for the types only",
    "_outside: b'' → b'!'": "what one outside signs holds no context: these bytes are not used",
    "SecretTree.ahead: Gt → GtE": "where both are equal the result is the same",
    "check_epoch: Lt → LtE": "only the words of the refusal; equal epochs never come there",
    "Reader.u32s: 32 → 33": "the price of an element, in a limit that is not so exact",
    "join: b'' → b'!'": "the joiner secret of a Welcome is not kept: these bytes are not used",
}


def reason(name: str) -> str:
    return next((why for part, why in REASONS.items() if part in name), "not explained yet")


def kept(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """The results whose mutant can still be made."""
    pages = every_page() if kind == "checks" else PAGES
    names = {mutant.name for page in pages for mutant in mutants(page, kind)}
    found: dict[str, dict[str, Any]] = json.loads(path.read_text())
    return {name: one for name, one in found.items() if name in names}


def who(one: dict[str, Any]) -> str:
    if one["noticed"] == "nobody":
        return "nobody" if one["tried"] == "all" else "open"
    return str(one["noticed"].partition(":")[0])


def table(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "| page | mutants | by the corpus | by unit tests | by nobody |"
    yield "|---|---:|---:|---:|---:|"
    by_page: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found.values():
        page = (MLS / one["page"]).resolve().relative_to(MLS.parents[1]).as_posix()
        by_page[page][who(one)] += 1
    for page, counts in sorted(by_page.items()):
        cells = (sum(counts.values()), counts["corpus"], counts["unit"], counts["nobody"])
        yield f"| `{page}` | " + " | ".join(map(str, cells)) + " |"
    total = Counter(who(one) for one in found.values())
    cells = (sum(total.values()), total["corpus"], total["unit"], total["nobody"])
    yield "| all | " + " | ".join(map(str, cells)) + " |"
    if total["open"]:
        yield f"\n{total['open']} were asked of the corpus only; they count as noticed by nobody."


def survivors(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, one in found.items():
        if who(one) in ("nobody", "open"):
            yield f"- `{name}`: {reason(name)}"


def page(checks: dict[str, Any], ordinary: dict[str, Any], all_ordinary: int) -> Iterator[str]:
    yield "# Mutants of the MLS library\n"
    yield (
        "`tools/mutants.py` breaks the library in one place after the other and asks the tests. A\n"
        "mutant is asked the cases of the must-refuse corpus that reach its function, then, when\n"
        "none objects, the unit tests of `tests/e2ee/mls` (not the long histories, nor the\n"
        "differential runs) and `tests/wire/test_tls.py`. One that does not end within its\n"
        "processor time is noticed as well. Line numbers are those of the run.\n"
    )
    yield "## Without one check\n"
    yield (
        "Each `raise` of a refusal and each call of a `check_…`, in all pages of the library\n"
        "and the codec, taken out by itself.\n"
    )
    yield from table(checks)
    yield "\nNoticed by nobody:\n"
    yield from survivors(checks) if any(survivors(checks)) else ["none."]
    yield "\n## Ordinary mutants\n"
    yield (
        "Comparisons, `and`/`or`, `not`, numbers, bytes, arithmetic, conditions, results:\n"
        f"a random sample of {len(ordinary)} of the {all_ordinary} that can be made inside\n"
        "functions of these pages (`--sample 400 --seed 9420 --first 210`), and all\n"
        "of `psk.py` and `credentials.py`. Tables and other code\n"
        "of a page's top level are not changed.\n"
    )
    yield from table(ordinary)
    yield "\nNoticed by nobody:\n"
    yield from survivors(ordinary)


def main() -> int:
    checks = kept(Path(sys.argv[1]), "checks")
    ordinary = kept(Path(sys.argv[2]), "ordinary")
    made = sum(1 for name in PAGES for _ in mutants(name, "ordinary"))
    DOC.write_text("\n".join(page(checks, ordinary, made)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
