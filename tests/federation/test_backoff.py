"""When a peer is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.federation.backoff import LIFETIME, LONGEST_WAIT, next_attempt, retry_after
from node.wire.times import http_date

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.clause("FED-8.4")
def test_each_failure_doubles_the_wait_up_to_an_hour() -> None:
    waits = [next_attempt(n, NOW, NOW, 0.0) for n in range(1, 20)]
    seconds = [(at - NOW).total_seconds() for at in waits if at]
    assert seconds[:4] == [10, 20, 40, 80]
    assert seconds[-1] == LONGEST_WAIT.total_seconds()


@pytest.mark.clause("FED-8.4")
def test_after_seven_days_there_is_no_next_attempt() -> None:
    assert next_attempt(20, NOW, NOW + LIFETIME, 0.5) is None
    assert next_attempt(20, NOW, NOW + LIFETIME - timedelta(seconds=1), 0.5) is not None


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_shorter_than_ten_seconds_nor_longer_than_an_hour_and_a_quarter(
    failures: int, spread: float
) -> None:
    at = next_attempt(failures, NOW, NOW, spread)
    assert at is not None
    assert timedelta(seconds=10) <= at - NOW <= LONGEST_WAIT * 1.25


@pytest.mark.clause("FED-8.5")
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("315360000", 43200),  # ten years
        ("9" * 400, 43200),
        (http_date(NOW + timedelta(minutes=5)), 300),
        (http_date(NOW + timedelta(days=3650)), 43200),
        (http_date(NOW - timedelta(minutes=5)), None),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_and_capped(value: str | None, seconds: int | None) -> None:
    at = retry_after(value, NOW)
    assert (at and (at - NOW).total_seconds()) == seconds
