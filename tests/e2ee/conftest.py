"""Two nodes on real databases for the tests of sealed messages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from node.testing.fakes import FakeClock
from node.testing.stores import open_new_stores
from tests.e2ee.harness import Harness, introduce
from tests.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@asynccontextmanager
async def opened(
    name: str, folder: Path, clock: FakeClock, url: str = ""
) -> AsyncIterator[Harness]:
    stores = await open_new_stores(f"{name}.test", folder / name, clock, url)
    yield Harness(name, stores, clock)
    await stores.database.close()


@pytest.fixture
async def alpha(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Harness]:
    async with opened("alpha", tmp_path, clock) as harness:
        yield harness


@pytest.fixture
async def beta(tmp_path: Path, clock: FakeClock, alpha: Harness) -> AsyncIterator[Harness]:
    async with opened("beta", tmp_path, clock) as harness:
        introduce(alpha, harness)
        yield harness


@pytest.fixture
async def either(database_url: str, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Harness]:
    """One node, on SQLite and on PostgreSQL."""
    async with opened("alpha", tmp_path, clock, database_url) as harness:
        yield harness
