"""What the driver page uses of aiosqlite that is not its public face, so that an update is noticed.

SQLAlchemy's dialect leans on the same parts (`_tx`, `_conn`, `_connection`), and `pyproject.toml`
keeps the version in which they are as this test says.
"""

import inspect
import re
import sqlite3
import tomllib
from pathlib import Path
from threading import Thread

import aiosqlite
import pytest

from node.store import sqlite_driver
from tests.conftest import ROOT

PRIVATE = {"_conn", "_execute", "_thread", "_tx"}


def test_the_driver_uses_these_private_parts_and_no_others() -> None:
    page = Path(inspect.getfile(sqlite_driver)).read_text()
    used = re.findall(r"self\.(_[a-z]\w*)", page)
    plain = aiosqlite.Connection(lambda: sqlite3.connect(":memory:"), 64)
    assert set(used) & set(dir(plain)) == PRIVATE


def test_the_version_is_one_of_those_that_were_looked_at() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (said,) = [one for one in project["dependencies"] if one.startswith("aiosqlite")]
    assert said == "aiosqlite>=0.22.1,<0.23", "read the new version, then change both"


async def test_they_are_as_the_driver_takes_them(tmp_path: Path) -> None:
    connection = await sqlite_driver.Reader(tmp_path / "kith.sqlite3", isolation_level=None)
    try:
        assert isinstance(connection._conn, sqlite3.Connection)
        assert isinstance(connection._thread, Thread)
        # What is put into the queue runs on the thread, in order, and resolves its future.
        order: list[int] = []
        queued = connection._execute(lambda: order.append(1))
        connection._tx.put_nowait((None, lambda: order.append(0)))
        await queued
        await connection._execute(lambda: order.append(2))
        assert order == [0, 1, 2]
        with pytest.raises(ValueError):
            await connection._execute(lambda: int("no number"))
    finally:
        await connection.close()
    connection._thread.join()  # its end is the last thing that it is told
