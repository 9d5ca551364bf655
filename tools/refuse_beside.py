"""Run the must-refuse corpus on ts-mls too, and write where it answers otherwise.

`.venv/bin/python -m tools.refuse_beside ANSWERS.json` keeps the answers that are there. It needs
ts-mls (`tools/packages.py`).
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2ee.mls.peering import FOLDER
from tests.e2ee.mls.replay import shelves
from tools.beside_words import TWINS, WHY
from tools.packages import NODE

DOC = Path(__file__).resolve().parents[1] / "docs" / "mls-refuse-beside.md"
MARK = "<!-- what follows is written by tools/refuse_beside.py -->"
ENDS = "the process ends"


def answers(path: Path) -> list[dict[str, Any]]:
    """One file of the corpus; a case that ends the process is such an answer as well."""
    found: dict[str, dict[str, Any]] = {}
    skipped: list[str] = []
    while True:
        ran = subprocess.run(
            [str(NODE), "refuse.mjs", str(path)],
            cwd=FOLDER,
            env={**os.environ, "SKIPPED": json.dumps([*skipped, *found])},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        begun = ""
        for line in ran.stdout.splitlines():
            answer = json.loads(line)
            if "begins" in answer:
                begun = answer["begins"]
            else:
                found[begun] = answer
        if ran.returncode == 0:
            return list(found.values())
        name, kind, case = begun.split(" ", 2)
        skipped.append(begun)
        found[begun] = {
            "file": name,
            "kind": kind,
            "name": case,
            "says": ENDS,
            "clause": clause_of(path, case),
        }


def clause_of(path: Path, name: str) -> str:
    cases = json.loads(path.read_text())["cases"]
    return next((str(one["clause"]) for one in cases if one["name"] == name), "")


def reason(says: str) -> str:
    """Why a twin is refused there, in words."""
    return next(why for part, why in TWINS.items() if part in says)


def report(said: list[dict[str, Any]]) -> Iterator[str]:
    """The page of docs: each difference explained, or a `KeyError`."""
    twins = [one for one in said if one["kind"] == "twin"]
    unreached = [one for one in said if "cannot come there" in one["says"]]
    places = {(one["file"], one["name"]) for one in unreached}
    cases = [o for o in said if o["kind"] == "case" and (o["file"], o["name"]) not in places]
    taken = [one for one in cases if one["says"] == "accepted"]
    ended = [one for one in cases if one["says"] == ENDS]
    asked = Counter(one["clause"] for one in cases)
    good = sum(one["says"] == "accepted" for one in twins)
    yield (
        f"{len(twins)} twins were asked, {good} accepted. {len(cases)} cases were asked, "
        f"{len(taken)} accepted. {len(ended)} end the process. Another {len(unreached)} could not "
        "be asked, for their receivers did not get into their groups.\n"
    )
    yield "| clause | asked | accepted | for example | why |"
    yield "|---|---:|---:|---|---|"
    for clause in sorted({one["clause"] for one in taken}, key=lambda c: (section(c), c)):
        found = [one["name"] for one in taken if one["clause"] == clause]
        example = Counter(found).most_common(1)[0][0]
        yield f"| {clause} | {asked[clause]} | {len(found)} | `{example}` | {WHY[clause]} |"
    yield "\n## Twins that it refuses\n"
    yield "| twin | its words | why |"
    yield "|---|---|---|"
    for one in twins:
        if one["says"] != "accepted" and one not in unreached:
            words = one["says"].partition(". ")[0]
            yield f"| `{one['file']}` `{one['name']}` | {words} | {reason(one['says'])} |"
    yield "\n## Cases that end its process\n"
    for one in ended:
        yield f"- `{one['file']}` `{one['name']}` ({one['clause']})"


def section(clause: str) -> list[str]:
    """To sort clauses by section."""
    numbers = clause.removeprefix("MLS-").rstrip("abcdefghijklmnop")
    return [f"{int(part):04}" for part in numbers.split(".")]


def main() -> int:
    out = Path(sys.argv[1])
    said: list[dict[str, Any]] = json.loads(out.read_text()) if out.exists() else []
    done = {one["file"] for one in said}
    for path in shelves():
        if path.stem not in done:
            said += answers(path)
            out.write_text(json.dumps(said, indent=0))
    page = DOC.read_text().partition(MARK)[0] + MARK + "\n\n" + "\n".join(report(said)) + "\n"
    DOC.write_text(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
