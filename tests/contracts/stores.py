"""The fake and the databases behind one door."""

from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from node.store import unit as sql
from node.store.bells import Bells
from node.store.database import Database
from node.store.tables import METADATA
from node.store.unit import Desk
from node.testing import memory
from node.testing.memory import Shelf

Store: TypeAlias = Database | Shelf


async def open_database(url: str) -> Database:
    """A database with every table."""
    opened = Database(url)

    async def create(connection: AsyncConnection) -> None:
        await connection.run_sync(METADATA.create_all)

    await opened.write(create)
    return opened


def open_units(store: Store, desk: Desk, bells: Bells | None = None) -> sql.Units:
    """The units of `store`."""
    if isinstance(store, Shelf):
        return memory.Units(store, desk, bells or Bells())
    return sql.Units(store, desk, bells or Bells())
