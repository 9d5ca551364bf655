"""Numbers for clients: sorted as time, unique, and never of an instant that is still to come."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.wire.numbers import Numbers

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
CHANCE = st.binary(min_size=2, max_size=2)
SPANS = st.integers(-3_000_000, 3_000_000).map(lambda n: timedelta(milliseconds=n))


@pytest.mark.clause("API-5.6")
@given(st.lists(st.tuples(st.integers(0, 2), CHANCE), min_size=1, max_size=50))
def test_what_comes_later_is_larger_also_within_a_millisecond(
    steps: list[tuple[int, bytes]],
) -> None:
    numbers, now, drawn = Numbers(), NOW, []
    for step, chance in steps:
        now += timedelta(milliseconds=step)
        drawn.append(numbers.draw(now, chance))
    assert drawn == sorted(set(drawn))
    assert all(0 < one < 2**63 for one in drawn)


@pytest.mark.clause("API-5.6")
@given(SPANS, CHANCE)
def test_what_was_made_elsewhere_has_its_own_instant_but_none_to_come(
    span: timedelta, chance: bytes
) -> None:
    number = Numbers().draw_for(NOW + span, NOW, chance)
    told = timedelta(milliseconds=number >> 16) + datetime(1970, 1, 1, tzinfo=UTC)
    assert told == min(NOW + span, NOW)


@pytest.mark.clause("API-5.6")
@pytest.mark.parametrize("year", [1, 1969, 1970])
def test_what_claims_to_be_older_than_the_count_is_the_oldest(year: int) -> None:
    made = datetime(year, 1, 1, tzinfo=UTC)
    assert 0 < Numbers().draw_for(made, NOW, b"\0\0") < 2**16


@pytest.mark.clause("API-5.6")
def test_something_old_does_not_move_what_is_new() -> None:
    numbers = Numbers()
    first = numbers.draw(NOW, b"\x10\x00")
    numbers.draw_for(NOW - timedelta(days=1), NOW, b"\xff\xff")
    assert numbers.draw(NOW, b"\x00\x00") == first + 1


@pytest.mark.clause("API-5.6")
def test_what_was_made_in_one_second_elsewhere_has_as_many_numbers() -> None:
    numbers, made = Numbers(), NOW - timedelta(seconds=1)
    drawn = [numbers.draw_for(made, NOW, b"\x12\x34") for _ in range(1000)]
    assert drawn == list(range(drawn[0], drawn[0] + 1000))
