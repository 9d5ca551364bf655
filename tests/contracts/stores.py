"""The fake and the databases behind one door."""

from typing import TypeAlias

from node.federation.telling import TellingUnit
from node.store import unit as sql
from node.store.circles import Circles
from node.store.database import Database
from node.store.unit import UnitContext
from node.store.wakeups import Wakeups
from node.testing import memory
from node.testing.memory import MemoryTables
from node.testing.stores import make_tables

Store: TypeAlias = Database | MemoryTables


async def open_database(url: str) -> Database:
    """A database with every table."""
    opened = Database(url)
    await make_tables(opened)
    return opened


def circles(unit: sql.Unit) -> TellingUnit:
    """Who knows an actor, wherever the rows are."""
    return memory.Circles(unit) if isinstance(unit, memory.Unit) else Circles(unit)


def open_units(store: Store, context: UnitContext, wakeups: Wakeups | None = None) -> sql.Units:
    """The units of `store`."""
    if isinstance(store, MemoryTables):
        return memory.Units(store, context, wakeups or Wakeups())
    return sql.Units(store, context, wakeups or Wakeups())
