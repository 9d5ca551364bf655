"""One node over a new database, as the app opens it: nothing of it is wired by a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from node.app import Node, System, open_node
from node.app.parts import Media
from node.config import Config
from node.store.database import Database
from node.testing.stores import make_tables


@asynccontextmanager
async def open_new_node(
    domain: str, folder: Path, system: System, media: Media | None = None, **settings: Any
) -> AsyncIterator[Node]:
    """A node of `domain` with its data in `folder`; `settings` are those of `Config`."""
    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - a test waits for its own disk
    given = {"origin": f"https://{domain}", "data_dir": str(folder), **settings}
    config = Config(**given)
    database = Database(config.database_url)
    await make_tables(database)
    await database.close()
    async with open_node(config, system, media) as node:
        yield node
