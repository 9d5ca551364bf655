"""`make bench`: the figures, each with what it is held against. The machine's load is told first.

Names on the command line choose groups: `node`, `inbox`, `talk`, `mls`; all of them by default.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

from tools import bench_inbox, bench_mls, bench_node

Rows = list[tuple[str, str, str]]


def node() -> Rows:
    """A node by itself."""
    aims = ("2 s", "1.2 s", "120 MiB")
    return [(*row, aim) for row, aim in zip(asyncio.run(bench_node.measure()), aims, strict=True)]


def inbox() -> Rows:
    """Deliveries, from a client in another process."""
    return [(*row, "1,000/s") for row in asyncio.run(bench_inbox.measure())]


def talk() -> Rows:
    """The demo's sealed messages: from the call to the event on the other device."""
    subprocess.run([sys.executable, "-m", "tools.demo"], check=True, stdout=subprocess.DEVNULL)
    report = json.loads(Path("build/demo/report.json").read_text())
    took = sorted(report["message"]["latency_ms"])
    rss = ", ".join(str(one["rss_mib"]) for one in report["nodes"])
    return [
        ("sealed message across nodes, p50", f"{took[len(took) // 2]} ms", "25 ms"),
        ("sealed message across nodes, p95", f"{took[len(took) * 95 // 100]} ms", ""),
        ("RSS of both nodes after the story", f"{rss} MiB", ""),
    ]


def mls() -> Rows:
    """The MLS library, beside its floor and ts-mls."""
    rows = []
    for row in bench_mls.figures():
        beside = "" if row.floor is None else f" (floor {row.floor:.2f}: {row.of})"
        if row.peer is not None:
            beside += f", ts-mls {row.peer:.2f}"
        if row.note:
            beside += f" ({row.note})"
        rows.append((row.name, f"{row.value:.2f} {row.unit}{beside}", f"{row.aim:g} {row.unit}"))
    return rows


GROUPS = {"node": node, "inbox": inbox, "talk": talk, "mls": mls}


def main(names: list[str]) -> None:
    """Measure and print a table."""
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f}. Aims are for an idle machine of this size.\n")
    print("| figure | measured | aim |\n|---|---|---|")
    for name in names or GROUPS:
        for figure, value, aim in GROUPS[name]():
            print(f"| {figure} | {value} | {aim} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
