"""Two nodes on real databases for the tests of sealed messages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.testing.fakes import FakeClock
from tests.e2ee.houses import House, introduce
from tests.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def alpha(tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    house = House("alpha", f"sqlite+aiosqlite:///{tmp_path}/alpha.db", clock)
    await house.open()
    yield house
    await house.database.close()


@pytest.fixture
async def beta(tmp_path: Path, clock: FakeClock, alpha: House) -> AsyncIterator[House]:
    house = House("beta", f"sqlite+aiosqlite:///{tmp_path}/beta.db", clock)
    await house.open()
    introduce(alpha, house)
    yield house
    await house.database.close()


@pytest.fixture
async def either(database_url: str, clock: FakeClock) -> AsyncIterator[House]:
    """One node, on SQLite and on PostgreSQL."""
    house = House("alpha", database_url, clock)
    await house.open()
    yield house
    await house.database.close()
