"""What arrived, what is owed, and jobs, over a `MemoryTables`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from node.federation.naming import named_in
from node.federation.priority import Priority
from node.federation.sending import Delivered, GaveUp, Later, Needless, Verdict
from node.federation.trust import ProvenActivity
from node.ports import Clock
from node.store.delivery_queue import LEASE as LANE_LEASE
from node.store.delivery_queue import QueuedDelivery
from node.store.jobs import LEASE, Job
from node.store.queue import Arrival
from node.store.wakeups import Wakeups
from node.testing.memory.tables import Arrived, Delivery, Host, MemoryTables, Task
from node.testing.memory.unit import Unit


class Arrivals:
    """The durable inbox, as the door sees it."""

    def __init__(self, tables: MemoryTables, wakeups: Wakeups, clock: Clock) -> None:
        self._tables = tables
        self._wakeups = wakeups
        self._clock = clock

    async def add(
        self, activity: ProvenActivity, again: bool, priority: Priority = Priority.POSTS
    ) -> None:
        now, place = self._clock.now(), (activity.actor, activity.id)
        kept = self._tables.arrivals.get(place)
        if kept is None or (again and kept.state != "new"):
            seq, rank = kept.seq if kept else self._tables.number(), int(priority)
            fresh = Arrived(seq, activity.body, now, now, priority=rank)
            self._tables.arrivals[place] = fresh
        self._wakeups.wake({"arrivals"})

    async def waiting(self, most: Mapping[Priority, int]) -> dict[Priority, int]:
        now = self._clock.now()
        ranks = [
            kept.priority
            for kept in self._tables.arrivals.values()
            if kept.state == "new" and kept.due <= now
        ]
        return {each: min(ranks.count(int(each)), count) for each, count in most.items()}

    async def held(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for (actor, _), kept in self._tables.arrivals.items():
            if kept.state in ("new", "broken"):
                found[actor] = found.get(actor, 0) + len(kept.body)
        return found


class Waiting:
    """The durable inbox, as the worker reads it."""

    def __init__(self, tables: MemoryTables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    async def due(self, most: Mapping[Priority, int]) -> dict[Priority, list[Arrival]]:
        found = [
            (kept.due, kept.seq, key, kept)
            for key, kept in self._tables.arrivals.items()
            if kept.state == "new" and kept.due <= self._clock.now()
        ]
        found.sort(key=lambda each: each[:2])
        due: dict[Priority, list[Arrival]] = {priority: [] for priority in most}
        for _, seq, key, kept in found:
            lane = due[Priority(kept.priority)]
            lane.append(Arrival(seq, *key, kept.body, kept.failures, kept.received))
        return {priority: lane[: most[priority]] for priority, lane in due.items()}

    async def next_due(self) -> datetime | None:
        return min(
            (k.due for k in self._tables.arrivals.values() if k.state == "new"), default=None
        )


class QueueUnit(Unit):
    """The unit in which an arrival is applied."""

    async def claim(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        return [one for one in arrivals if self._is_new(one)]

    def _is_new(self, arrival: Arrival) -> bool:
        kept = self.tables.arrivals.get((arrival.actor, arrival.activity))
        return kept is not None and kept.seq == arrival.seq and kept.state == "new"

    async def may_apply(self, activity: ProvenActivity, priority: Priority) -> bool | None:
        if (activity.actor, activity.id) in self.tables.arrivals:
            return None
        of_theirs = (
            kept for (actor, _), kept in self.tables.arrivals.items() if actor == activity.actor
        )
        return not any(kept.state == "new" and kept.priority == priority for kept in of_theirs)

    async def applied(self, activity: ProvenActivity, priority: Priority) -> None:
        self.tables.arrivals[activity.actor, activity.id] = Arrived(
            self.tables.number(), b"", self.now, self.now, "applied", priority=int(priority)
        )

    async def mark(self, arrival: Arrival, state: str, reason: str = "") -> None:
        over = {} if state == "broken" else {"body": b""}
        self._put(arrival, state=state, reason=reason, failures=arrival.failures, **over)

    async def again(self, arrival: Arrival, at: datetime, reason: str) -> None:
        self._put(arrival, due=at, reason=reason, failures=arrival.failures + 1)

    def _put(self, arrival: Arrival, **values: Any) -> None:
        key = (arrival.actor, arrival.activity)
        self.tables.arrivals[key] = replace(self.tables.arrivals[key], **values)


class DeliveryQueue:
    """What is owed to other hosts: one lane each, in the order in which it was owed."""

    def __init__(self, tables: MemoryTables, clock: Clock, worker: str) -> None:
        self._tables = tables
        self._clock = clock
        self._worker = worker

    @property
    def alone(self) -> bool:
        return False

    def _due(self, after: int = 0) -> list[tuple[int, Delivery]]:
        rows = sorted(self._tables.deliveries.items())
        return [(seq, one) for seq, one in rows if one.state == "due" and seq > after]

    async def hosts_since(self, seq: int) -> tuple[list[str], int]:
        rows = self._due(seq)
        return list({one.host for _, one in rows}), max([seq, *(each for each, _ in rows)])

    async def queued_since(self, seq: int, most: int) -> list[QueuedDelivery]:
        return [self._parcel(*row) for row in self._due(seq)[:most]]

    async def hosts_due(self) -> list[str]:
        return list({one.host for _, one in self._due() if one.due <= self._clock.now()})

    async def hosts_again(self) -> list[str]:
        now = self._clock.now()
        return list({one.host for _, one in self._due() if one.due <= now and one.failures})

    async def newest(self) -> int:
        return max(self._tables.deliveries, default=0)

    async def queued(self, host: str, most: int) -> list[QueuedDelivery]:
        now = self._clock.now()
        rows = [row for row in self._due() if row[1].host == host]
        rows.sort(key=lambda row: (row[1].priority, row[0]))
        found = [self._parcel(*row) for row in rows if not row[1].aside or row[1].due <= now]
        people = [one for one in found if one.priority is Priority.PEOPLE]
        return people[:most] + [one for one in found if one.priority is not Priority.PEOPLE][:most]

    def _parcel(self, seq: int, one: Delivery) -> QueuedDelivery:
        body = self._tables.outbox[one.activity].body
        if one.named:
            body = named_in(body, one.named)
        return QueuedDelivery(
            seq, one.activity, one.host, one.inbox, one.actor, body,
            one.failures, one.first_tried, one.due, one.aside, Priority(one.priority),
        )  # fmt: skip

    async def lease(self, host: str) -> bool:
        now = self._clock.now()
        kept = self._tables.hosts.get(host, Host())
        theirs = kept.leased_by not in ("", self._worker)
        if theirs and kept.leased_until is not None and kept.leased_until >= now:
            return False
        leased = replace(kept, leased_by=self._worker, leased_until=now + LANE_LEASE)
        self._tables.hosts[host] = leased
        return True

    async def release(self, host: str) -> None:
        kept = self._tables.hosts.get(host, Host())
        if kept.leased_by == self._worker:
            self._tables.hosts[host] = replace(kept, leased_by="", leased_until=None)

    async def settle(
        self, delivery: QueuedDelivery, verdict: Verdict, first_tried: datetime
    ) -> None:
        now = self._clock.now()
        kept = self._tables.deliveries[delivery.seq]
        host = self._tables.hosts.get(delivery.host, Host())
        if isinstance(verdict, Delivered | Needless):
            done = replace(kept, state="delivered", settled=now, reason="")
            if isinstance(verdict, Needless):
                done = replace(done, state="needless", reason=verdict.why[:500])
            host = replace(host, success=now, failing=None, reason="")
        else:
            done = replace(kept, failures=delivery.failures + 1, reason=verdict.why[:500])
            host = replace(host, failing=first_tried, reason=done.reason)
        if isinstance(verdict, GaveUp):
            done = replace(done, state="gave_up", settled=now)
        if isinstance(verdict, Later):
            done = replace(done, due=verdict.at, aside=not verdict.holds)
        self._tables.hosts[delivery.host] = host
        if kept.state == "due":
            self._tables.deliveries[delivery.seq] = replace(done, first_tried=first_tried)

    async def hurry(self, host: str) -> None:
        now = self._clock.now()
        for seq, one in self._due():
            if one.host == host and one.due > now:
                self._tables.deliveries[seq] = replace(one, due=now)


class Jobs:
    """Work for later that is no activity."""

    def __init__(self, tables: MemoryTables, clock: Clock) -> None:
        self._tables = tables
        self._clock = clock

    async def claim(self, kinds: Sequence[str]) -> Job | None:
        now = self._clock.now()
        free = [
            (task.due, id)
            for id, task in self._tables.jobs.items()
            if task.state == "due"
            and task.kind in kinds
            and task.due <= now
            and (task.leased_until is None or task.leased_until < now)
        ]
        if not free:
            return None
        _, id = min(free)
        task = self._put(id, leased_until=now + LEASE)
        return Job(id, task.kind, task.subject, task.failures)

    async def renew(self, job: Job) -> None:
        self._put(job.id, leased_until=self._clock.now() + LEASE)

    async def done(self, job: Job) -> None:
        self._put(job.id, state="done", leased_until=None)

    async def again(self, job: Job, at: datetime, reason: str) -> None:
        self._put(job.id, due=at, leased_until=None, failures=job.failures + 1)

    async def repeat(self, job: Job, at: datetime) -> None:
        self._put(job.id, due=at, leased_until=None, failures=0)

    async def failed(self, job: Job, reason: str) -> None:
        self._put(job.id, state="failed", leased_until=None, failures=job.failures + 1)

    async def ensure(self, kind: str, at: datetime) -> None:
        self._tables.jobs.setdefault(kind, Task(kind, "", at))

    async def next_due(self, kinds: Sequence[str]) -> datetime | None:
        tasks = self._tables.jobs.values()
        waiting = [t for t in tasks if t.state == "due" and t.kind in kinds and not t.leased_until]
        return min((task.due for task in waiting), default=None)

    def _put(self, id: str, **values: Any) -> Task:
        task = self._tables.jobs[id] = replace(self._tables.jobs[id], **values)
        return task
