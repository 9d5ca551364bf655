"""The contract suites run on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from node.store.database import Database
from node.store.tables import METADATA
from tests.postgres import database_url, postgres_server

__all__ = ["database", "database_url", "postgres_server"]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with every table."""
    opened = Database(database_url)

    async def create(connection: AsyncConnection) -> None:
        await connection.run_sync(METADATA.create_all)

    await opened.write(create)
    yield opened
    await opened.close()
