"""The contract suites: `store` is a fake, SQLite or PostgreSQL; `database` has SQL."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from node.store.database import Database
from node.testing.memory import MemoryTables
from tests.contracts.stores import Store, open_database
from tests.postgres import (
    POSTGRESQL,
    database_url,
    fresh_database,
    postgres_server,
    sorts_by_language,
)

__all__ = [
    "database",
    "database_url",
    "postgres_server",
    "sorts_by_language",
    "store",
    "store_url",
]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with every table: for what only SQL has."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(params=["fake", "sqlite", POSTGRESQL])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where the rows are to be; "" for the fake."""
    if request.param == "fake":
        yield ""
        return
    with fresh_database(request.param, request, tmp_path) as url:
        yield url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    """Something that keeps what rooms put into it: every test that takes it runs on all three."""
    if not store_url:
        yield MemoryTables()
        return
    opened = await open_database(store_url)
    yield opened
    await opened.close()
