"""`kith vectors mls FILE…`: run known-answer vectors, one JSON line for each file."""

import json
import sys
from pathlib import Path

from node.e2ee.mls.vectors.run import Tally, run

USAGE = "usage: kith vectors mls FILE…"


def line(file: str, tally: Tally) -> str:
    """What a tester reads of one file."""
    said = {
        "file": file,
        "cases": tally.cases,
        "passed": tally.passed,
        "failed": tally.failed,
        "unsupported": tally.unsupported,
        "kind": tally.kind,
    }
    if tally.why is not None:
        said["reason"] = tally.why
    return json.dumps(said, ensure_ascii=False)


def tally_of(file: str) -> Tally:
    """The tally of a file; one that cannot be read has failed."""
    try:
        data = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as missing:
        return Tally(None, 0, 0, 1, 0, f"not readable: {missing.strerror}")
    except (ValueError, RecursionError):
        return Tally(None, 0, 0, 1, 0, "not JSON")
    return run(Path(file).name, data)


def main(argv: list[str]) -> int:
    """Exit status 0 when nothing failed, 1 when something did, 2 for a wrong call."""
    if len(argv) < 2 or argv[0] != "mls":
        print(USAGE, file=sys.stderr)
        return 2
    failed = 0
    for file in argv[1:]:
        tally = tally_of(file)
        failed += tally.failed
        print(line(file, tally), flush=True)
    return 1 if failed else 0
