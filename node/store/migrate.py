"""Bring a database to this program's schema; its own process, so that Alembic is not kept loaded.

`python -m node.store.migrate URL pre` is what `serve` runs before it opens the database: a new
database gets everything, an older one the `pre` migrations. `… post` (the command `kith migrate`)
runs the rest. A SQLite database is copied beside itself first, and the copy is named.
"""

import asyncio
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from node.errors import Broken

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
    if current is None or phase == "post":
        return order[-1] if current != order[-1] else None
    if current not in order:
        raise Broken(f"the database is at {current}, which this program does not know: upgrade it")
    pending = order[order.index(current) + 1 :]
    held = next((i for i, name in enumerate(pending) if "_post_" in name), len(pending))
    if any("_pre_" in name for name in pending[held:]):
        raise Broken("stop every process of this node, run `kith migrate`, then start again")
    return pending[held - 1] if held else None


def _snapshot(connection: Connection, database: str, current: str) -> Path:
    copy = Path(database).with_name(f"{Path(database).stem}-before-{current}.backup.sqlite3")
    copy.unlink(missing_ok=True)
    connection.execute(text("VACUUM INTO :copy"), {"copy": str(copy)})
    return copy


async def migrate(url: str, phase: str) -> str:
    """Do it, and say in a sentence what was done."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            current = await connection.run_sync(
                lambda sync: MigrationContext.configure(sync).get_current_revision()
            )
            target = plan(current, phase)
            if target is None:
                return f"the database is up to date ({current})"
            said = ""
            if current is not None and connection.dialect.name == "sqlite":
                database = str(make_url(url).database)
                # VACUUM cannot run inside a transaction, and a connection begins one by itself.
                raw = await connection.execution_options(isolation_level="AUTOCOMMIT")
                copy = await raw.run_sync(_snapshot, database, current)
                said = f"; the former database is kept as {copy.name}"
        async with engine.begin() as connection:

            def upgrade(sync: Connection) -> None:
                config = alembic_config()
                config.attributes["connection"] = sync
                command.upgrade(config, target)

            await connection.run_sync(upgrade)
        return f"the database is now at {target}{said}"
    finally:
        await engine.dispose()


def main(argv: list[str]) -> int:
    """`migrate URL pre|post`: 0 when the database fits this program, 1 with a reason otherwise."""
    url, phase = argv
    try:
        sys.stdout.write(asyncio.run(migrate(url, phase)) + "\n")
    except Broken as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
