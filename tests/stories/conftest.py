"""A town of two nodes, and the people in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.testing.town import Town, open_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """alpha.test and beta.test, with fair weather."""
    async with open_town(tmp_path, "alpha.test", "beta.test") as town:
        yield town
