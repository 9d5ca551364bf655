"""What a database means to do for a statement: it is explained just before it runs."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from sqlalchemy import event

from node.store.database import Database
from node.store.tables import METADATA

EXPLAINED = re.compile(r"\s*(WITH|SELECT|UPDATE|DELETE|INSERT INTO \w+ \([^)]*\) SELECT)\b", re.I)
# Tables of a few rows, however large the node.
SMALL = {"settings", "alembic_version"}
# Indexes of some rows alone: they hold what waits, however much there was.
OF_SOME_ROWS = {
    index.name
    for table in METADATA.tables.values()
    for index in table.indexes
    if index.dialect_options["postgresql"]["where"] is not None
}
# What a test says to empty a table.
EVERY_ROW = "'every row'"


class Scan(Struct, frozen=True, order=True):
    """A table that a statement reads from one end to the other."""

    table: str
    statement: str


class Plans:
    """Scans that were found, and the statements that were explained."""

    def __init__(self) -> None:
        self.scans: set[Scan] = set()
        self.explained: set[str] = set()

    def keep(self, statement: str, tables: Iterator[str]) -> None:
        self.explained.add(statement)
        for table in tables:
            if table in METADATA.tables and table not in SMALL:
                self.scans.add(Scan(table, " ".join(statement.split())))


def _sqlite(rows: list[Any]) -> Iterator[str]:
    """The names behind SCAN, and those for which SQLite would make an index of its own first."""
    for *_, detail in rows:
        found = re.match(r"SCAN (\w+)|SEARCH (\w+) USING AUTOMATIC", detail)
        if found:
            # SQLAlchemy numbers the aliases of a table: follows_1.
            yield re.sub(r"_\d+$", "", found[1] or found[2])


def _postgres(node: Mapping[str, Any], table: str = "") -> Iterator[str]:
    """The tables of scans, and of walks through an index that no condition bounds."""
    table = node.get("Relation Name", table)
    kind = node["Node Type"]
    indexed = kind in ("Index Scan", "Index Only Scan", "Bitmap Index Scan")
    bounded = "Index Cond" in node or node.get("Index Name") in OF_SOME_ROWS
    if kind == "Seq Scan" or (indexed and not bounded):
        yield table
    for below in node.get("Plans", ()):
        yield from _postgres(below, table)


@contextmanager
def explaining(database: Database) -> Iterator[Plans]:
    """Explains each statement of the database, once, with the values with which it runs."""
    plans = Plans()
    busy = False

    def before(
        connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool
    ) -> None:
        nonlocal busy
        ours = EVERY_ROW in statement
        if busy or ours or statement in plans.explained or not EXPLAINED.match(statement):
            return
        busy = True
        try:
            some = values[0] if many else values
            plans.keep(statement, _explain(connection, statement, some))
        finally:
            busy = False

    engines = {each.sync_engine for each in database.engines}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", before)
    try:
        yield plans
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", before)


def _explain(connection: Any, statement: str, values: Any) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return _sqlite(found.all())
    # In a table of one row a scan is the best plan: asked is what an index could do.
    for way in ("seqscan", "hashjoin", "mergejoin"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values)
    plan = found.scalar_one()
    return _postgres((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
