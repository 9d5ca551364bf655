"""What the groups stand on: nodes without limits, clients in other processes, CPU by process."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tools.lab import Lab, Place

# A bench asks more in a minute than a person does.
UNLIMITED: dict[str, Any] = {
    "api_requests_per_minute": "100000000",
    "login_attempts_per_minute": "100000000",
    "inbox_requests_per_minute": "100000000",
    "log_level": "warning",
}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Bench:
    """One run: where it may write, and whether it is only to be seen that it goes (`quick`).

    `only`: the rows that are asked for; empty means all of the group.
    """

    folder: Path
    quick: bool = False
    only: frozenset[str] = frozenset()

    def wants(self, row: str) -> bool:
        """Whether this row, or a part of it, is to be measured."""
        named = [name for name in self.only if name.partition(".")[0] == row]
        return bool(named) or not self.only

    def size(self, full: int, quick: int) -> int:
        """How much of something to do."""
        return quick if self.quick else full


@asynccontextmanager
async def nodes(folder: Path, *domains: str, **settings: Any) -> AsyncIterator[Lab]:
    """Running nodes that know each other; stopped at the end."""
    lab = Lab(folder)
    lab.build(*domains, **(UNLIMITED | settings))
    try:
        await lab.start()
        yield lab
    finally:
        lab.stop()


async def ready_in_plain(place: Place) -> None:
    """Wait for a node that leaves TLS to a proxy."""
    async with aiohttp.ClientSession() as http:
        while True:
            assert place.process is not None and place.process.poll() is None, "the node ended"
            with suppress(aiohttp.ClientError, OSError):
                async with http.get(f"http://{place.connect}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.01)


def cpu_seconds(pid: int) -> float:
    """The CPU time a process has used so far, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of(place: Place) -> float:
    """The CPU time of a node's process so far."""
    assert place.process is not None
    return cpu_seconds(place.process.pid)


@dataclass(slots=True)
class Child:
    """A program of this package in its own process: a line of JSON in, a line of JSON out."""

    process: asyncio.subprocess.Process
    first: Any = None  # what it said when it was ready

    async def ask(self, **order: Any) -> Any:
        """Send an order and wait for its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        return await self.answer()

    async def answer(self) -> Any:
        """The next line that it says."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a child of the bench ended with {await self.process.wait()}")
        return json.loads(line)


@asynccontextmanager
async def child(module: str, *words: str) -> AsyncIterator[Child]:
    """`python -m tools.bench.MODULE WORDS...`, which says a first line when it is ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        f"tools.bench.{module}",
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=64 * 1024 * 1024,
    )
    running = Child(process)
    try:
        running.first = await running.answer()
        yield running
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
