"""What a peer's answer means for a delivery."""

from datetime import UTC, datetime, timedelta

import pytest

from node.federation.sending import Attempt, Delivered, GaveUp, Later, Needless, judge

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FIRST = Attempt(0, NOW)


@pytest.mark.clause("FED-8.3")
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_settles(status: int) -> None:
    assert judge(status, FIRST, NOW, 0.0) == Delivered()


@pytest.mark.clause("FED-8.3")
@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 403, 404, 405, 410, 413, 422, 451])
def test_a_refusal_or_a_redirect_ends_it(status: int) -> None:
    verdict = judge(status, FIRST, NOW, 0.0)
    assert isinstance(verdict, GaveUp)
    assert verdict.gone is (status == 410)
    assert str(status) in verdict.why


@pytest.mark.clause("FED-8.3")
@pytest.mark.parametrize("status", [None, 401, 408, 425, 429, 500, 502, 503, 504, 599])
def test_all_else_is_tried_again(status: int | None) -> None:
    verdict = judge(status, FIRST, NOW, 0.0)
    assert verdict == Later(NOW + timedelta(seconds=10), verdict.why)  # type: ignore[union-attr]


@pytest.mark.clause("FED-8.4")
def test_seven_days_of_silence_end_it_and_the_reason_says_so() -> None:
    old = Attempt(25, NOW - timedelta(days=7), trouble="connection refused")
    assert judge(None, old, NOW, 0.0) == GaveUp("connection refused, for 7 days", late=True)


@pytest.mark.clause("FED-8.5")
def test_retry_after_lengthens_but_never_shortens_the_wait() -> None:
    asked = judge(429, Attempt(0, NOW, retry_after="3600"), NOW, 0.0)
    assert isinstance(asked, Later)
    assert asked.at == NOW + timedelta(hours=1)
    hasty = judge(503, Attempt(6, NOW, retry_after="1"), NOW, 0.0)
    assert isinstance(hasty, Later)
    assert hasty.at == NOW + timedelta(seconds=640)


@pytest.mark.clause("FED-8.6")
def test_one_bad_document_does_not_stop_a_lane_for_a_week() -> None:
    held = [judge(500, Attempt(n, NOW), NOW, 0.0).holds for n in range(7)]  # type: ignore[union-attr]
    assert held == [True] * 5 + [False] * 2
    silent = judge(None, Attempt(12, NOW), NOW, 0.0)
    assert isinstance(silent, Later)
    assert silent.holds, "a host that does not answer holds all that is meant for it"


@pytest.mark.clause("API-11.7")
@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_is_taken_back_where_one_is_blocked_is_not_given_up(status: int) -> None:
    undo = Attempt(0, NOW, undoes=True)
    verdict = judge(status, undo, NOW, 0.0)
    assert isinstance(verdict, Needless)
    assert "you may be blocked there" in verdict.why
    assert isinstance(judge(status, FIRST, NOW, 0.0), GaveUp)
    assert isinstance(judge(400, undo, NOW, 0.0), GaveUp)
    assert isinstance(judge(503, undo, NOW, 0.0), Later)
