"""The long form of the hostile load judges by its aims, in whichever part of the hour it is."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from tests.process.hostile import Tally
from tests.process.measured import PARTS, Arrival, Look, Seen, asked_anyway, percentile, report

SECONDS = 3600.0
EACH = 20  # seconds between two looks
Change = Callable[[Look], Look]


def seen(change: Change = lambda look: look, arrives: float = 100, warm_at: float = 300) -> Seen:
    """An hour of which nothing bad is to be said, but for what is changed."""
    plain = Look(at=0, live=20, worked=10, let=15, bare=3, mib=150)
    looks = [change(replace(plain, at=float(at))) for at in range(0, int(SECONDS), EACH)]
    arrivals = [Arrival(look.at, arrives) for look in looks]
    return Seen(Tally({202: 9, 401: 1}, 4, 12, 5), looks, arrivals, warm_at)


def missed(found: Seen, slowed: float = 1.0) -> list[str]:
    told = report(found, SECONDS, slowed)
    assert len(told.timeline) == PARTS
    assert [aim.line() for aim in told.aims] == told.lines()[-len(told.aims) :]
    return [aim.what for aim in told.aims if not aim.kept]


def in_the_fourth_part(**worse: float) -> Change:
    return lambda look: replace(look, **worse) if 900 <= look.at < 1200 else look


def test_an_hour_in_which_all_is_well_keeps_all_aims() -> None:
    assert missed(seen()) == []


def test_one_bad_part_of_the_hour_misses_the_aim_of_the_whole() -> None:
    (late,) = missed(seen(in_the_fourth_part(live=101)))
    assert "/livez" in late and "from 900 s on" in late
    (grown,) = missed(seen(in_the_fourth_part(mib=170)))
    assert grown.startswith("memory")
    assert missed(seen(in_the_fourth_part(mib=160))) == []


def test_friends_wait_no_longer_than_half_a_second() -> None:
    (waited,) = missed(seen(arrives=501))
    assert "a friend has a post" in waited


def test_what_a_busy_machine_makes_everybody_wait_is_no_fault_of_the_node() -> None:
    def busy(look: Look) -> Look:
        return replace(look, live=180, let=120, bare=40)

    assert missed(seen(busy, arrives=900), slowed=2) == []
    assert len(missed(seen(lambda look: replace(busy(look), let=190), arrives=900), slowed=2)) == 1


@pytest.mark.parametrize("warm_at", [-1.0, SECONDS - EACH, SECONDS + 1])
def test_of_a_node_that_was_warm_too_late_nothing_is_said(warm_at: float) -> None:
    (memory,) = missed(seen(warm_at=warm_at))
    assert memory.startswith("memory")


@pytest.mark.parametrize("warm_at", [-1.0, 0.0])
def test_memory_counts_from_when_the_node_is_warm(warm_at: float) -> None:
    def warms(look: Look) -> Look:
        return replace(look, mib=100) if look.at < 300 else look

    assert missed(seen(warms)) == []
    (memory,) = missed(seen(warms, warm_at=warm_at))
    assert memory.startswith("memory")


def test_a_node_that_does_not_answer_is_seen_though_the_monitor_waits_for_it() -> None:
    found = seen()
    found.looks = [look for look in found.looks if not 900 <= look.at < 1200]
    found.looks[44] = replace(found.looks[44], live=300_000)
    told = report(found, SECONDS, 1.0)
    assert len(told.timeline) == PARTS - 1
    assert [aim.kept for aim in told.aims].count(False) == 1
    # One of many looks, but it stood for all who would have asked in these three seconds.
    assert percentile(99, [1.0] * 999 + [3000.0]) == 1
    assert percentile(99, asked_anyway([1.0] * 999 + [3000.0])) > 1000
