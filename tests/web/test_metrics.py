"""What Prometheus is told, and what it is not told (spec OPS-4)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from node.app import metrics
from node.config import Config
from node.errors import Malformed
from node.operation.tallies import ENDS, Durations, Tallies
from node.store import tables
from node.wire.times import micros
from node.worker.counted import CountedCarrier
from tests.web.conftest import Build, Harness

Told = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
async def harness(build: Build) -> Harness:
    return await build(metrics_listen="0")


@pytest.fixture
async def client(harness: Harness) -> AsyncIterator[TestClient[Any, Any]]:
    """Speaks to the application as the program serves it."""
    async with TestClient(TestServer(harness.node.application)) as client:
        yield client


async def told(harness: Harness) -> Told:
    assert harness.node.tallies is not None
    text = (await metrics.exposition(harness.node, harness.node.tallies)).decode()
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def requests(found: Told, surface: str, status: str) -> float:
    labels = (("status", status), ("surface", surface))
    return found.get(("kith_request_duration_seconds_count", labels), 0)


@pytest.mark.clause("OPS-4.3")
async def test_requests_are_counted_by_surface_and_status(
    harness: Harness, client: TestClient[Any, Any]
) -> None:
    for path in ("/", "/api/kith/v1/node", "/api/kith/v1/account", "/nowhere", "/livez", "/livez"):
        await client.get(path)
    await client.get("/.well-known/webfinger?resource=acct:nobody@a.test")
    found = await told(harness)
    assert requests(found, "api", "200") == requests(found, "api", "401") == 1
    assert requests(found, "people", "200") == 3
    assert sum(requests(found, one, "404") for one in ("people", "servers")) == 2
    assert found["kith_refusals_total", (("clause", "API-3.1"),)] == 1
    assert found["kith_ready", ()] == 1


@pytest.mark.clause("OPS-4.3")
async def test_queues_are_told_with_their_ages(harness: Harness) -> None:
    now = harness.clock.now()

    async def work(unit: Any) -> None:
        arrival = {"actor": "https://b.test/a/1", "body": b"{}", "due": 0}
        for seq, state in enumerate(("new", "new", "broken", "applied")):
            at = micros(now - timedelta(seconds=90 - seq))
            await unit.connection.execute(
                tables.arrivals.insert(),
                {**arrival, "activity": f"https://b.test/{seq}", "state": state, "received": at},
            )

    await harness.units.run(metrics.HealthUnit, work)
    found = await told(harness)
    queue = (("queue", "arrivals"),)
    assert found["kith_queue_length", queue] == 2
    assert found["kith_queue_age_seconds", queue] == 90
    assert found["kith_queue_failed", queue] == 1
    assert found["kith_queue_length", (("queue", "deliveries"),)] == 0
    assert found["kith_writer_turns_total", ()] > 0
    assert found["kith_disk_bytes", (("kind", "free"),)] > 0
    assert found["process_open_fds", ()] > 0


@pytest.mark.clause("OPS-4.2")
async def test_nobody_is_named(harness: Harness, client: TestClient[Any, Any]) -> None:
    await harness.join("alice")
    for path in ("/@alice", "/v/secret", "/invite/secret", "/api/kith/v1/accounts/lookup?acct=bob"):
        await client.get(path)
    text = repr(await told(harness))
    assert "kith_request" in text
    for name in ("alice", "secret", "bob", "a.test", "127.0.0.1", "https"):
        assert name not in text
    words = {word for name, labels in await told(harness) for word, _ in labels}
    assert words <= {"surface", "status", "le", "queue", "result", "clause", "kind"}


@pytest.mark.clause("OPS-4.1")
async def test_only_its_own_listener_tells_and_nothing_is_counted_without(build: Build) -> None:
    harness = await build()
    assert harness.node.tallies is None
    assert (await harness.ask("GET", "//metrics")).status == 404
    tallies = Tallies()
    async with TestClient(TestServer(metrics.application(harness.node, tallies))) as client:
        said = await client.get("/metrics")
        assert said.status == 200 and said.content_type == "text/plain"
        assert "kith_queue_length" in await said.text()
        for path in ("/", "/api/kith/v1/node", "/livez"):
            assert (await client.get(path)).status == 404


@pytest.mark.clause("OPS-4.1")
def test_without_a_host_it_is_this_machine_alone() -> None:
    def place(text: str) -> tuple[str, int] | None:
        return Config(origin="https://a.test", metrics_listen=text).metrics_place

    assert place("") is None
    assert place("9420") == place(":9420") == ("127.0.0.1", 9420)
    assert place("[::1]:9420") == ("::1", 9420)
    for wrong in ("nine", "127.0.0.1", "127.0.0.1:70000", "8420"):
        with pytest.raises(Malformed):
            place(wrong)


@pytest.mark.clause("OPS-4.3")
async def test_deliveries_are_counted_by_result() -> None:
    class Carrier:
        status: int | None = 202
        retry_after = date = None
        trouble, never, clock_in_doubt = "", False, False

        async def carry(self, _inbox: str, _body: bytes, _actor: str) -> "Carrier":
            return self

    tallies, carrier = Tallies(), Carrier()
    counted = CountedCarrier(carrier, tallies.delivery)
    for carrier.status in (200, 202, 403, 500, None):
        await counted.carry("https://b.test/inbox", b"{}", "https://a.test/a/1")
    assert tallies.deliveries == {"taken": 2, "refused": 1, "failed": 1, "unanswered": 1}


def test_a_histogram_adds_up() -> None:
    took = Durations()
    for seconds in (0.001, 0.005, 0.006, 3.0, 60.0):
        took.add(seconds)
    buckets = took.buckets()
    assert [count for _, count in buckets] == sorted(count for _, count in buckets)
    assert buckets[0] == ("0.005", 2) and buckets[1] == ("0.01", 3) and buckets[-1] == ("+Inf", 5)
    assert len(buckets) == len(ENDS) + 1
