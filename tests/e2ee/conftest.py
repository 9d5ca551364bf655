"""Two nodes on real databases for the tests of sealed messages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.testing.fakes import FakeClock
from tests.e2ee.harness import Harness, introduce
from tests.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def alpha(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Harness]:
    harness = Harness("alpha", f"sqlite+aiosqlite:///{tmp_path}/alpha.db", clock)
    await harness.open()
    yield harness
    await harness.database.close()


@pytest.fixture
async def beta(tmp_path: Path, clock: FakeClock, alpha: Harness) -> AsyncIterator[Harness]:
    harness = Harness("beta", f"sqlite+aiosqlite:///{tmp_path}/beta.db", clock)
    await harness.open()
    introduce(alpha, harness)
    yield harness
    await harness.database.close()


@pytest.fixture
async def either(database_url: str, clock: FakeClock) -> AsyncIterator[Harness]:
    """One node, on SQLite and on PostgreSQL."""
    harness = Harness("alpha", database_url, clock)
    await harness.open()
    yield harness
    await harness.database.close()
