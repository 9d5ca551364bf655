"""A harness on a real SQLite file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.testing.fakes import FakeClock
from node.testing.stores import open_new_stores
from tests.inbox.harness import DatabaseHarness, open_harness


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[DatabaseHarness]:
    """See `open_harness`."""
    stores = await open_new_stores("alpha.test", tmp_path, FakeClock())
    yield await open_harness(stores.database)
    await stores.database.close()
