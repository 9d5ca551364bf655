"""One node, or two that reach each other."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.testing.fakes import FakeClock
from tests.video.houses import House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    node = House("a", tmp_path / "a", FakeClock())
    await node.open()
    yield node
    await node.close()


@pytest.fixture
async def far(tmp_path: Path, house: House) -> AsyncIterator[House]:
    """Another node, which `house` reaches and is reached by."""
    node = House("b", tmp_path / "b", house.clock)
    await node.open()
    house.neighbours["b.test"] = node
    node.neighbours["a.test"] = house
    yield node
    await node.close()
