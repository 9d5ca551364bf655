"""Random histories of 2-30 members: who left opens nothing newer, who came nothing older.

In a history are adds, updates, removes, external joins, PSKs, races of two commits, restarts from
disk, ReInits, lost, late and repeated messages. `tools/soak` walks many more.
"""

from collections import Counter

import pytest

from tests.e2ee.mls.histories import History, walk
from tests.e2ee.mls.mixed import Town

# (seed, suite, members at most, steps) of every history that ever failed, kept for ever.
FAILED: list[tuple[int, int, int, int]] = []


@pytest.mark.parametrize("suite", [1, 3])
@pytest.mark.parametrize("seed", range(6))
def test_a_small_group_agrees_whatever_happens(seed: int, suite: int) -> None:
    history = walk(History(Town(suite, seed), seed, largest=8), 40)
    assert history.earlier + history.epoch > 5


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "suite"), [(1001, 1), (1002, 3)])
def test_a_large_group_agrees_whatever_happens(seed: int, suite: int) -> None:
    history = walk(History(Town(suite, seed), seed, largest=30, at_first=27), 25)
    assert len(history.members) > 20


def test_every_history_that_ever_failed() -> None:
    for seed, suite, largest, steps in FAILED:
        walk(History(Town(suite, seed), seed, largest=largest), steps)


def test_histories_have_everything_in_them() -> None:
    """Whoever changes the generator learns here what it does not make any more."""
    done: Counter[str] = Counter()
    for seed in (7, 8):
        done += walk(History(Town(1, seed), seed, largest=8), 40).done
    assert set(done) == {"say", "propose", "commit", "race", "come", "come_back", "restart", "move"}
