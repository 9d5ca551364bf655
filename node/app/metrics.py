"""What Prometheus is told of a node, on a listener of its own (spec OPS-4).

Loaded only where that is asked for. No label is a person, a server or an address: who graphs a
node learns how it works, not who talks with whom.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from aiohttp import web
from msgspec import Struct
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from node.app.opening import Node
from node.operation.tallies import Tallies
from node.store.health import HealthUnit, Waiting
from node.wire.times import micros

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Queues(Struct, frozen=True):
    """What waits in the database, read once for each time that somebody asks."""

    waiting: Mapping[str, Waiting]
    failed: Mapping[str, int]
    silent_servers: int

    @classmethod
    async def read(cls, unit: HealthUnit) -> "Queues":
        return cls(
            waiting={
                "arrivals": await unit.arrivals_waiting(),
                "deliveries": await unit.deliveries_waiting(),
                "jobs": await unit.jobs_overdue(),
            },
            failed={
                "arrivals": await unit.arrivals_broken(),
                "deliveries": await unit.deliveries_given_up(),
                "jobs": await unit.jobs_failed(),
            },
            silent_servers=len(await unit.silent_hosts()),
        )


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"kith_{name}", says, value=value)


def _gauges(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"kith_{name}", says, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


def _counters(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"kith_{name}", says, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


def _requests(tallies: Tallies) -> Metric:
    family = HistogramMetricFamily(
        "kith_request_duration_seconds", "Answers, and how long they took.",
        labels=["surface", "status"],
    )  # fmt: skip
    for words, took in tallies.requests.items():
        family.add_metric(list(words), took.buckets(), took.total)
    return family


def _of_queues(queues: Queues, now: datetime) -> Iterator[Metric]:
    at = micros(now)
    ages = {
        name: max(0, at - one.oldest) / 1e6 if one.oldest else 0.0
        for name, one in queues.waiting.items()
    }
    counts = {name: float(one.count) for name, one in queues.waiting.items()}
    yield _gauges("queue_length", "What waits: to be applied, sent, done.", "queue", counts)
    yield _gauges(
        "queue_age_seconds",
        "How long the first has waited: since it came, since its first try failed, since its time.",
        "queue",
        ages,
    )
    failed = {name: float(count) for name, count in queues.failed.items()}
    yield _gauges("queue_failed", "What was given up, of the last 30 days.", "queue", failed)
    yield _gauge(
        "silent_servers", "Servers that do not take what is sent, up to 100.", queues.silent_servers
    )


def _of_process(node: Node, tallies: Tallies) -> Iterator[Metric]:
    yield _requests(tallies)
    yield _counters("deliveries", "Tries to deliver, by result.", "result", tallies.deliveries)
    yield _counters("refusals", "What was refused, by clause.", "clause", node.web.refusals.shown())
    yield _counters("worker_rounds", "Looks at a queue.", "queue", node.worker.rounds)
    yield _gauge("connections", "Connections that stand.", len(node.connections))
    yield _gauge("event_streams", "Event streams that are open.", len(node.streams))
    yield _gauge("ready", "1 when nothing keeps the node from its work.", float(node.health.well))
    offset = node.lines.clocks.offset()
    if offset is not None:
        yield _gauge(
            "clock_offset_seconds", "How far other clocks are ahead.", offset.total_seconds()
        )
    disk = shutil.disk_usage(node.config.data_dir)
    room = {"free": float(disk.free), "total": float(disk.total)}
    yield _gauges("disk_bytes", "The disk of the data folder.", "kind", room)
    waits = node.stores.database.writer_waits
    if waits is not None:
        turns, seconds = waits
        yield CounterMetricFamily("kith_writer_turns", "Changes to the database.", value=turns)
        yield CounterMetricFamily(
            "kith_writer_wait_seconds", "How long changes waited for their turn.", value=seconds
        )


class Told(Struct, frozen=True, eq=False):
    """A collector of what was found just now."""

    found: tuple[Metric, ...]

    def collect(self) -> Iterable[Metric]:
        return self.found


async def exposition(node: Node, tallies: Tallies) -> bytes:
    """All of it, in the text format."""
    queues = await node.stores.units.look(HealthUnit, Queues.read)
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    found = (*_of_process(node, tallies), *_of_queues(queues, node.lines.clocks.now()))
    registry.register(Told(found))
    return generate_latest(registry)


def application(node: Node, tallies: Tallies) -> web.Application:
    """It answers `GET /metrics`, and nothing else."""

    async def metrics(_request: web.Request) -> web.Response:
        body = await exposition(node, tallies)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    made = web.Application()
    made.router.add_get("/metrics", metrics)
    return made
