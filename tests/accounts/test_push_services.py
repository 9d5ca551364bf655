"""How much may go to one push service, whoever aims at it (PSH-2.8)."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from node.accounts.push_services import AT_ONCE, OF_ACCOUNT, WINDOW, PushServices

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.clause("PSH-2.8")
@pytest.mark.parametrize("status", [None, 503, 429, 404])
def test_a_third_party_is_called_seldom(status: int | None) -> None:
    """Ten accounts aim twenty endpoints each at a server that is none."""
    services, now, calls = PushServices(), NOW, Counter[str]()
    for second in range(3600):
        now = NOW + second * SECOND
        for number in range(200):
            endpoint = f"https://victim.test/{number}"
            account = f"account {number % 10}"
            if services.begin(account, endpoint, now) is None:
                services.refused(account, endpoint, status, now, 0.5)
                calls[account] += 1
    assert all(1 <= count <= 12 for count in calls.values()), "10 s, 20 s, 40 s, and so on"
    if status != 404:
        assert calls.total() <= 12 + 10, "and a first try of each"


@pytest.mark.clause("PSH-2.8")
def test_what_takes_messages_gets_so_many_of_an_account_and_no_more() -> None:
    services, now, given = PushServices(), NOW, 0
    while now < NOW + WINDOW:
        for number in range(20):
            endpoint = f"https://hook.test./{number}"
            if services.begin("alice", endpoint, now) is None:
                services.took("alice", endpoint, now)
                given += 1
        now += SECOND
    assert given == OF_ACCOUNT
    assert services.begin("alice", "https://hook.test/1", NOW + WINDOW) is None
    assert services.begin("bob", "https://hook.test/1", NOW + WINDOW) is None


@pytest.mark.clause("PSH-2.8")
def test_so_many_are_under_way_to_one_and_one_where_nothing_was_taken() -> None:
    services = PushServices()
    assert services.begin("a", "https://push.test/1", NOW) is None
    assert services.begin("b", "https://push.test/2", NOW) == NOW + 3 * SECOND
    services.took("a", "https://push.test/1", NOW)
    begun = [services.begin(f"{n}", f"https://push.test/{n}", NOW) for n in range(AT_ONCE + 1)]
    assert begun == [None] * AT_ONCE + [NOW + 3 * SECOND]
    for number in range(AT_ONCE):
        services.refused(f"{number}", f"https://push.test/{number}", 503, NOW, 0)
    assert services.begin("c", "https://push.test/3", NOW) is None, "others' browsers are told"
    later = NOW + timedelta(days=2)
    for number in range(AT_ONCE):
        services.refused(f"{number}", f"https://push.test/{number}", 503, later, 0)
    assert services.begin("1", "https://push.test/1", later) is not None


@pytest.mark.clause("PSH-2.8")
@pytest.mark.parametrize("status", [404, 410, 403, 503, None])
def test_nobody_makes_others_wait(status: int | None) -> None:
    """One account aims at a push service what it refuses, or a browser of it is gone."""
    services, endpoint = PushServices(), "https://push.test/"
    for number in range(100):
        now = NOW + timedelta(hours=number)
        assert services.begin("eve", f"{endpoint}{number}", now) is None
        services.refused("eve", f"{endpoint}{number}", status, now, 0)
        assert services.begin("eve", f"{endpoint}{number}", now) is not None
    assert services.begin("alice", f"{endpoint}alice", now) is None
    services.refused("alice", f"{endpoint}alice", 410, now, 0)
    soon = services.begin("alice", f"{endpoint}new", now)
    assert soon is not None and soon <= now + timedelta(seconds=10), "her own first wait"
    assert services.begin("alice", f"{endpoint}new", soon) is None


@pytest.mark.clause("PSH-2.8")
def test_one_that_answers_nobody_is_left_alone_but_for_first_tries() -> None:
    services, endpoint = PushServices(), "https://push.test/1"
    now = NOW
    for _ in range(12):
        now += timedelta(hours=2)
        for account in ("a", "b", "c"):
            if services.begin(account, endpoint, now) is None:
                services.refused(account, endpoint, None, now, 0)
    assert services.begin("new", endpoint, now) is None
    services.refused("new", endpoint, None, now, 0)
    assert services.begin("new", endpoint, now + timedelta(minutes=1)) is not None
    later = now + timedelta(hours=2)
    assert services.begin("a", endpoint, later) is None
    services.took("a", endpoint, later)
    assert services.begin("new", endpoint, later) is None
