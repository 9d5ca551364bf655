"""INSERT that minds what is already there, in the words of both databases."""

from importlib import import_module
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection


def insert(connection: AsyncConnection, table: Table) -> Any:
    """An INSERT of this database's dialect, with `on_conflict_do_update` and `…_nothing`."""
    # Of two dialects the engine has loaded its own; the other is not loaded for its name's sake.
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def insert_ignore(connection: AsyncConnection, table: Table) -> Any:
    """An INSERT that leaves an existing row as it is."""
    return insert(connection, table).on_conflict_do_nothing()


def put(connection: AsyncConnection, table: Table, **values: Any) -> Any:
    """An INSERT that replaces the named columns of the row with the same primary key."""
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in values.items() if name not in keys}
    statement = insert(connection, table).values(**values)
    if not rest:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)
