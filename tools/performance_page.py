"""Write docs/performance.md from the last bench: `.venv/bin/python -m tools.performance_page`.

The bench before it is `make bench`, on a machine that does nothing else.
"""

import os
import platform
import sqlite3
import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tools.bench.figures import FILE, Figure, read
from tools.bench.table import ROWS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
# Title, what is to be known of it, and the rows; a row brings its parts along.
SECTIONS: Sequence[tuple[str, str, tuple[str, ...]]] = (
    (
        "Sealed messages",
        "Two nodes on one machine, each with the devices of its people in a process beside it: the"
        " four programs share the cores. From the word said to the word read on the other device.",
        ("talk_idle", "talk_120", "talk_closed", "postgres_two"),
    ),
    (
        "Other servers",
        "A delivery is taken in when its signature is proven and it is on disk. The rows of the"
        " door are of a process without a worker (`worker = false`), as the minimal handler has"
        " none; what is applied meanwhile is of a whole node.",
        ("door", "drain", "mixed", "deliver_rsa", "deliver_ed25519"),
    ),
    (
        "A full node",
        "10,000 accounts, 100,000 posts, and one who has 500 friends and looks at their pages.",
        ("pages", "fanout"),
    ),
    ("Start, memory, videos", "", ("start_fresh", "start_again", "rss_idle", "video")),
    (
        "The app",
        "In headless Chromium on the same machine as its node, without a graphics card. What is"
        " said of a slow line is at 80 ms and 10 Mbit/s.",
        ("app_first", "app_next", "app_scroll", "app_memory", "app_story"),
    ),
    (
        "On a person's own device",
        "A step is what a device must have on disk before a message goes out or is shown.",
        ("vault", "mls.seal", "mls.open", "mls.invite", "mls.join_100", "mls.commit_filled"),
    ),
)
WIDTH = 100
HEAD = """# What a node carries

Every figure was measured beside the least that any program must do for the same (a bare server, a
bare loop of inserts, a bare encoder), in the same run on the same machine. The ratio of the two
tells about Kith; the figure alone tells as much about the machine.

Measured {when} on {machine}.
A node is one process with SQLite, unless PostgreSQL is said; whoever asks it is another process on
the same machine. `make bench` measures your own.
[What a delivery costs](../spec/decisions/0019-what-a-delivery-costs.md) says where the time goes.
"""


def machine() -> str:
    """What a reader must know of it to compare: no names, no paths."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    memory = round(pages * size / 1024**3)
    python, sqlite = platform.python_version(), sqlite3.sqlite_version
    return f"{os.cpu_count()} cores, {memory} GB of memory, Python {python}, SQLite {sqlite}"


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "not in the time of the bench"
    if not unit:
        return f"{value:g}"
    return f"{value:,.0f}{unit}" if unit == "/s" else f"{value:g} {unit}"


def _row(figure: Figure) -> str:
    row = ROWS[figure.name]
    beside = ""
    if figure.beside is not None:
        beside = f"{_shown(figure.beside, figure.unit)}: {row.raw}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:g}"
    return f"| {row.says} | {_shown(figure.value, figure.unit)} | {beside} | {ratio} |"


def _section(title: str, about: str, names: Sequence[str], found: Mapping[str, Figure]) -> str:
    if about:
        about = "\n".join(textwrap.wrap(about, WIDTH))
    rows = [
        _row(found[name])
        for wanted in names
        for name in ROWS
        if (name == wanted or name.startswith(f"{wanted}.")) and name in found
    ]
    head = [f"## {title}", *([about] if about else [])]
    table = ["| what | figure | beside it | ratio |", "|---|---|---|---|", *rows]
    return "\n\n".join([*head, "\n".join(table)])


def page(figures: Sequence[Figure], when: str, on: str) -> str:
    """The whole page."""
    found = {figure.name: figure for figure in figures}
    parts = [HEAD.format(when=when, machine=on).rstrip()]
    parts += [_section(*section, found) for section in SECTIONS]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    measured = datetime.fromtimestamp(FILE.stat().st_mtime, UTC)
    PAGE.write_text(page(read(), f"{measured:%Y-%m-%d}", machine()))


if __name__ == "__main__":
    main()
