"""What a device's step costs on disk, with few rows and with many (`vault`)."""

import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from node.client.vault import Vault
from node.system import SystemEntropy
from tools.bench.figures import Measured, median
from tools.bench.ground import Bench

FEW, MANY = 100, 100_000
AT_ONCE = 10_000  # rows of one step while the vault is filled
CHANGES = 3  # of a step: the group's state, the words, what is owed
BYTES = 400
PASSPHRASE = "the vault of the bench"


def changes(number: int, size: int) -> dict[str, bytes | None]:
    """What a message changes: two rows that were there, and one that is new."""
    made = {f"row/{(number * 7919 + k) % size}": os.urandom(BYTES) for k in range(CHANGES - 1)}
    return {**made, f"said/{size}/{number}": os.urandom(BYTES)}


def filled(path: Path, size: int) -> Vault:
    """A vault of so many rows."""
    vault = Vault.create(path, PASSPHRASE, SystemEntropy())
    for start in range(0, size, AT_ONCE):
        part = range(start, min(start + AT_ONCE, size))
        vault.step({f"row/{number}": os.urandom(BYTES) for number in part})
    return vault


def sealed(vault: Vault, size: int) -> Callable[[int], None]:
    """A step of a device."""
    return lambda number: vault.step(changes(number, size))


def bare(path: Path, size: int) -> Callable[[int], None]:
    """A step that puts the same rows into a table of the same size: nothing sealed, one commit."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE rows (id TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID")
    put = "INSERT OR REPLACE INTO rows VALUES (?, ?)"
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(put, ((f"row/{n}", os.urandom(BYTES)) for n in range(size)))
    connection.execute("COMMIT")

    def step(number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for row in changes(number, size).items():
            connection.execute(put, row)
        connection.execute("COMMIT")

    return step


def medians(steps: dict[str, Callable[[int], None]], times: int) -> dict[str, float]:
    """Milliseconds. They take turns, so that a slow disk is slow for all of them."""
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(times):
        for name, step in steps.items():
            began = time.perf_counter()
            step(number)
            taken[name].append(1000 * (time.perf_counter() - began))
    return {name: median(each) for name, each in taken.items()}


def opening(path: Path) -> float:
    """Milliseconds until a vault is open; most of it is the passphrase's."""
    began = time.perf_counter()
    Vault.open(path, PASSPHRASE, SystemEntropy()).close()
    return 1000 * (time.perf_counter() - began)


async def measure(bench: Bench) -> AsyncIterator[Measured]:
    """A step at 100,000 rows beside a bare commit, and beside the step at 100 rows."""
    sizes = {"few": FEW, "many": bench.size(MANY, 2_000)}
    paths = {name: bench.folder / f"{name}.sqlite3" for name in sizes}
    vaults = {name: filled(paths[name], size) for name, size in sizes.items()}
    steps = {name: sealed(vault, sizes[name]) for name, vault in vaults.items()}
    steps["bare"] = bare(bench.folder / "bare.sqlite3", sizes["many"])
    took = medians(steps, bench.size(100, 10))
    for vault in vaults.values():
        vault.close()
    yield Measured("vault", took["many"], took["bare"])
    yield Measured("vault.growth", took["many"] / took["few"])
    yield Measured("vault.open", opening(paths["many"]), opening(paths["few"]))
