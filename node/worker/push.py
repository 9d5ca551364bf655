"""Tells browsers that there is something to see, beside all other work (spec PSH-2).

Nothing is written for it where events are told: it hears their wakeups, and then looks which of
the account's browsers were not told of what is there. Slow push services hold up nobody else.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from msgspec.structs import replace

from node.accounts.push import Kind, Later, Over, Subscription, Took, judge, to_say
from node.accounts.push_services import PushServices
from node.ports import Clock, Entropy
from node.store.push import PushUnit
from node.store.unit import Units
from node.store.wakeups import Wakeups
from node.worker import faults

LOG = logging.getLogger("node.worker")

EVENTS = "events:"
PUSH = "push"
PUSHES = "pushes"  # wakes the loop itself
PAGE = 500
AT_ONCE = 16  # accounts
# Whoever has the app open takes what is new within this time, and is not called besides.
GRACE = timedelta(seconds=3)


class Handed(Protocol):
    """How it went."""

    @property
    def status(self) -> int | None: ...
    @property
    def retry_after(self) -> str | None: ...
    @property
    def trouble(self) -> str: ...


class Hand(Protocol):
    """Hands one message to a push service: `net.push.Pushing`."""

    async def hand(self, subscription: Subscription, kind: Kind) -> Handed: ...


class Pusher:
    """The worker's hand for Web Push."""

    def __init__(
        self, units: Units, pushing: Hand, clock: Clock, entropy: Entropy, wakeups: Wakeups
    ) -> None:
        self._units = units
        self._pushing = pushing
        self._clock = clock
        self._entropy = entropy
        self._wakeups = wakeups
        self._services = PushServices()
        self._known: set[str] = set()
        self._learn = True
        self._due: dict[str, datetime] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._unkept: dict[str, Subscription] = {}  # by id: for their outcome there was no room

    def begin(self) -> None:
        """Once, at the start: from now on wakeups are heard."""
        self._wakeups.overhear.append(self._overhear)

    def _overhear(self, names: Iterable[str]) -> None:
        for name in names:
            if name == PUSH:
                self._learn = True
                self._wakeups.wake_here({PUSHES})
            elif name.startswith(EVENTS) and name[len(EVENTS) :] in self._known:
                self._put_off(name[len(EVENTS) :], self._clock.now() + GRACE)

    def _put_off(self, account: str, until: datetime) -> None:
        """Look at the account then, or earlier if that was said before."""
        known = self._due.get(account)
        if known is None or until < known:
            self._due[account] = until
            self._wakeups.wake_here({PUSHES})

    async def look(self) -> int:
        """Begin with the accounts that are due, as many as may be at once; how many."""
        if self._learn:
            self._learn = False
            await self._find_out()
        now = self._clock.now()
        started = 0
        for account in [one for one, at in self._due.items() if at <= now]:
            if len(self._running) >= AT_ONCE:
                break
            if account in self._running:
                continue
            del self._due[account]
            task = asyncio.create_task(self._account(account))
            self._running[account] = task
            task.add_done_callback(partial(self._ended, account))
            started += 1
        return started

    async def settle(self) -> None:
        """Wait until nothing runs."""
        while self._running:
            await asyncio.wait(set(self._running.values()))

    async def stop(self) -> None:
        """What was not handed over is so after the next start."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def next_due(self) -> datetime | None:
        """When somebody is to be looked at."""
        if self._learn:
            return self._clock.now()
        waiting = [at for one, at in self._due.items() if one not in self._running]
        return min(waiting, default=None) if len(self._running) < AT_ONCE else None

    async def _find_out(self) -> None:
        """Whose events count. Those who are new here may have missed some."""
        found: set[str] = set()
        page = [""]
        while page:
            after = page[-1]
            page = await self._page(after)
            found.update(page)
        now = self._clock.now()
        for account in found - self._known:
            self._put_off(account, now)
        self._known = found

    async def _page(self, after: str) -> list[str]:
        return await self._units.look(PushUnit, lambda unit: unit.accounts_after(after, PAGE))

    def _ended(self, account: str, task: "asyncio.Task[None]") -> None:
        del self._running[account]
        if not task.cancelled() and (error := task.exception()) is not None:
            faults.tell(LOG, "push failed", error)
            self._put_off(account, self._clock.now() + timedelta(minutes=1))
        self._wakeups.wake_here({PUSHES})

    async def _account(self, account: str) -> None:
        for one in [one for one in self._unkept.values() if one.account == account]:
            await self._keep(one)  # or the same news would ring again, as long as the disk is full
        for one in await self._units.look(PushUnit, lambda unit: unit.subscriptions(account)):
            if one.due is not None and one.due > self._clock.now():
                self._put_off(account, one.due)
            else:
                await self._tell(one)

    async def _tell(self, one: Subscription) -> None:
        news = await self._units.look(PushUnit, lambda unit: unit.news(one))
        if not news:
            return
        for kind in to_say(one, news):
            wait = self._services.begin(one.account, one.endpoint, self._clock.now())
            if wait is not None:
                self._put_off(one.account, wait)
                return
            answer = await self._hand(one, kind)
            spread = self._entropy.draw(1)[0] / 256
            now = self._clock.now()
            match judge(answer.status, answer.retry_after, one, now, spread):
                case Over():
                    await self._drop(one, answer)
                    return
                case Later(at):
                    since = one.failing or now
                    later = replace(one, failures=one.failures + 1, failing=since, due=at)
                    await self._keep(later)
                    self._put_off(one.account, at)
                    return
                case Took():
                    one = replace(one, told=now)
        # Only now that it took all: who takes one kind and refuses another fails.
        done = replace(one, pushed=news[-1].seq, failures=0, failing=None, due=None)
        await self._keep(done)

    async def _hand(self, one: Subscription, kind: Kind) -> Handed:
        status: int | None = None
        try:
            answer = await self._pushing.hand(one, kind)
            status = answer.status
            return answer
        finally:
            now = self._clock.now()
            if status is not None and 200 <= status < 300:
                self._services.took(one.account, one.endpoint, now)
            else:
                spread = self._entropy.draw(1)[0] / 256
                self._services.refused(one.account, one.endpoint, status, now, spread)

    async def _keep(self, one: Subscription) -> None:
        self._unkept[one.id] = one
        await self._units.run(PushUnit, lambda unit: unit.keep_outcome(one))
        del self._unkept[one.id]

    async def _drop(self, one: Subscription, answer: Handed) -> None:
        LOG.info("a browser is gone", extra={"status": answer.status, "subscription": one.id})
        await self._units.run(PushUnit, lambda unit: unit.drop_subscriptions(one.account, [one.id]))
