"""INSERT that minds what is already there, in the words of both databases."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

from sqlalchemy import Column, Table


class Speaks(Protocol):
    """A connection, by the words that its database understands."""

    @property
    def dialect(self) -> Any: ...


def insert(connection: Speaks, table: Table) -> Any:
    """An INSERT of this database's dialect, with `on_conflict_do_update` and `…_nothing`."""
    return _insert(connection.dialect.name, table)


def insert_ignore(connection: Speaks, table: Table, *back: Column[Any]) -> Any:
    """An INSERT that leaves an existing row as it is; execute it with the row's values.

    `back`: the columns of the row that are answered when it was inserted.
    """
    return _insert_ignore(connection.dialect.name, table, back)


@lru_cache(None)
def _insert(dialect: str, table: Table) -> Any:
    # Of two dialects the engine has loaded its own; the other is not loaded for its name's sake.
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


# The same statement each time: making it anew costs as much as running it.
@lru_cache(None)
def _insert_ignore(dialect: str, table: Table, back: tuple[Column[Any], ...]) -> Any:
    statement = _insert(dialect, table).on_conflict_do_nothing()
    return statement.returning(*back) if back else statement


def insert_ignore_found(dialect: str, table: Table, columns: Sequence[str], found: Any) -> Any:
    """As `insert_ignore`, of the rows that `found` selects: all of them in one statement."""
    return _insert(dialect, table).from_select(columns, found).on_conflict_do_nothing()


def insert_new(connection: Speaks, table: Table) -> Any:
    """As `insert_ignore`, for a row with the same primary key only: other conflicts are raised."""
    return _insert_new(connection.dialect.name, table)


@lru_cache(None)
def _insert_new(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=[*table.primary_key])


def put(connection: Speaks, table: Table, **values: Any) -> Any:
    """An INSERT that replaces the named columns of the row with the same primary key."""
    return put_keeping(connection, table, {}, **values)


def put_keeping(connection: Speaks, table: Table, once: Mapping[str, Any], /, **values: Any) -> Any:
    """As `put`. `once`: what a new row has besides, and what one that is there keeps."""
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in values.items() if name not in keys}
    statement = insert(connection, table).values(**values, **once)
    if not rest:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)
