"""`kith migrate`: bring the database to this version, all phases; every process is stopped."""

import asyncio
import sys

from sqlalchemy.exc import DBAPIError

from node.cli import child
from node.cli.no_room import is_full
from node.cli.probes import check_not_empty, check_not_lost
from node.cli.starting import holding, make_folder, options, read_config
from node.cli.streams import tell
from node.config import Config
from node.errors import NodeError, NoRoom, Unreachable
from node.store import schema
from node.store.database import Database


async def _current(config: Config, new: bool) -> bool:
    """Whether the database has this program's schema; a new one is given it.

    Raises `Conflict` (FED-12.10) when it is empty, a node was started here and none that is `new`
    is meant.
    """
    database = Database(config.database_url)
    try:
        found = await schema.version(database)
        if found is not None:
            return found == schema.newest()
        if not new:
            check_not_empty(config, "its database is empty")
        return await schema.make(database)
    except DBAPIError as error:
        if is_full(error.orig):
            raise NoRoom("the database has no room left on its disk") from None
        return False  # the child says in a sentence what is wrong with it
    finally:
        await database.close()


def migrate(config: Config, phase: str, new: bool = False) -> None:
    """Bring the database to this program's schema, if it is not.

    Raises `Broken`, and `Conflict` (FED-12.10) when it is empty, a node was started here and none
    that is `new` is meant.
    """
    make_folder(config)
    check_not_lost(config, new)
    try:
        if asyncio.run(_current(config, new)):
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
    return tell("the database is at this version\n")
