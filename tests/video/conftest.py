"""One node, or two that reach each other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.testing.fakes import FakeClock
from tests.video.harness import Harness


@pytest.fixture
async def harness(tmp_path: Path) -> AsyncIterator[Harness]:
    node = Harness("a", tmp_path / "a", FakeClock())
    await node.open()
    yield node
    await node.close()


@pytest.fixture
async def far(tmp_path: Path, harness: Harness) -> AsyncIterator[Harness]:
    """Another node, which `harness` reaches and is reached by."""
    node = Harness("b", tmp_path / "b", harness.clock)
    await node.open()
    harness.neighbours["b.test"] = node
    node.neighbours["a.test"] = harness
    yield node
    await node.close()
