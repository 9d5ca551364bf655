"""Bring a database to this program's schema; its own process, so that Alembic is not kept loaded.

`python -m node.store.migrate URL pre` is what `serve` runs before it opens a database that is not
at this program's version: it gets the `pre` migrations. `… post` (the command `kith migrate`) runs
the rest. A SQLite database is copied beside itself first, and the copy is named.
"""

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, func, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from node.errors import Broken
from node.store.schema import ONE_AT_A_TIME

HERE = Path(__file__).parent / "migrations"


def alembic_config() -> AlembicConfig:
    """Alembic's settings, without an ini file."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("version_path_separator", "os")
    return config


def plan(current: str | None, phase: str) -> str | None:
    """The revision to go to, or None when there is nothing to do.

    Raises `Broken` when the database is newer than this program, or needs `kith migrate` first.
    """
    script = ScriptDirectory.from_config(alembic_config())
    order = [revision.revision for revision in script.walk_revisions()][::-1]
    if current is not None and current not in order:
        raise Broken(
            f"the database is at {current}, which is newer than this Kith: run a newer one"
        )
    if current is None or phase == "post":
        return order[-1] if current != order[-1] else None
    pending = order[order.index(current) + 1 :]
    held = next((i for i, name in enumerate(pending) if "_post_" in name), len(pending))
    if any("_pre_" in name for name in pending[held:]):
        raise Broken("stop every process of this node, run `kith migrate`, then start again")
    return pending[held - 1] if held else None


def _snapshot(connection: Connection, database: str, current: str) -> Path:
    copy = Path(database).with_name(f"{Path(database).stem}-before-{current}.backup.sqlite3")
    draft = copy.with_suffix(".part")
    draft.unlink(missing_ok=True)
    # On the bare connection: VACUUM cannot run inside a transaction.
    bare = connection.connection.cursor()
    try:
        bare.execute("VACUUM INTO ?", (str(draft),))
        draft.replace(copy)
    except sqlite3.Error as error:
        what = f"the former database cannot be kept as {copy}"
        raise Broken(f"{what}: {error}. Nothing was changed: see whether there is room") from None
    finally:
        bare.close()
        draft.unlink(missing_ok=True)
    return copy


async def migrate(url: str, phase: str) -> str:
    """Do it, and say in a sentence what was done; killed at any instant: all or nothing."""
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            current = await connection.run_sync(_current)
            target = plan(current, phase)
            await connection.rollback()
            if target is None:
                return f"the database is up to date ({current})"
            said = ""
            if current is not None and connection.dialect.name == "sqlite":
                copy = await connection.run_sync(_snapshot, str(make_url(url).database), current)
                said = f"; the former database is kept as {copy.name}"
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, phase)
        return f"the database is now at {target}{said}"
    finally:
        await engine.dispose()


def _engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, hide_parameters=True)
    if engine.dialect.name != "sqlite":
        return engine

    # The driver's own transactions leave out what changes tables: a killed child would leave half.
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    def begins(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begins)
    return engine


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection, phase: str) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    # Asked again under the lock: another process may have been first.
    target = plan(_current(connection), phase)
    if target is not None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, target)


def main(argv: list[str]) -> int:
    """`migrate URL pre|post`: 0 when the database fits this program, 1 with a reason otherwise."""
    url, phase = argv
    try:
        sys.stdout.write(asyncio.run(migrate(url, phase)) + "\n")
    except Broken as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (DBAPIError, OSError) as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()
        sys.stderr.write(f"the database cannot be used: {reason[0] if reason else error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
