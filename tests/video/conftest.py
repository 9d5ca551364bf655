"""One node, or two that reach each other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.testing.town import Town
from tests.video.harness import Harness


@pytest.fixture
async def harness(tmp_path: Path, quick_secrets: None) -> AsyncIterator[Harness]:
    node = Harness("a", Town(tmp_path))
    await node.open()
    yield node
    await node.close()


@pytest.fixture
async def far(harness: Harness) -> AsyncIterator[Harness]:
    """Another node, which `harness` reaches and is reached by."""
    node = Harness("b", harness.town)
    await node.open()
    yield node
    await node.close()
