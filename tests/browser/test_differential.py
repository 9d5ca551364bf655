"""Random histories in which every device has a mirror in TypeScript: not a byte may differ.

There is no list of exceptions. With the same chance both make the same commits, Welcomes, messages
and records, and refuse by the same clauses; so a group may be of either, in any mix.
"""

from collections.abc import Iterator

import pytest

from tests.browser.mirrored import Mirror, Mirrored, MirroredTown
from tests.e2ee.mls.histories import History, walk
from tests.e2ee.mls.mixed import Ours
from tools import browser

# 4 seeds, 2 suites, 40 steps: 320 steps, in each of which everybody does and compares everything.
STEPS = 40
SEEDS = range(4)


class MirroredHistory(History):
    ours: type[Ours] = Mirrored  # type: ignore[assignment]


@pytest.fixture(scope="module")
def mirror() -> Iterator[Mirror]:
    assert browser.is_installed(), "run .venv/bin/python -m tools.browser install"
    mirror = Mirror()
    yield mirror
    mirror.close()


@pytest.mark.slow
@pytest.mark.parametrize("suite", [1, 3])
@pytest.mark.parametrize("seed", SEEDS)
def test_both_devices_are_one(mirror: Mirror, seed: int, suite: int) -> None:
    history = MirroredHistory(MirroredTown(suite, mirror), seed, largest=7, reinits=1)
    walk(history, STEPS)
    assert history.earlier + history.epoch > 5
    assert not history.differences
