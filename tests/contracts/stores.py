"""The fake and the databases behind one door."""

from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from node.store import unit as sql
from node.store.database import Database
from node.store.tables import METADATA
from node.store.unit import UnitContext
from node.store.wakeups import Wakeups
from node.testing import memory
from node.testing.memory import MemoryTables

Store: TypeAlias = Database | MemoryTables


async def open_database(url: str) -> Database:
    """A database with every table."""
    opened = Database(url)

    async def create(connection: AsyncConnection) -> None:
        await connection.run_sync(METADATA.create_all)

    await opened.write(create)
    return opened


def open_units(store: Store, context: UnitContext, wakeups: Wakeups | None = None) -> sql.Units:
    """The units of `store`."""
    if isinstance(store, MemoryTables):
        return memory.Units(store, context, wakeups or Wakeups())
    return sql.Units(store, context, wakeups or Wakeups())
