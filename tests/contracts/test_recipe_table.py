"""The recipe of CONTRIBUTING.md for a new table, followed for a toy: whom one waved at."""

import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Column, Index, Table, Text, bindparam, insert, select

from node.store import migrate, purge, tables
from node.store.database import Database
from node.store.pipeline import Pipeline
from node.store.purge import Keep, Purge, Rule
from node.store.tables.columns import METADATA, id_, instant, table
from node.store.unit import Unit, UnitContext
from node.testing import memory
from node.testing.fakes import FakeClock, FakeEntropy
from node.wire.times import micros
from tests.contracts.plans import explaining
from tests.contracts.stores import Store, open_units
from tests.contracts.test_migrations import picture, run
from tests.contracts.test_purge import test_the_rules_are_those_of_the_tables
from tools import new_migration

ANN, BOB = "https://a.test/a/ann", "https://b.test/a/bob"


@pytest.fixture
def waves(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """Steps 1 and 2: the table, and the rule by which its rows go."""
    made = table(
        "waves",
        id_(),
        Column("actor", Text, nullable=False),  # who waved
        instant("waved", nullable=False),
        Index("ix_waves_actor_waved", "actor", "waved"),
        Index("ix_waves_waved_id", "waved", "id"),
        keep="30 days after waved",
    )
    rule = Rule(made.c.waved, timedelta(days=30))
    keep = Keep(made.info["keep"], (rule,))
    monkeypatch.setitem(purge.RULES, "waves", keep)  # type: ignore[arg-type]
    yield made
    METADATA.remove(made)


class WavesUnit(Unit):
    """Step 4: the queries."""

    async def add_wave(self, actor: str) -> None:
        made = tables.METADATA.tables["waves"]
        values = {"id": self.fresh(), "actor": actor, "waved": micros(self.now)}
        await self.connection.execute(insert(made).values(**values))

    async def waved(self, actor: str, most: int) -> Sequence[int]:
        w = tables.METADATA.tables["waves"].c
        query = select(w.waved).where(w.actor == bindparam("actor")).order_by(w.waved.desc())
        rows = await self.connection.fetch(
            query.limit(bindparam("most")), {"actor": actor, "most": most}
        )
        return [row.waved for row in rows]


class MemoryWaves(memory.Unit):
    """Step 4: their fake. A real one has its rows in `MemoryTables`."""

    rows: list[tuple[str, int]] = []

    async def add_wave(self, actor: str) -> None:
        self.rows.append((actor, micros(self.now)))

    async def waved(self, actor: str, most: int) -> Sequence[int]:
        return sorted((at for each, at in self.rows if each == actor), reverse=True)[:most]


async def test_the_queries_pass_one_contract_and_read_no_table_through(
    waves: Table, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps 4 and 5."""
    monkeypatch.setattr(MemoryWaves, "rows", [])
    monkeypatch.setitem(memory.STANDS_FOR, WavesUnit, MemoryWaves)  # type: ignore[arg-type]
    clock = FakeClock()
    units = open_units(store, UnitContext("https://a.test", clock, FakeEntropy(), lambda _: b""))

    async def wave_and_look(unit: WavesUnit) -> Sequence[int]:
        for actor in (ANN, BOB, ANN):
            await unit.add_wave(actor)
        return await unit.waved(ANN, 9)

    assert await units.run(WavesUnit, wave_and_look) == [micros(clock.now())] * 2
    if isinstance(store, Database):
        monkeypatch.setattr(Pipeline, "together", False)  # so that it is heard, and explained
        with explaining(store) as plans:
            assert len(await units.look(WavesUnit, lambda unit: unit.waved(ANN, 1))) == 1
        assert plans.explained and plans.scans == set()


async def test_a_statement_without_an_index_is_found(waves: Table, database: Database) -> None:
    """Step 5, of who forgot the index."""
    with explaining(database) as plans:
        async with database.read() as connection:
            await connection.execute(select(waves.c.id).where(waves.c.actor.like("%ann")))
    assert {scan.table for scan in plans.scans} == {"waves"}


async def test_its_rows_go_as_it_says(waves: Table, database: Database) -> None:
    """Step 2."""
    test_the_rules_are_those_of_the_tables()
    clock = FakeClock()
    row = {"id": "1", "actor": ANN, "waved": micros(clock.now())}
    await database.write(lambda each: each.execute(waves.insert().values(**row)))

    async def left() -> int:
        await Purge(database, clock)()
        async with database.read() as connection:
            return len((await connection.execute(select(waves.c.id))).all())

    clock.pass_(timedelta(days=29))
    assert await left() == 1
    clock.pass_(timedelta(days=2))
    assert await left() == 0


async def test_a_table_without_a_rule_is_found(
    waves: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step 2, of who forgot it."""
    monkeypatch.delitem(purge.RULES, "waves")  # type: ignore[arg-type]
    with pytest.raises(AssertionError):
        test_the_rules_are_those_of_the_tables()


async def test_its_migration_is_written_and_builds_it(
    waves: Table, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step 3."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.HERE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = {page.name for page in (folder / "versions").glob("0*.py")}
    monkeypatch.setattr(migrate, "HERE", folder)
    await new_migration.main("pre", "add_waves", [])
    (written,) = {page.name for page in (folder / "versions").glob("0*.py")} - before
    assert written == f"{len(before) + 1:04d}_pre_add_waves.py"
    text = (folder / "versions" / written).read_text()
    assert text.count("op.create_table") == 1 and "op.drop_table('waves')" in text
    await migrate.migrate(database_url, "pre")
    built = await run(database_url, picture)
    assert "waves" in str(built)
