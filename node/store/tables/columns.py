"""What all tables are made of: one MetaData, and the few kinds of columns.

Instants are integer microseconds, UTC. A column's comment says what its type cannot.
`info["keep"]` is how long rows live; the purge job reads it and nothing else decides retention.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, Table, Text
from sqlalchemy import text as sql

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

FOREVER = "forever"
# SQLite gives row numbers to INTEGER PRIMARY KEY only.
SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
# Compared by its bytes on every database, as Python does: PostgreSQL's own order may be that of a
# language, in which a range of ids holds others than those that begin alike.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")


def id_(name: str = "id") -> "Column[str]":
    """The primary key: an absolute URL unless a comment differs."""
    return Column(name, TEXT, primary_key=True)


def text(name: str, default: str = "", **more: Any) -> "Column[str]":
    return Column(name, TEXT, nullable=False, server_default=default, **more)


def number(name: str, default: str = "0", **more: Any) -> "Column[int]":
    return Column(name, BigInteger, nullable=False, server_default=default, **more)


def client_number() -> "Column[int]":
    """What clients that know no URLs call the row: see `wire/numbers`."""
    return Column("number", BigInteger, nullable=False, unique=True)


def flag(name: str) -> "Column[bool]":
    return Column(name, Boolean, nullable=False, server_default="0")


def instant(name: str, **more: Any) -> "Column[int]":
    return Column(name, BigInteger, **more)


def some_index(name: str, which: str, *columns: str) -> Index:
    """An index in which SQLite has only rows for which `which` holds: others do not pay for it.

    PostgreSQL has them all: to tell it, its dialect would have to be loaded, on SQLite too.
    """
    return Index(name, *columns, sqlite_where=sql(which))


def table(name: str, *parts: Any, keep: str = FOREVER) -> Table:
    # SQLite would otherwise give the number of a purged row again, and a cursor would lie.
    counted = any(getattr(part, "type", None) is SEQUENCE for part in parts)
    return Table(name, METADATA, *parts, info={"keep": keep}, sqlite_autoincrement=counted)
