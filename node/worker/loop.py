"""The worker: applies what arrived, sends what is owed, does the jobs; woken by wakeups.

`step` does all that is due now and returns, for a town with a moved clock; `run` goes on until it
is stopped. Both do the same work in the same order.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from urllib.parse import urlsplit

from node.federation.clocks import STEP_SECONDS, set_back
from node.ports import Clock
from node.store.dates import Dates
from node.store.wakeups import Wakeups
from node.worker import faults
from node.worker.arrivals import Applier
from node.worker.delivery_queue import Sender
from node.worker.jobs import Jobber
from node.worker.push import PUSHES, Pusher

LOG = logging.getLogger("node.worker")

LONGEST_SLEEP_SECONDS = 5.0  # other processes' wakeups are not heard here
PAUSE_SECONDS = 1.0  # after a fault of ours or of the disk
GRACE_SECONDS = 10.0
MOST_ROUNDS = 10_000  # of one step: two handlers that answer each other for ever are a fault


class Worker:
    """One per process."""

    def __init__(
        self,
        applier: Applier,
        sender: Sender,
        jobber: Jobber,
        pusher: Pusher,
        dates: Dates,
        wakeups: Wakeups,
        clock: Clock,
    ) -> None:
        self._applier = applier
        self._sender = sender
        self._jobber = jobber
        self._pusher = pusher
        self._dates = dates
        self._wakeups = wakeups
        self._clock = clock
        self._stopping = asyncio.Event()
        self.rounds: Counter[str] = Counter()  # looks at each queue, since the start
        pusher.begin()

    async def step(self) -> bool:
        """Do everything that is due now, and what follows from it; whether there was anything."""
        worked = False
        for _ in range(MOST_ROUNDS):
            applied = await self._apply()
            opened = await self._sender.look(everything=True)
            sent = await self._sender.settle()
            started = await self._jobber.look()
            await self._jobber.settle()
            pushed = await self._pusher.look()
            await self._pusher.settle()
            if not (applied or (opened and sent) or started or pushed):
                return worked
            worked = True
        raise RuntimeError("a step of the worker does not end")

    async def run(self) -> None:
        """Work until `stop`. Whatever fails, the work goes on (FED-12.14)."""
        # Not to be cancelled in the middle of what they write: they are short. A cancellation that
        # meets the database at work may come out as an error: so every loop asks about the stop.
        await self._until_done(self._jobber.begin)
        await self._until_done(self._dates.begin)
        loops = (self._arrivals, self._deliveries, self._jobs, self._pushes, self._watch_clock)
        tasks = [asyncio.create_task(each()) for each in loops]
        grace = 0.0  # who cancels us does not wait
        try:
            await self._stopping.wait()
            grace = GRACE_SECONDS
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.gather(
                self._sender.stop(grace), self._jobber.stop(grace), self._pusher.stop()
            )

    def stop(self) -> None:
        """End `run` gracefully: what is under way is finished, nothing new is begun."""
        self._stopping.set()

    async def _apply(self) -> bool:
        actors = await self._applier.step()
        for host in dict.fromkeys(urlsplit(actor).netloc for actor in actors):
            await self._sender.heard(host)
        return bool(actors)

    async def _until_done(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do what has to be done once, however often it fails, until `stop`."""
        while not self._stopping.is_set():
            try:
                await work()
            except Exception as error:
                await self._fault(None, error)
            else:
                return

    async def _watch_clock(self) -> None:
        """What a wrong clock dated is due at once when the clock is set (FED-8.15)."""
        before = (self._clock.now(), self._clock.ticks())
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LONGEST_SLEEP_SECONDS)
            now = (self._clock.now(), self._clock.ticks())
            if abs(set_back(before, now)) >= STEP_SECONDS:
                await self._until_done(self.clock_was_set)
            before = now

    async def clock_was_set(self) -> None:
        """The clock shows another time than it should by how long we have run."""
        LOG.warning("the clock was set")
        await self._dates.hurry()
        self._sender.clock_was_set()
        self._wakeups.wake_all_here()

    async def _arrivals(self) -> None:
        while not self._stopping.is_set():
            wakeup = self._wakeups.listen("arrivals")
            self.rounds["arrivals"] += 1
            try:
                while await self._apply():
                    pass
                await self._sleep(wakeup, await self._applier.next_due())
            except Exception as error:
                await self._fault(wakeup, error)

    async def _deliveries(self) -> None:
        full_look = -LONGEST_SLEEP_SECONDS
        while not self._stopping.is_set():
            wakeup = self._wakeups.listen("deliveries")
            self.rounds["deliveries"] += 1
            try:
                # Wakeups that never cease must not keep waiting lanes from their turn.
                due = self._sender.next_due()
                waited = self._clock.ticks() - full_look >= LONGEST_SLEEP_SECONDS
                everything = waited or (due is not None and due <= self._clock.now())
                if everything:
                    full_look = self._clock.ticks()
                await self._sender.look(everything)
                await self._sleep(wakeup, self._sender.next_due())
            except Exception as error:
                await self._fault(wakeup, error)

    async def _jobs(self) -> None:
        while not self._stopping.is_set():
            wakeup = self._wakeups.listen("jobs")
            self.rounds["jobs"] += 1
            try:
                await self._jobber.look()
                await self._sleep(wakeup, await self._jobber.next_due())
            except Exception as error:
                await self._fault(wakeup, error)

    async def _pushes(self) -> None:
        while not self._stopping.is_set():
            wakeup = self._wakeups.listen(PUSHES)
            try:
                await self._pusher.look()
                await self._sleep(wakeup, self._pusher.next_due())
            except Exception as error:
                await self._fault(wakeup, error)

    async def _sleep(self, wakeup: "asyncio.Future[None]", until: datetime | None) -> bool:
        """Wait for the wake-up, or for the instant; whether it was the wake-up."""
        seconds = LONGEST_SLEEP_SECONDS
        if until is not None:
            left = (until - self._clock.now()).total_seconds()
            seconds = min(max(left, 0.001), seconds)
        return await self._wakeups.wait(wakeup, seconds)

    async def _fault(self, wakeup: "asyncio.Future[None] | None", error: Exception) -> None:
        """A fault must not end the worker: the rows are still there."""
        if wakeup is not None:
            wakeup.cancel()
        faults.tell(LOG, "worker fault", error)
        await asyncio.sleep(PAUSE_SECONDS)
