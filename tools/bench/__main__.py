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

from tools.bench.figures import FILE, Figure, figures, write
from tools.bench.ground import Bench
from tools.bench.table import GROUPS, ROWS, group_of

QUICK_FILE = FILE.with_name("bench-quick.json")
MARKS = {True: "yes", False: "NO", None: ""}


async def measure(group: str, quick: bool) -> list[Figure]:
    """One group, in a folder of its own that is removed behind it."""
    work, _ = GROUPS[group]
    with tempfile.TemporaryDirectory() as folder:
        found = [one async for one in work(Bench(Path(folder), quick))]
    return figures(ROWS, found)


def line(figure: Figure) -> str:
    """A row of the table that is printed."""
    row = ROWS[figure.name]
    value = "never" if figure.value is None else f"{figure.value:g} {figure.unit}"
    beside = "" if figure.beside is None else f"{figure.beside:g} {figure.unit}, {row.raw}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:g}"
    cells = (figure.name, row.says, value, figure.reach, MARKS[figure.holds], beside, ratio)
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
    groups = dict.fromkeys(map(group_of, given.names)) or GROUPS
    began = time.monotonic()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}. Aims are for an idle machine.\n")
    print("| row | what | measured | aim | holds | beside it | ratio |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for group in groups:
        found = asyncio.run(measure(group, given.quick))
        write(found, QUICK_FILE if given.quick else FILE)
        print("\n".join(map(line, found)), flush=True)
    print(f"\n{time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f} at the end")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
