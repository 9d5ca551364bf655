"""Does what is due in the table of jobs: one table of kinds, bounded in number and in tries."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from msgspec import Struct

from node.errors import NoRoom, Refused
from node.federation.backoff import next_attempt
from node.ports import Clock
from node.store.jobs import Job, Jobs
from node.store.wakeups import Wakeups
from node.worker import faults

LOG = logging.getLogger("node.worker")

RENEW_SECONDS = 20.0
FULL = timedelta(minutes=1)  # until a job that found no room is begun anew


class Waits(Exception):
    """What a job needs is not there for now: it has not failed, and is begun anew after `pause`."""

    def __init__(self, reason: str, pause: timedelta) -> None:
        super().__init__(reason)
        self.pause = pause


class JobKind(Struct, frozen=True):
    """`do(subject)` does a job of this kind.

    `at_once`: how many of them at a time. `tries`: after so many failures it stays failed; a
    `Refused` fails at once. `every`: it recurs; its one row exists from the first start.
    """

    do: Callable[[str], Awaitable[None]]
    at_once: int = 1
    tries: int = 5
    every: timedelta | None = None


class Jobber:
    """The worker's hand for jobs."""

    def __init__(
        self, jobs: Jobs, kinds: Mapping[str, JobKind], clock: Clock, wakeups: Wakeups
    ) -> None:
        self._jobs = jobs
        self._kinds = kinds
        self._clock = clock
        self._wakeups = wakeups
        self._running: dict[str, tuple[Job, asyncio.Task[None]]] = {}

    async def begin(self) -> None:
        """Once, at the start: leases of the dead are void, recurring jobs exist."""
        await self._jobs.forget_leases()
        for name, kind in self._kinds.items():
            if kind.every is not None:
                await self._jobs.ensure(name, self._clock.now() + kind.every)

    async def look(self) -> int:
        """Start what is due, as far as the kinds allow; how many jobs were started."""
        started = 0
        while kinds := self._with_room():
            job = await self._jobs.claim(kinds)
            if job is None:
                break
            if job.id in self._running:
                continue  # its lease ran out while it could not be renewed; now it is
            started += 1
            task = asyncio.create_task(self._run(job))
            self._running[job.id] = job, task
            task.add_done_callback(partial(self._ended, job))
        return started

    async def settle(self) -> None:
        """Wait until nothing runs."""
        while tasks := self._tasks():
            await asyncio.wait(tasks)

    async def stop(self, seconds: float) -> None:
        """Let what runs come to its end for `seconds`; the rest is cancelled and done anew."""
        if not (tasks := self._tasks()):
            return
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def next_due(self) -> datetime | None:
        return await self._jobs.next_due(self._with_room())

    def _with_room(self) -> list[str]:
        running = [job.kind for job, _ in self._running.values()]
        return [name for name, kind in self._kinds.items() if running.count(name) < kind.at_once]

    def _tasks(self) -> "set[asyncio.Task[None]]":
        return {task for _, task in self._running.values()}

    def _ended(self, job: Job, task: "asyncio.Task[None]") -> None:
        del self._running[job.id]
        if not task.cancelled() and (error := task.exception()) is not None:
            # How it went was not written down: it is done anew when its lease has run out.
            faults.tell(LOG, "job not ended", error, kind=job.kind, job=job.id)
        self._wakeups.wake({"jobs"})  # what waited for its place

    async def _run(self, job: Job) -> None:
        kind = self._kinds[job.kind]
        over = asyncio.Event()
        pulse = asyncio.create_task(self._renew(job, over))
        try:
            await kind.do(job.subject)
        except Refused as refusal:
            # Of one that comes again and again it is a fault: it has to come again (FED-12.14).
            if kind.every is not None:
                await self._failed(job, kind, refusal)
            else:
                await self._jobs.failed(job, str(refusal))
        except NoRoom as full:
            # However long that lasts: what waits for room has not failed (FED-12.8).
            faults.tell(LOG, "job waits", full, kind=job.kind, job=job.id)
            await self._jobs.put_off(job, self._clock.now() + FULL)
        except Waits as wait:
            LOG.warning("job waits", extra={"kind": job.kind, "job": job.id, "reason": str(wait)})
            await self._jobs.put_off(job, self._clock.now() + wait.pause)
        except Exception as error:
            await self._failed(job, kind, error)
        else:
            await self._done(job, kind)
        finally:
            over.set()
            pulse.cancel()
            with suppress(asyncio.CancelledError):
                await pulse

    async def _done(self, job: Job, kind: JobKind) -> None:
        if kind.every is None:
            await self._jobs.done(job)
        else:
            await self._jobs.repeat(job, self._clock.now() + kind.every)

    async def _failed(self, job: Job, kind: JobKind, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        faults.tell(LOG, "job failed", error, kind=job.kind, job=job.id)
        now = self._clock.now()
        at = next_attempt(job.failures + 1, now, now, 0.0)
        if kind.every is not None:
            await self._jobs.repeat(job, now + min(kind.every, timedelta(hours=1)))
        elif job.failures + 1 >= kind.tries or at is None:
            await self._jobs.failed(job, reason)
        else:
            await self._jobs.again(job, at, reason)

    async def _renew(self, job: Job, over: asyncio.Event) -> None:
        # A cancellation that meets the database at work may come out as an error: so it asks.
        while not over.is_set():
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self._jobs.renew(job)
            except Exception as error:
                if over.is_set():
                    return
                faults.tell(LOG, "job not renewed", error, kind=job.kind, job=job.id)
