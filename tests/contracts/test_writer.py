"""How SQLite is written to and glanced at: one transaction at a time, and the loop goes on."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select

from node.errors import Forbidden
from node.store import tables
from node.store.database import Database
from node.store.unit import Unit, UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy
from tests.contracts.stores import open_database

T = tables.settings.c
KEYS = select(T.key).where(T.key == bindparam("wanted"))
PUT = tables.settings.insert()


class Shelf:
    """Settings, as the rows of a test."""

    def __init__(self, database: Database, path: Path) -> None:
        context = UnitContext("https://a.test", FakeClock(), FakeEntropy(), lambda one: b"")
        self.units = Units(database, context, Wakeups())
        self.path = path

    async def put(self, key: str) -> None:
        async def write(unit: Unit) -> None:
            unit.connection.later(PUT, {"key": key, "value": ""})

        await self.units.join(Unit, write)

    async def has(self, key: str) -> bool:
        async def ask(unit: Unit) -> bool:
            return bool(await unit.connection.fetch(KEYS, {"wanted": key}))

        return await self.units.glance(Unit, ask)


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Shelf]:
    path = tmp_path / "kith.sqlite3"
    database = await open_database(f"sqlite+aiosqlite:///{path}")
    yield Shelf(database, path)
    await database.close()


async def test_a_glance_sees_what_was_committed_and_writes_nothing(shelf: Shelf) -> None:
    assert not await shelf.has("one")
    await shelf.put("one")
    assert await shelf.has("one")

    async def write(unit: Unit) -> None:
        unit.connection.later(PUT, {"key": "two", "value": ""})

    async def execute(unit: Unit) -> None:
        await unit.connection.execute(select(T.key))

    for wrong in (write, execute):
        with pytest.raises(TypeError):
            await shelf.units.glance(Unit, wrong)


async def test_a_small_unit_waits_for_another_process_and_the_loop_does_not(shelf: Shelf) -> None:
    other = sqlite3.connect(shelf.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(shelf.put("one"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not await shelf.has("one")  # whoever looks is answered meanwhile
    assert not waiting.done()
    other.execute("COMMIT")
    other.close()
    await waiting
    assert await shelf.has("one")


async def test_what_is_refused_or_left_midway_leaves_nothing_and_holds_nobody_up(
    shelf: Shelf,
) -> None:
    inside = asyncio.Event()

    async def refuse(unit: Unit) -> None:
        await unit.connection.execute(PUT, {"key": "refused", "value": ""})
        raise Forbidden("E2E-3.2", "no")

    async def stay(unit: Unit) -> None:
        await unit.connection.execute(PUT, {"key": "left", "value": ""})
        inside.set()
        await asyncio.Event().wait()

    with pytest.raises(Forbidden):
        await shelf.units.run(Unit, refuse)
    leaving = asyncio.create_task(shelf.units.run(Unit, stay))
    await inside.wait()
    behind = asyncio.create_task(shelf.put("behind"))
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await behind
    assert [await shelf.has(key) for key in ("refused", "left", "behind")] == [False, False, True]


async def test_of_those_that_are_written_together_a_broken_one_fails_alone(shelf: Shelf) -> None:
    await shelf.put("one")
    twice, other = await asyncio.gather(shelf.put("one"), shelf.put("two"), return_exceptions=True)
    assert isinstance(twice, Exception) and other is None
    assert await shelf.has("two")
