"""Sends what is owed: a lane per host, in order, and one slow host delays only itself."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cachetools import LRUCache

from node.federation.sending import Attempt, GaveUp, Later, Verdict, judge
from node.ports import Clock, Entropy
from node.store.delivery_queue import DeliveryQueue, QueuedDelivery

LOG = logging.getLogger("node.worker")

AT_ONCE = 512  # lanes that post at the same time
GLANCE = 64  # deliveries that are read at once when woken
MOST_DRAINED = 10_000
AHEAD = 16  # deliveries that are read of a lane at a time
RENEW_SECONDS = 20.0  # of a lease of 60


class Outcome(Protocol):
    """How a delivery went."""

    @property
    def status(self) -> int | None: ...

    @property
    def retry_after(self) -> str | None: ...

    @property
    def trouble(self) -> str: ...

    @property
    def never(self) -> bool:
        """Whether it is not to be tried again, whatever the status."""
        ...


class Carrier(Protocol):
    """Posts one body to one inbox: `net.courier.Courier`."""

    async def carry(self, inbox: str, body: bytes, actor: str) -> Outcome: ...


class Sender:
    """The worker's hand for deliveries."""

    def __init__(
        self, lanes: DeliveryQueue, courier: Carrier, clock: Clock, entropy: Entropy
    ) -> None:
        self._lanes = lanes
        self._courier = courier
        self._clock = clock
        self._entropy = entropy
        self._open: dict[str, asyncio.Task[bool]] = {}
        # DeliveryQueue whose head has to wait, and since which row nothing was looked at.
        self._waits: dict[str, datetime] = {}
        self._again: set[str] = set()
        # DeliveryQueue that were read to their end, and its row: what is behind it is all there is.
        self._drained: LRUCache[str, int] = LRUCache(MOST_DRAINED)
        # Since when a host takes nothing: what waited behind others has waited too (FED-8.4).
        self._silent: LRUCache[str, datetime] = LRUCache(MOST_DRAINED)
        self._seen = 0
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def look(self, everything: bool) -> int:
        """Open the lanes that have something to send; how many were opened.

        `everything` looks at all that is due, not only at what is new since the last look.
        """
        if everything:
            newest = await self._lanes.newest()
            hosts = await self._lanes.hosts_due()
            self._seen = max(self._seen, newest)
            opened = sum([self._start(host) for host in hosts])
            now = self._clock.now()
            # What is past its time and was not opened has nothing left to send.
            self._waits = {host: at for host, at in self._waits.items() if at > now}
            return opened
        queued: list[QueuedDelivery] = []
        if self._lanes.alone:
            queued = await self._lanes.parcels_since(self._seen, GLANCE)
        if len(queued) == GLANCE or not self._lanes.alone:
            hosts, self._seen = await self._lanes.hosts_since(self._seen)
            return sum([self._start(host) for host in hosts])
        return sum([self._start(*each) for each in self._by_host(queued).items()])

    def _by_host(self, queued: list[QueuedDelivery]) -> dict[str, list[QueuedDelivery]]:
        """New deliveries by lane; of a lane that may hold older ones none, so that it is read."""
        found: dict[str, list[QueuedDelivery]] = {}
        for delivery in queued:
            self._seen = max(self._seen, delivery.seq)
            lane = found.setdefault(delivery.host, [])
            end = self._drained.get(delivery.host)
            if end is not None and delivery.seq > end:
                lane.append(delivery)
        return found

    async def heard(self, host: str) -> None:
        """A host that we could not reach has just spoken: what waits for it is tried now."""
        waits = self._waits.pop(host, None) is not None
        # Of a lane that was not read since we started nobody here knows whether it waits.
        unread = host not in self._open and self._drained.get(host) is None
        if waits or unread:
            await self._lanes.hurry(host)
            self._start(host)

    async def settle(self) -> bool:
        """Wait until no lane is open; whether any delivery was sent."""
        sent = False
        while self._open:
            done, _ = await asyncio.wait(self._open.values())
            results = [task.result() for task in done]
            sent = sent or any(results)
        return sent

    async def stop(self, seconds: float) -> None:
        """Let what is on its way arrive, for `seconds`; the rest stays due."""
        tasks = list(self._open.values())
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def next_due(self) -> datetime | None:
        """When the first of the waiting lanes is to be looked at."""
        return min(self._waits.values(), default=None)

    def _start(self, host: str, queued: Sequence[QueuedDelivery] = ()) -> bool:
        if host in self._open:
            self._again.add(host)  # its lane may just have seen its end
            return False
        until = self._waits.get(host)
        if until is not None and until > self._clock.now():
            return False
        self._waits.pop(host, None)
        task = asyncio.create_task(self._run(host, queued))
        self._open[host] = task
        task.add_done_callback(lambda done: self._ended(host, done))
        return True

    def _ended(self, host: str, task: "asyncio.Task[bool]") -> None:
        del self._open[host]
        if not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("lane broken", extra={"host": host}, exc_info=error)
        elif host in self._again:
            self._again.discard(host)
            self._start(host)

    async def _run(self, host: str, queued: Sequence[QueuedDelivery]) -> bool:
        if not await self._lanes.lease(host):
            return False
        leased = self._clock.ticks()
        sent, after = False, 0
        end = self._drained.get(host) or 0
        self._drained.pop(host, None)
        try:
            while queued := queued or await self._lanes.queued(host, after, AHEAD):
                for delivery in queued:
                    if self._clock.ticks() - leased > RENEW_SECONDS:
                        if not await self._lanes.lease(host):
                            return sent
                        leased = self._clock.ticks()
                    if self._must_wait(delivery):
                        return sent
                    sent = True
                    if not await self._send(delivery):
                        return sent
                    after = delivery.seq
                queued = ()
            self._drained[host] = max(after, end)
        finally:
            await self._lanes.release(host)
        return sent

    def _must_wait(self, delivery: QueuedDelivery) -> bool:
        if delivery.due <= self._clock.now():
            return False
        self._waits[delivery.host] = delivery.due
        return True

    async def _send(self, delivery: QueuedDelivery) -> bool:
        """Post one delivery and settle it; whether the lane goes on."""
        first_tried = delivery.first_tried or self._since(delivery)
        async with self._slots:
            outcome = await self._courier.carry(delivery.inbox, delivery.body, delivery.actor)
        attempt = Attempt(delivery.failures, first_tried, outcome.retry_after, outcome.trouble)
        spread = self._entropy.draw(1)[0] / 256
        verdict = judge(outcome.status, attempt, self._clock.now(), spread)
        if outcome.never:
            verdict = GaveUp(outcome.trouble)
        self._remember(delivery.host, verdict, first_tried)
        await self._lanes.settle(delivery, verdict, first_tried)
        if not isinstance(verdict, Later) or not verdict.holds:
            return True
        # To the microsecond of the row, or the lane would be opened a moment too early.
        self._waits[delivery.host] = verdict.at
        return False

    def _since(self, delivery: QueuedDelivery) -> datetime:
        """Since when a delivery fails that was not tried yet: its host may have failed before."""
        silent = self._silent.get(delivery.host)
        return self._clock.now() if silent is None else max(delivery.due, silent)

    def _remember(self, host: str, verdict: Verdict, first_tried: datetime) -> None:
        failed = verdict.holds if isinstance(verdict, Later) else False
        if failed or (isinstance(verdict, GaveUp) and verdict.late):
            silent = self._silent.get(host) or first_tried
            self._silent[host] = min(silent, first_tried)
        else:
            self._silent.pop(host, None)
