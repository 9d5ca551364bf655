"""A house on a real SQLite file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from node.store.database import Database
from node.store.tables import METADATA
from tests.inbox.houses import DatabaseHouse, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[DatabaseHouse]:
    """See `open_house`."""
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'kith.sqlite3'}")

    async def make(connection: AsyncConnection) -> None:
        await connection.run_sync(METADATA.create_all)

    await database.write(make)
    yield await open_house(database)
    await database.close()
