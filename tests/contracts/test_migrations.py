"""What migrations build is what the tables say, on every database; and how they run."""

import asyncio
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from node.errors import Broken
from node.store import migrate, schema
from node.store.database import Database
from node.store.tables import METADATA
from tests.media.test_blobs import on_small_disk


async def run(url: str, work: Callable[[Connection], Any]) -> Any:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def picture(connection: Connection) -> dict[str, object]:
    """All of a schema that matters, comparable whatever the order in which it was made."""
    look = inspect(connection)
    found: dict[str, object] = {}
    for table in sorted(look.get_table_names()):
        if table == "alembic_version":
            continue
        columns = {
            column["name"]: (
                str(column["type"]),
                column["nullable"],
                str(column["default"]),
                column.get("autoincrement"),
            )
            for column in look.get_columns(table)
        }
        found[table] = {
            "columns": columns,
            "key": look.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted(
                tuple(each["column_names"]) for each in look.get_unique_constraints(table)
            ),
            "indexes": sorted(
                (
                    each["name"],
                    tuple(map(str, each["column_names"])),
                    bool(each["unique"]),
                    sorted((k, str(v)) for k, v in (each.get("dialect_options") or {}).items()),
                )
                for each in look.get_indexes(table)
            ),
            "foreign": sorted(
                (tuple(each["constrained_columns"]), each["referred_table"], str(each["options"]))
                for each in look.get_foreign_keys(table)
            ),
            "checks": sorted(str(each["sqltext"]) for each in look.get_check_constraints(table)),
        }
    if connection.dialect.name == "sqlite":
        kept = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL"))
        found["counted"] = sorted(name for name, sql in kept if "AUTOINCREMENT" in sql.upper())
    else:
        kept = connection.execute(
            text(
                "SELECT table_name, column_name, column_default, is_identity, data_type"
                " FROM information_schema.columns WHERE table_schema = 'public'"
                " AND table_name <> 'alembic_version'"
            )
        )
        found["counted"] = sorted(tuple(map(str, row)) for row in kept)
    return found


def version(connection: Connection) -> object:
    """What Alembic reads: its table, and what stands in it."""
    columns = inspect(connection).get_columns("alembic_version")
    shape = [(one["name"], str(one["type"]), one["nullable"]) for one in columns]
    key = inspect(connection).get_pk_constraint("alembic_version")
    rows = connection.execute(text("SELECT version_num FROM alembic_version")).all()
    return shape, key["name"], key["constrained_columns"], [tuple(row) for row in rows]


@pytest.mark.clause("FED-12.6")
async def test_migrations_build_what_the_tables_say(database_url: str) -> None:
    """When this fails the tables have changed: write a migration with tools/new_migration.py."""
    said = await migrate.migrate(database_url, "pre")
    assert said == f"the database is now at {schema.newest()}"
    migrated = await run(database_url, picture)

    def remake(connection: Connection) -> dict[str, object]:
        every = MetaData()
        every.reflect(connection)
        every.drop_all(connection)
        METADATA.create_all(connection)
        return picture(connection)

    created = await run(database_url, remake)
    assert migrated == created


@pytest.mark.clause("FED-12.6")
async def test_a_new_database_is_given_at_once_what_the_migrations_build(database_url: str) -> None:
    database = Database(database_url)
    assert await schema.version(database) is None
    assert await schema.make(database)
    assert await schema.version(database) == schema.newest()
    assert not await schema.make(database), "it has tables already"
    await database.close()
    assert "up to date" in await migrate.migrate(database_url, "post")
    made = await run(database_url, lambda connection: (picture(connection), version(connection)))

    def clear(connection: Connection) -> None:
        every = MetaData()
        every.reflect(connection)
        every.drop_all(connection)

    await run(database_url, clear)
    await migrate.migrate(database_url, "pre")
    assert made == await run(database_url, lambda one: (picture(one), version(one)))


@pytest.mark.clause("FED-12.6")
async def test_a_database_that_has_a_table_is_left_to_the_migrations(database_url: str) -> None:
    await run(database_url, lambda connection: connection.execute(text("CREATE TABLE x (y INT)")))
    database = Database(database_url)
    assert not await schema.make(database)
    await database.close()
    assert await run(database_url, lambda one: inspect(one).get_table_names()) == ["x"]


@pytest.mark.clause("FED-12.6")
async def test_of_two_who_make_it_at_once_one_does_and_both_have_it(database_url: str) -> None:
    ours, theirs = Database(database_url), Database(database_url)
    made = await asyncio.gather(schema.make(ours), schema.make(theirs))
    assert sorted(made) == [False, True]
    assert await schema.version(ours) == await schema.version(theirs) == schema.newest()
    await ours.close()
    await theirs.close()


@pytest.mark.clause("FED-12.6")
async def test_of_a_schema_that_was_not_made_whole_nothing_stays(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "VERSION_TABLE", "OOPS")
    database = Database(database_url)
    assert not await schema.make(database)
    await database.close()
    assert await run(database_url, lambda one: inspect(one).get_table_names()) == []


async def test_a_database_that_is_current_needs_no_child(database_url: str) -> None:
    database = Database(database_url)
    assert await schema.version(database) is None
    await migrate.migrate(database_url, "pre")
    assert await schema.version(database) == schema.newest()
    await database.close()
    assert "up to date" in await migrate.migrate(database_url, "pre")
    assert "up to date" in await migrate.migrate(database_url, "post")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five migrations, the third and fourth for when the old program is gone."""
    names = ["0001_pre_a", "0002_pre_b", "0003_post_c", "0004_post_d", "0005_pre_e"]
    revisions = [SimpleNamespace(revision=name) for name in reversed(names)]
    made = SimpleNamespace(walk_revisions=lambda: revisions)
    monkeypatch.setattr(migrate.ScriptDirectory, "from_config", lambda _config: made)


@pytest.mark.usefixtures("script")
@pytest.mark.parametrize(
    ("current", "phase", "target"),
    [
        (None, "pre", "0005_pre_e"),
        (None, "post", "0005_pre_e"),
        ("0001_pre_a", "post", "0005_pre_e"),
        ("0004_post_d", "pre", "0005_pre_e"),
        ("0005_pre_e", "pre", None),
        ("0005_pre_e", "post", None),
    ],
)
def test_which_migrations_run(current: str | None, phase: str, target: str | None) -> None:
    assert migrate.plan(current, phase) == target


@pytest.mark.clause("FED-12.6")
@pytest.mark.usefixtures("script")
@pytest.mark.parametrize("phase", ["pre", "post"])
def test_a_newer_database_is_refused_in_every_phase(phase: str) -> None:
    with pytest.raises(Broken, match="9999_pre_z"):
        migrate.plan("9999_pre_z", phase)


@pytest.mark.clause("FED-12.6")
@pytest.mark.usefixtures("script")
@pytest.mark.parametrize("current", ["0001_pre_a", "0002_pre_b", "0003_post_c"])
def test_what_needs_the_old_program_gone_is_not_done_by_a_start(current: str) -> None:
    with pytest.raises(Broken, match="kith migrate"):
        migrate.plan(current, "pre")


def test_a_post_migration_at_the_end_waits_and_the_node_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ["0001_pre_a", "0002_pre_b", "0003_post_c"]
    revisions = [SimpleNamespace(revision=name) for name in reversed(names)]
    made = SimpleNamespace(walk_revisions=lambda: revisions)
    monkeypatch.setattr(migrate.ScriptDirectory, "from_config", lambda _config: made)
    assert migrate.plan("0001_pre_a", "pre") == "0002_pre_b"
    assert migrate.plan("0002_pre_b", "pre") is None
    assert migrate.plan("0002_pre_b", "post") == "0003_post_c"


PAGE = '''"""{name}"""

from alembic import op

revision = "{name}"
down_revision = {down}
branch_labels = None
depends_on = None


def upgrade() -> None:
{body}
'''


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations of our own, with the real door (env.py)."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_text((migrate.HERE / name).read_text())
    monkeypatch.setattr(migrate, "HERE", folder)
    return folder / "versions"


def write(folder: Path, name: str, down: str | None, *statements: str) -> None:
    body = "\n".join(f"    op.execute({statement!r})" for statement in statements)
    (folder / f"{name}.py").write_text(PAGE.format(name=name, down=repr(down), body=body))


def tables_of(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    return sorted(name for (name,) in found)


def files(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir() if each.is_file())


@pytest.mark.clause("FED-12.6")
async def test_a_snapshot_is_kept_and_a_failed_migration_changes_nothing(
    pages: Path, tmp_path: Path
) -> None:
    path = tmp_path / "kith.sqlite3"
    url = f"sqlite+aiosqlite:///{path}"
    write(pages, "0001_pre_a", None, "CREATE TABLE a (x INTEGER)", "INSERT INTO a VALUES (7)")
    assert re.fullmatch("the database is now at 0001_pre_a", await migrate.migrate(url, "pre"))
    assert files(tmp_path) == ["kith.sqlite3"], "of a new database there is no former one"

    write(pages, "0002_pre_b", "0001_pre_a", "CREATE TABLE b (x INTEGER)", "DROP TABLE a", "OOPS")
    with pytest.raises(Exception, match="OOPS"):
        await migrate.migrate(url, "pre")
    assert tables_of(path) == ["a", "alembic_version"]

    write(pages, "0002_pre_b", "0001_pre_a", "CREATE TABLE b (x INTEGER)", "DROP TABLE a")
    said = await migrate.migrate(url, "pre")
    assert said.endswith("the former database is kept as kith-before-0001_pre_a.backup.sqlite3")
    assert tables_of(path) == ["alembic_version", "b"]
    name = "kith-before-0001_pre_a.backup.sqlite3"
    assert files(tmp_path) == [name, "kith.sqlite3"]
    copy = sqlite3.connect(tmp_path / name)
    assert copy.execute("SELECT x FROM a").fetchall() == [(7,)]
    copy.close()


FULL_DISK = """
import os, pathlib, sys
from node.store import migrate
disk, migrate.HERE, later = map(pathlib.Path, sys.argv[1:])
url = f"sqlite+aiosqlite:///{disk / 'kith.sqlite3'}"
assert migrate.main([url, "pre"]) == 0
later.rename(migrate.HERE / "versions" / later.name)
room = os.statvfs(disk)
with (disk / "filler").open("wb") as file:
    os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_bsize - 16 * 1024)
assert migrate.main([url, "pre"]) == 1
assert sorted(path.name for path in disk.iterdir()) == ["filler", "kith.sqlite3"]
(disk / "filler").unlink()
assert migrate.main([url, "pre"]) == 0
"""


@pytest.mark.clause("FED-12.6")
def test_a_former_database_that_finds_no_room_is_named_and_nothing_is_changed(
    pages: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    filling = "INSERT INTO a VALUES (hex(zeroblob(100000)))"
    write(pages, "0001_pre_a", None, "CREATE TABLE a (x TEXT)", filling)
    write(tmp_path, "0002_pre_b", "0001_pre_a", "CREATE TABLE b (x INTEGER)")
    on_small_disk(disk, "2m", FULL_DISK, str(migrate.HERE), str(tmp_path / "0002_pre_b.py"))
    told = capfd.readouterr().err
    kept = disk / "kith-before-0001_pre_a.backup.sqlite3"
    assert told.count("\n") == 1 and f"cannot be kept as {kept}" in told and "is full" in told
