"""A full database, made by rows: many people of a node, what they wrote and are to each other.

The rows name the columns that matter here. What else a table asks for is filled in by its type.
"""

import itertools
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, Text, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from node.store import tables

AT_ONCE = 1000
_numbers = itertools.count(1_000_000)


def _fill(column: Column[Any]) -> Any:
    """A value that stands nowhere else in this column."""
    number = next(_numbers)
    if isinstance(column.type, LargeBinary):
        return number.to_bytes(32, "big")
    return f"seed-{number}" if isinstance(column.type, Text) else number


def _asked(table: Table, given: Mapping[str, Any]) -> list[Column[Any]]:
    """The columns that must have a value and were given none."""
    return [
        column
        for column in table.columns
        if column.name not in given
        and not column.nullable
        and column.server_default is None
        and column is not table.autoincrement_column
    ]


class Seeds:
    """Rows into one database; committed at the end."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.now = time.time_ns() // 1000

    async def put(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert these rows; values for columns that the table does not have are left out."""
        waiting = iter(rows)
        while group := list(itertools.islice(waiting, AT_ONCE)):
            asked = _asked(table, group[0])
            known = [
                {name: value for name, value in row.items() if name in table.columns}
                | {column.name: _fill(column) for column in asked}
                for row in group
            ]
            await self._connection.execute(insert(table), known)

    async def analyze(self) -> None:
        """Let the database count, as it does by itself sooner or later."""
        await self._connection.execute(text("ANALYZE"))

    async def people(self, origin: str, count: int) -> list[tuple[str, str]]:
        """So many accounts of this node: (account, actor)."""
        made = [(f"seed-account-{n}", f"{origin}/a/seed{n}") for n in range(count)]
        domain = origin.removeprefix("https://")
        await self.put(
            tables.accounts,
            (
                {
                    "id": account, "name": f"seed{n}", "actor": actor, "state": "active",
                    "channel": f"{origin}/c/seed{n}", "created": self.now,
                }
                for n, (account, actor) in enumerate(made)
            ),
        )  # fmt: skip
        await self.put(
            tables.actors,
            (
                {
                    "id": actor, "kind": "Person", "local": True, "account": account,
                    "name": f"seed{n}", "domain": domain, "display_name": f"Seed {n}",
                    "inbox": f"{actor}/inbox", "outbox": f"{actor}/outbox",
                    "shared_inbox": f"{origin}/inbox", "followers": f"{actor}/followers",
                    "friends": f"{actor}/friends",
                }
                for n, (account, actor) in enumerate(made)
            ),
        )  # fmt: skip
        return made

    async def followers(self, of: str, actors: Iterable[str]) -> None:
        """They follow `of`, who said yes."""
        await self.put(
            tables.follows,
            (
                {
                    "follower": actor, "followed": of, "id": f"{actor}/t/follow",
                    "state": "accepted", "updated": self.now,
                }
                for actor in actors
            ),
        )  # fmt: skip


@asynccontextmanager
async def seeding(url: str) -> AsyncIterator[Seeds]:
    """Seeds for the database of a node that stands still."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            yield Seeds(connection)
    finally:
        await engine.dispose()
