"""A node's SQLite from outside: how many rows wait, what grew, and the same rows inserted bare."""

import sqlite3
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

GROUP = 100  # what one commit of the bare loop holds


def connect(path: Path) -> sqlite3.Connection:
    """As the node opens it: every commit is on disk."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "cache_size=-8000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def database(data: Path) -> Path:
    """The file of the node whose data folder this is."""
    return data / "kith.sqlite3"


def waiting(connection: sqlite3.Connection) -> int:
    """The arrivals that are not applied yet."""
    query = "SELECT count(*) FROM arrivals WHERE state = 'new'"
    return int(connection.execute(query).fetchone()[0])


def tables(connection: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return [name for (name,) in connection.execute(query)]


def ends(path: Path) -> dict[str, int]:
    """The last row of every table."""
    connection = connect(path)
    try:
        return {
            name: connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {name}").fetchone()[0]
            for name in tables(connection)
        }
    finally:
        connection.close()


def grown(path: Path, since: Mapping[str, int]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows that came into each table since `ends` was asked."""
    connection = connect(path)
    try:
        found = {
            name: connection.execute(f"SELECT * FROM {name} WHERE rowid > ?", (end,)).fetchall()
            for name, end in since.items()
        }
        return {name: rows for name, rows in found.items() if rows}
    finally:
        connection.close()


def bare_insert(like: Path, into: Path, new: Mapping[str, list[tuple[Any, ...]]], of: int) -> float:
    """Seconds that a bare loop takes to insert these rows into an empty database like that one.

    They are what came of `of` things; every hundred things are committed together.
    """
    connection, model = connect(into), connect(like)
    for (statement,) in model.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"):
        if "sqlite_" not in statement.split("(")[0]:
            connection.execute(statement)
    model.close()
    inserts = {
        name: f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})"
        for name, rows in new.items()
    }
    rounds = [
        [(inserts[name], row) for name, rows in new.items() for row in _part(rows, start, of)]
        for start in range(0, of, GROUP)
    ]
    began = time.perf_counter()
    for one in rounds:
        connection.execute("BEGIN IMMEDIATE")
        for statement, row in one:
            connection.execute(statement, row)
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return took


def _part(rows: list[tuple[Any, ...]], start: int, of: int) -> list[tuple[Any, ...]]:
    """The share of the rows that belongs to the things from `start` on."""
    return rows[len(rows) * start // of : len(rows) * min(start + GROUP, of) // of]


def add_arrivals(path: Path, come: Iterable[tuple[str, str, bytes]]) -> None:
    """Let (actor, activity, body) lie there as if the door had just taken them.

    They are made after the last row that it took, whatever columns that has.
    """
    connection = connect(path)
    connection.row_factory = sqlite3.Row
    model = dict(connection.execute("SELECT * FROM arrivals ORDER BY seq DESC LIMIT 1").fetchone())
    del model["seq"]
    now = time.time_ns() // 1000
    fresh = {"state": "new", "attempts": 0, "reason": "", "received": now, "due": now}
    model |= {name: value for name, value in fresh.items() if name in model}
    names = list(model)
    statement = f"INSERT INTO arrivals ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    connection.execute("BEGIN IMMEDIATE")
    for actor, activity, body in come:
        row = model | {"actor": actor, "activity": activity, "body": body}
        connection.execute(statement, [row[name] for name in names])
    connection.execute("COMMIT")
    connection.close()
