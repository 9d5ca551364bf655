"""`kith migrate`: bring the database to this version, all phases; every process is stopped."""

import asyncio
import sys

from node.cli import child
from node.cli.starting import holding, make_folder, options, read_config
from node.config import Config
from node.errors import NodeError, Unreachable
from node.store import schema
from node.store.database import Database


async def _current(config: Config) -> bool:
    """Whether the database has this program's schema; a new one is given it."""
    database = Database(config.database_url)
    try:
        return await schema.is_current(database) or await schema.make(database)
    finally:
        await database.close()


def migrate(config: Config, phase: str) -> None:
    """Bring the database to this program's schema, if it is not. Raises `Broken`."""
    make_folder(config)
    try:
        if asyncio.run(_current(config)):
            return
    except OSError as error:
        raise Unreachable(f"the database cannot be reached: {error}") from None
    child.end(child.begin(config, phase))


def main(argv: list[str]) -> int:
    """0 when the database is at this version afterwards."""
    try:
        config = read_config(options("migrate", __doc__).parse_args(argv), named=False)
        with holding(config, alone=True):
            migrate(config, "post")
    except NodeError as error:
        sys.stderr.write(f"kith migrate: {error}\n")
        return 1
    sys.stdout.write("the database is at this version\n")
    return 0
