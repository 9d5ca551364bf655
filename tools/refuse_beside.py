"""Run the must-refuse corpus on ts-mls too, and write down where it answers otherwise.

`.venv/bin/python -m tools.refuse_beside FILE.json`; needs ts-mls (`tools/services`).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2ee.mls.peering import FOLDER
from tests.e2ee.mls.replay import shelves


def answers(path: Path) -> list[dict[str, Any]]:
    """One file of the corpus; a case that ends the process is such an answer as well."""
    found: dict[str, dict[str, Any]] = {}
    skipped: list[str] = []
    while True:
        ran = subprocess.run(
            ["node", "refuse.mjs", str(path)],
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
        found[begun] = {"file": name, "kind": kind, "name": case, "says": "the process ends"}


def main() -> int:
    out = Path(sys.argv[1])
    said: list[dict[str, Any]] = []
    for path in shelves():
        said += answers(path)
        out.write_text(json.dumps(said, indent=0))
    twins = [one for one in said if one["kind"] == "twin"]
    cases = [one for one in said if one["kind"] == "case"]
    good = sum(one["says"] == "accepted" for one in twins)
    bad = sum(one["says"] == "accepted" for one in cases)
    print(f"twins: {good} of {len(twins)} accepted; cases: {bad} of {len(cases)} accepted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
