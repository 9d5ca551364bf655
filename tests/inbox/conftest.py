"""A harness on a real SQLite file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from node.store.database import Database
from node.store.tables import METADATA
from tests.inbox.harness import DatabaseHouse, open_harness


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[DatabaseHouse]:
    """See `open_harness`."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'kith.sqlite3'}")

    async def make(connection: AsyncConnection) -> None:
        await connection.run_sync(METADATA.create_all)

    await database.write(make)
    yield await open_harness(database)
    await database.close()
