"""How soon a node is ready, and what it occupies when nothing happens (`start_*`, `rss_idle`)."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from tools.bench.figures import Measured, median
from tools.bench.ground import UNLIMITED, Bench, child
from tools.lab import Lab

IDLE_SECONDS = 5.0
STARTS = 5


def rss_mib(pid: int) -> float:
    """The resident memory of a process now."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def libraries() -> float:
    """Seconds from nothing to the end of a program that loads what any such node stands on."""
    began = time.perf_counter()
    loading = "import aiohttp.web, sqlalchemy.ext.asyncio, msgspec, uvloop"
    subprocess.run([sys.executable, "-c", loading], check=True)
    return time.perf_counter() - began


async def bare_server() -> tuple[float, float]:
    """Seconds until a bare server of aiohttp listens, and its memory in MiB."""
    began = time.perf_counter()
    async with child("raw_hello") as hello:
        return time.perf_counter() - began, rss_mib(hello.process.pid)


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """Medians of some starts, beside a bare server; the largest memory when idle."""
    fresh, again, loaded, rss = [], [], [], 0.0
    lab = Lab(bench.folder)
    lab.build(*(f"n{number}.test" for number in range(bench.size(STARTS, 1))), **UNLIMITED)
    servers = [await bare_server() for _ in range(STARTS)]
    bare = median(seconds for seconds, _ in servers)
    for place in lab.places.values():
        place.start()
        fresh.append(await place.ready())
        place.stop()
        place.start()
        again.append(await place.ready())
        if not rss:
            await asyncio.sleep(bench.size(int(IDLE_SECONDS), 0))
        rss = max(rss, place.rss_mib())
        place.stop()
        loaded.append(libraries())
    yield Measured("start_fresh", median(fresh), bare)
    yield Measured("start_fresh.libraries", median(fresh), median(loaded))
    yield Measured("start_again", median(again), bare)
    yield Measured("start_again.libraries", median(again), median(loaded))
    yield Measured("rss_idle", rss, max(mib for _, mib in servers))
