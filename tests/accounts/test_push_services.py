"""How much may go to one push service, whoever aims at it (PSH-2.8)."""

from datetime import UTC, datetime, timedelta

import pytest

from node.accounts.push_services import AT_ONCE, OF_ACCOUNT, WINDOW, PushServices

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.clause("PSH-2.8")
def test_a_third_party_is_called_by_the_whole_node_as_seldom_as_by_one_browser() -> None:
    """Ten accounts aim twenty endpoints each at a server that is none."""
    services, now, calls = PushServices(), NOW, 0
    for second in range(3600):
        now = NOW + second * SECOND
        for number in range(200):
            endpoint = f"https://victim.test/{number}"
            if services.begin(f"account {number % 10}", endpoint, now) is None:
                services.refused(endpoint, now, 0.5)
                calls += 1
    assert 6 <= calls <= 12, "10 s, 20 s, 40 s, and so on"


@pytest.mark.clause("PSH-2.8")
def test_what_takes_messages_gets_so_many_of_an_account_and_no_more() -> None:
    services, now, given = PushServices(), NOW, 0
    while now < NOW + WINDOW:
        for number in range(20):
            endpoint = f"https://hook.test./{number}"
            if services.begin("alice", endpoint, now) is None:
                services.took(endpoint, now)
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
    services.took("https://push.test/1", NOW)
    begun = [services.begin(f"{n}", f"https://push.test/{n}", NOW) for n in range(AT_ONCE + 1)]
    assert begun == [None] * AT_ONCE + [NOW + 3 * SECOND]
    services.refused("https://push.test/1", NOW, 0)
    assert services.begin("c", "https://push.test/3", NOW) is None, "others' browsers are told"
    later = NOW + timedelta(days=2)
    services.refused("https://push.test/1", later, 0)
    assert services.begin("c", "https://push.test/3", later) is not None
