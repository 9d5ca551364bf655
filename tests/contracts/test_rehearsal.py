"""A unit that is done once for nothing: it leaves nothing but statements that are made."""

import pytest
from sqlalchemy import bindparam, select

from node.errors import Missing
from node.store import compiled, tables
from node.store.database import Database
from node.store.unit import Unit, UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy

KEY = tables.settings.c.key
ASK = select(KEY).where(bindparam("wanted") == KEY)
PUT = tables.settings.insert()


@pytest.fixture
def units(database: Database) -> Units:
    context = UnitContext("https://a.test", FakeClock(), FakeEntropy(), lambda one: b"")
    return Units(database, context, Wakeups())


async def test_what_was_rehearsed_is_made_and_nothing_is_written(
    database: Database, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "_KEPT", {})
    asked = []

    async def work(unit: Unit) -> None:
        unit.connection.later(PUT, {"key": "one", "value": ""})
        asked.append(bool(await unit.connection.fetch(ASK, {"wanted": "one"})))
        await unit.connection.flush()

    for _ in range(2):
        await units.rehearse(Unit, work)
    # Of PostgreSQL's writers each waits for its own rows alone.
    assert asked == ([False] if database.is_sqlite else [])
    assert len(compiled._KEPT) == (2 if database.is_sqlite else 0)
    await units.run(Unit, work)
    assert asked[-1] and len(compiled._KEPT) == 2
    before = len(asked)
    await units.rehearse(Unit, work, "another way")
    assert len(asked) == before + (1 if database.is_sqlite else 0)


async def test_what_a_rehearsal_cannot_do_or_refuses_is_left_to_the_unit(units: Units) -> None:
    async def writes(unit: Unit) -> None:
        await unit.connection.execute(PUT, {"key": "one", "value": ""})

    async def refuses(unit: Unit) -> None:
        raise Missing("INB-4.1", "there is no such post")

    await units.rehearse(Unit, writes)
    await units.rehearse(Unit, refuses)
    await units.run(Unit, writes)
    with pytest.raises(Missing):
        await units.run(Unit, refuses)
