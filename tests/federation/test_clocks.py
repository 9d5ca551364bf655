"""Our clock is compared with others': what a wrong one does is named, and mended when it is set."""

from datetime import timedelta
from pathlib import Path

import pytest

from node.federation.clocks import Clocks, set_back, span
from node.federation.sending import MOST_DOUBTED, Attempt, GaveUp, Later, judge
from node.testing.fakes import FakeClock
from node.testing.town import open_town
from node.wire.api.deliveries import DeliveryList, NodeHealth
from node.wire.api.graph import NewRequest, Relation
from node.wire.times import http_date

DAY = timedelta(days=1)


class Settable(FakeClock):
    """A clock that somebody may set, while its ticks go on."""

    def __init__(self) -> None:
        super().__init__()
        self._started = self._now
        self._ticked = 0.0

    def ticks(self) -> float:
        return self._ticked

    def pass_(self, span: timedelta) -> None:
        super().pass_(span)
        self._ticked += span.total_seconds()

    def set(self, by: timedelta) -> None:
        self._now += by


@pytest.mark.clause("FED-8.15")
def test_one_date_is_heard_once_and_anew_when_our_clock_was_set() -> None:
    clock = Settable()
    clocks = Clocks(clock)
    said = http_date(clock.now())
    for _ in range(3):
        clocks.hear("beta.test", said)
    assert clocks.hosts == 1
    clock.set(timedelta(hours=2))
    assert clocks.hosts == 0
    clocks.hear("beta.test", said)
    assert clocks.differs_from("beta.test") == "this server's clock is 2 h 0 min ahead of theirs"
    for number in range(1000):
        clocks.hear(f"h{number}.test", said)
    assert clocks.hosts <= 256


@pytest.mark.clause("FED-8.15")
def test_the_clock_is_named_when_most_servers_differ_alike() -> None:
    clock = Settable()
    clocks = Clocks(clock)
    assert (clocks.trouble(), clocks.offset(), clocks.hosts) == ("", None, 0)
    clocks.hear("beta.test", http_date(clock.now() + timedelta(hours=2)))
    assert clocks.differs_from("beta.test") == "this server's clock is 2 h 0 min behind theirs"
    assert "2 h 0 min behind, by the one server" in clocks.trouble()
    for host in ("gamma.test", "delta.test"):
        clocks.hear(host, http_date(clock.now()))
    assert clocks.trouble() == "", "beta's clock is the wrong one"
    assert clocks.differs_from("gamma.test") == ""
    clocks.hear("gamma.test", "yesterday")
    assert clocks.hosts == 3
    for host in ("gamma.test", "delta.test"):
        clocks.hear(host, http_date(clock.now() - timedelta(days=3, hours=1)))
    assert "3 d 1 h ahead, by 3 servers" in clocks.trouble()
    clock.pass_(timedelta(minutes=30))
    assert clocks.trouble()
    clock.set(timedelta(days=-3, hours=-1))
    assert (clocks.trouble(), clocks.hosts) == ("", 0), "what was heard of the former clock"


@pytest.mark.clause("FED-8.15")
def test_a_step_of_the_clock_is_seen_and_time_that_passes_is_none() -> None:
    clock = Settable()
    before = (clock.now(), clock.ticks())
    clock.pass_(DAY)
    assert set_back(before, (clock.now(), clock.ticks())) == 0
    clock.set(timedelta(hours=-2))
    assert set_back(before, (clock.now(), clock.ticks())) == 7200
    assert [span(s) for s in (59.6, -90, 7260, 90000)] == [
        "1 min 0 s",
        "1 min 30 s",
        "2 h 1 min",
        "1 d 1 h",
    ]


@pytest.mark.clause("FED-8.15", "FED-8.5")
def test_a_wrong_clock_gives_nothing_up_and_dates_no_retry() -> None:
    clock = FakeClock()
    now = clock.now()
    late = Attempt(9, now - 30 * DAY, trouble="no answer")
    assert isinstance(judge(None, late, now, 0), GaveUp)
    doubted = Attempt(9, now - 30 * DAY, trouble="no answer", clock_in_doubt=True)
    assert isinstance(judge(None, doubted, now, 0), Later)

    counted = Attempt(MOST_DOUBTED - 1, now - 30 * DAY, clock_in_doubt=True)
    assert judge(None, counted, now, 0) == GaveUp("no answer, 400 times", late=True)
    slow = Attempt(9, now, "43200", clock_in_doubt=True)
    waits = judge(429, slow, now, 0)
    assert isinstance(waits, Later) and waits.at == now + timedelta(hours=1)

    theirs = now + timedelta(hours=2)
    asked = Attempt(0, now, http_date(theirs + timedelta(minutes=5)), date=http_date(theirs))
    found = judge(429, asked, now, 0)
    assert isinstance(found, Later) and found.at == now + timedelta(minutes=5)


@pytest.mark.clause("FED-8.15")
def test_whether_our_clock_is_in_doubt_others_say() -> None:
    """Else a server would keep its own queue from being given up, by its `Date`."""
    clock = FakeClock()
    clocks = Clocks(clock)
    liar = http_date(clock.now() + timedelta(days=9))
    clocks.hear("liar.test", liar)
    assert clocks.in_doubt("liar.test"), "nobody else was heard"
    for name in ("one.test", "two.test"):
        clocks.hear(name, http_date(clock.now()))
    assert not clocks.in_doubt("liar.test") and clocks.differs_from("liar.test")
    for name in ("one.test", "two.test"):
        clocks.hear(name, http_date(clock.now() - timedelta(hours=2)))
    assert clocks.in_doubt("liar.test") and clocks.in_doubt("silent.test")


@pytest.mark.clause("FED-8.15", "API-11.2")
async def test_a_node_with_a_wrong_clock_says_so_and_goes_on_when_it_is_set(tmp_path: Path) -> None:
    async with open_town(tmp_path, "alpha.test", "beta.test") as town:
        alice = await town.sign_up("alice", "alpha.test")
        await town.sign_up("bob", "beta.test")
        alpha = town.nodes["alpha.test"]
        async with alpha.line(alice.token or "") as line:
            body = NewRequest(actor="@bob@beta.test")
            await line.ask("GET", "/accounts/lookup", object, query={"acct": "@bob@beta.test"})
            town.wrong_clocks["alpha.test"] = timedelta(hours=2)
            await line.ask("POST", "/friends/requests", Relation, body)
            await town.settle()
            (due,) = (await line.ask("GET", "/deliveries", DeliveryList)).items
            assert due.state == "due", due
            assert due.reason == "answered 401: this server's clock is 2 h 0 min ahead of theirs"
            health = await line.ask("GET", "/admin/health", NodeHealth)
            assert health.clock_offset_seconds == -7200 and health.clock_servers == 1
            assert any("the clock of this machine is 2 h 0 min ahead" in w for w in health.warnings)

            town.wrong_clocks.clear()
            await alpha.node.worker.clock_was_set()
            await town.settle()
            assert not (await line.ask("GET", "/deliveries", DeliveryList)).items
            health = await line.ask("GET", "/admin/health", NodeHealth)
            assert health.warnings == []
