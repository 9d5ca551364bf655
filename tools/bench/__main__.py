"""`python -m tools.bench [NAME...] [--quick]`: measure, print a table, write `build/bench.json`.

Names are rows or groups; without one all of them are measured. `--quick` only shows that it goes:
its figures say nothing, and are written to `build/bench-quick.json`.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from tools.bench.figures import FILE, Figure, Measured, figures, write
from tools.bench.ground import Bench
from tools.bench.table import GROUPS, ROWS, group_of

QUICK_FILE = FILE.with_name("bench-quick.json")
MARKS = {True: "yes", False: "NO", None: ""}


async def measure(group: str, quick: bool, only: frozenset[str]) -> list[Measured]:
    """One group, in a folder of its own that is removed behind it."""
    work, _ = GROUPS[group]
    with tempfile.TemporaryDirectory() as folder:
        return [one async for one in work(Bench(Path(folder), quick, only))]


def line(figure: Figure, note: str) -> str:
    """A row of the table that is printed."""
    row = ROWS[figure.name]
    says = f"{row.says} ({note})" if note else row.says
    value = "never" if figure.value is None else f"{figure.value:g} {figure.unit}"
    beside = "" if figure.beside is None else f"{figure.beside:g} {figure.unit}, {row.raw}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:g}"
    cells = (figure.name, says, value, figure.reach, MARKS[figure.holds], beside, ratio)
    return "| " + " | ".join(cells) + " |"


def main(arguments: list[str]) -> int:
    """0 when all was measured, whether the aims are reached or not."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows or groups")
    parser.add_argument("--quick", action="store_true", help="small sizes, for a try")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in GROUPS and name not in ROWS]
    if unknown:
        parser.error(f"no row and no group is called {', '.join(unknown)}: {', '.join(ROWS)}")
    groups = dict.fromkeys(map(group_of, given.names)) or dict.fromkeys(GROUPS)
    only = frozenset(given.names)
    began = time.monotonic()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. Aims are for an idle machine.\n")
    print("| row | what | measured | aim | holds | beside it | ratio |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for group in groups:
        # A group that is named is meant whole.
        rows = frozenset() if group in only else only & {row.name for row in GROUPS[group][1]}
        found = asyncio.run(measure(group, given.quick, rows))
        made = figures(ROWS, found)
        write(made, list(ROWS), QUICK_FILE if given.quick else FILE)
        notes = {one.name: one.note for one in found}
        print("\n".join(line(one, notes[one.name]) for one in made), flush=True)
    print(f"\n{time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f} at the end")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
