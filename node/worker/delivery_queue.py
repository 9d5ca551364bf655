"""Sends what is owed: a lane per host, in order, and one slow host delays only itself."""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from cachetools import LRUCache
from msgspec import Struct, field

from node.federation.priority import Priority
from node.federation.sending import ARRIVED, DELIVERED, Attempt, GaveUp, Later, Verdict, judge
from node.ports import Clock, Entropy
from node.store.delivery_queue import DeliveryQueue, QueuedDelivery
from node.worker import faults

LOG = logging.getLogger("node.worker")

AT_ONCE = 512  # lanes that post at the same time
GLANCE = 256  # deliveries that are read at once when woken: in two or three milliseconds
MOST_DRAINED = 10_000
AHEAD = 48  # deliveries that are read of a lane at a time: to people, and of all else
IN_A_ROW = 4  # of these, how many of one sender: who says much does not keep the others waiting
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

    @property
    def date(self) -> str | None: ...

    @property
    def clock_in_doubt(self) -> bool: ...


class Carrier(Protocol):
    """Posts one body to one inbox: `net.courier.Courier`."""

    async def carry(self, inbox: str, body: bytes, actor: str) -> Outcome: ...


class Lane(Struct):
    """A host that is being sent to. `held`: it takes nothing more for now.

    `end` is the newest row that was sent, `leased` when the lease was last renewed.

    `newest` is the newest row that its round was given. `takes` is how many more may join it: none
    when something older than they may wait unread.
    """

    host: str
    leased: float
    end: int
    held: bool = False
    sent: bool = False
    newest: int = 0
    takes: int = 0
    chains: dict[str, list[QueuedDelivery]] = field(default_factory=dict)  # by sender
    going: list["asyncio.Task[None]"] = field(default_factory=list)
    settling: list[Awaitable[None]] = field(default_factory=list)


class Sender:
    """The worker's hand for deliveries."""

    def __init__(
        self,
        lanes: DeliveryQueue,
        courier: Carrier,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        self._lanes = lanes
        self._courier = courier
        self._clock = clock
        self._entropy = entropy
        self._open: dict[str, asyncio.Task[bool]] = {}
        self._rounds: dict[str, Lane] = {}
        # Lanes whose head has to wait, and since which row nothing was looked at.
        self._waits: dict[str, datetime] = {}
        self._again: set[str] = set()
        self._spoken: set[str] = set()
        # Lanes that were read to their end, and its row: what is behind it is all there is.
        self._drained: LRUCache[str, int] = LRUCache(MOST_DRAINED)
        # Since when a host takes nothing: what waited behind others has waited too (FED-8.4).
        self._silent: LRUCache[str, datetime] = LRUCache(MOST_DRAINED)
        self._seen = 0
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def look(self, everything: bool) -> int:
        """Open the lanes that have something to send; how many were opened.

        `everything` looks at all that is due, not only at what is new since the last look.
        """
        while self._spoken:
            await self.heard(self._spoken.pop())
        if everything:
            newest = await self._lanes.newest()
            hosts = await self._lanes.hosts_due()
            self._seen = max(self._seen, newest)
            for host in await self._lanes.hosts_again():
                self._waits.pop(host, None)  # somebody may have asked for another try
            opened = sum([self._start(host) for host in hosts])
            now = self._clock.now()
            # What is past its time and was not opened has nothing left to send.
            self._waits = {host: at for host, at in self._waits.items() if at > now}
            return opened
        queued: list[QueuedDelivery] = []
        if self._lanes.alone:
            queued = await self._lanes.queued_since(self._seen, GLANCE)
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
            if delivery.host in self._open or (end is not None and delivery.seq > end):
                lane.append(delivery)
        return found

    def spoke(self, host: str) -> bool:
        """A host has just spoken; whether the next look has to see to what waits for it."""
        if host in self._waits or self._unread(host):
            self._spoken.add(host)
        return host in self._spoken

    def _unread(self, host: str) -> bool:
        """Of a lane that was not read since we started nobody here knows whether it waits."""
        return host not in self._open and self._drained.get(host) is None

    async def heard(self, host: str) -> None:
        """A host that we could not reach has just spoken: what waits for it is tried now."""
        waits = self._waits.pop(host, None) is not None
        if waits or self._unread(host):
            await self._lanes.hurry(host)
            self._start(host)

    def clock_was_set(self) -> None:
        """What waits was dated by a clock that is no more: nothing waits, nobody was silent."""
        self._waits.clear()
        self._silent.clear()

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
            if not self._joins(host, queued):
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

    def _joins(self, host: str, queued: Sequence[QueuedDelivery]) -> bool:
        """Whether all of these go out with the open round: nobody waits for its slowest chain.

        Only what is of people and has nothing before it that the lane has not read (FED-8.14).
        """
        lane = self._rounds.get(host)
        if lane is None or lane.held or host in self._again or not 0 < len(queued) <= lane.takes:
            return False
        fresh = queued[0].seq > lane.newest
        if not fresh or any(one.priority is not Priority.PEOPLE for one in queued):
            return False
        lane.takes -= len(queued)
        lane.newest = queued[-1].seq
        for delivery in queued:
            self._begin(lane, [delivery])
        return True

    def _ended(self, host: str, task: "asyncio.Task[bool]") -> None:
        del self._open[host]
        if not task.cancelled() and (error := task.exception()) is not None:
            faults.tell(LOG, "lane broken", error, host=host)
        elif host in self._again:
            self._again.discard(host)
            self._start(host)

    async def _run(self, host: str, queued: Sequence[QueuedDelivery]) -> bool:
        if not await self._lanes.lease(host):
            return False
        lane = Lane(host, self._clock.ticks(), self._drained.get(host) or 0)
        self._drained.pop(host, None)
        try:
            while queued := queued or await self._read(host):
                whole = await self._round(lane, queued)
                if lane.held:
                    return lane.sent
                if whole and self._lanes.alone and host not in self._again:
                    break  # what came since then was looked at, and would ask for another round
                queued = ()
            self._drained[host] = lane.end
        finally:
            await self._lanes.release(host)
        return lane.sent

    async def _read(self, host: str) -> Sequence[QueuedDelivery]:
        self._again.discard(host)
        return await self._lanes.queued(host, AHEAD)

    async def _round(self, lane: Lane, queued: Sequence[QueuedDelivery]) -> bool:
        """Send these: what each person says in its order, people side by side; then the rest.

        What arrived is on disk before the lane is read again. Whether these were all there was.
        """
        people, bulk = _chains(queued)
        given = sum(map(len, people))
        chosen = [chain[:IN_A_ROW] for chain in people]
        whole = given < AHEAD and given == sum(map(len, chosen))
        rest = bulk[:IN_A_ROW] if people else bulk
        lane.newest = max(lane.newest, *(one.seq for one in queued))
        lane.takes = AHEAD if whole and not bulk else 0
        self._rounds[lane.host] = lane
        try:
            for chain in chosen:
                self._begin(lane, chain)
            going, lane.going = lane.going, []
            await _all(going)
            await self._chain(lane, rest)
            await _finished(lane)
        except asyncio.CancelledError:
            for task in lane.going:
                task.cancel()
            raise
        finally:
            del self._rounds[lane.host]
            await _finished(lane)
        return whole and len(rest) == len(bulk) < AHEAD

    def _begin(self, lane: Lane, said: Sequence[QueuedDelivery]) -> None:
        """Send what one person says, behind what of theirs is on its way."""
        chain = lane.chains.get(said[0].actor)
        if chain is not None:
            chain += said
            return
        lane.chains[said[0].actor] = [*said]
        lane.going.append(asyncio.create_task(self._person(lane, said[0].actor)))

    async def _person(self, lane: Lane, actor: str) -> None:
        try:
            await self._chain(lane, lane.chains[actor])
        finally:
            del lane.chains[actor]

    async def _chain(self, lane: Lane, chain: Sequence[QueuedDelivery]) -> None:
        for delivery in chain:
            if lane.held or self._must_wait(delivery) or not await self._renewed(lane):
                lane.held = True
                return
            lane.sent = True
            lane.held = not await self._send(delivery, lane.settling) or lane.held
            lane.end = max(lane.end, delivery.seq)

    async def _renewed(self, lane: Lane) -> bool:
        """Whether the lane is still ours."""
        if self._clock.ticks() - lane.leased > RENEW_SECONDS:
            if not await self._lanes.lease(lane.host):
                return False
            lane.leased = self._clock.ticks()
        return True

    def _must_wait(self, delivery: QueuedDelivery) -> bool:
        if delivery.due <= self._clock.now():
            return False
        self._wait(delivery.host, delivery.due)
        return True

    def _wait(self, host: str, until: datetime) -> None:
        self._waits[host] = max(until, self._waits.get(host, until))

    async def _send(self, delivery: QueuedDelivery, settling: list[Awaitable[None]]) -> bool:
        """Post one delivery and settle it; whether the lane goes on."""
        first_tried = delivery.first_tried or self._since(delivery)
        async with self._slots:
            outcome = await self._courier.carry(delivery.inbox, delivery.body, delivery.actor)
        verdict = self._judged(delivery, outcome, first_tried)
        self._remember(delivery.host, verdict, first_tried)
        settling.append(self._lanes.settle(delivery, verdict, first_tried))
        if not isinstance(verdict, Later) or not verdict.holds:
            return True
        # To the microsecond of the row, or the lane would be opened a moment too early.
        self._wait(delivery.host, verdict.at)
        return False

    def _judged(self, delivery: QueuedDelivery, outcome: Outcome, first_tried: datetime) -> Verdict:
        if outcome.status in ARRIVED:
            return DELIVERED
        if outcome.never:
            return GaveUp(outcome.trouble)
        attempt = Attempt(
            delivery.failures, first_tried, outcome.retry_after, outcome.trouble, outcome.date,
            outcome.clock_in_doubt, delivery.undoes,
        )  # fmt: skip
        return judge(outcome.status, attempt, self._clock.now(), self._entropy.draw(1)[0] / 256)

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


async def _finished(lane: Lane) -> None:
    """Wait until all that goes out has ended and is on disk, with what joins it meanwhile.

    Also behind a fault, of which the first is raised: else nobody would ask after the rest.
    """
    fault: Exception | None = None
    while lane.going or lane.settling:
        work = [*lane.going, *lane.settling]
        lane.going, lane.settling = [], []
        try:
            await _all(work)
        except Exception as error:
            fault = fault or error
    if fault is not None:
        raise fault


async def _all(work: Iterable[Awaitable[None]]) -> None:
    """Do all of it, side by side; when one fails, raises that once the others have ended.

    While one goes on the lease is ours: else it would be sent once more meanwhile.
    """
    for outcome in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def _chains(
    queued: Sequence[QueuedDelivery],
) -> tuple[list[list[QueuedDelivery]], list[QueuedDelivery]]:
    """What each person says to people; and all else, in order."""
    people: dict[str, list[QueuedDelivery]] = {}
    bulk: list[QueuedDelivery] = []
    for delivery in sorted(queued, key=lambda one: (one.priority, one.seq)):
        if delivery.priority is Priority.PEOPLE:
            people.setdefault(delivery.actor, []).append(delivery)
        else:
            bulk.append(delivery)
    return list(people.values()), bulk
