"""Write the next migration from the difference between the tables and the migrations so far.

`.venv/bin/python tools/new_migration.py pre add_circles` writes `NNNN_pre_add_circles.py`. Table
names may follow, when it is to be about those only.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from node.store.migrate import alembic_config, migrate


async def main(phase: str, message: str, only: list[str]) -> None:
    config = alembic_config()
    count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
    name = f"{count + 1:04d}_{phase}_{message}"
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'now.sqlite3'}"
        if count:
            await migrate(url, "post")
        engine = create_async_engine(url)
        async with engine.begin() as connection:

            def write(sync: Connection) -> None:
                config.attributes.update(connection=sync, only=only)
                command.revision(config, message=message, autogenerate=True, rev_id=name)

            await connection.run_sync(write)
        await engine.dispose()
    written = next(
        (Path(alembic_config().get_main_option("script_location")) / "versions").glob(f"{name}*")
    )
    written.rename(written.with_name(f"{name}.py"))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
