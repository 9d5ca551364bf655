"""The job that brings a post to many: a page of people in each unit, as large as time allows."""

from collections.abc import Mapping

from node.inbox import fan_out
from node.ports import Clock
from node.store.inbox import InboxUnit
from node.store.unit import Units
from node.worker.fitting import Fitting
from node.worker.jobs import JobKind

SMALLEST_PAGE, LARGEST_PAGE = 25, 500
PAGE_SECONDS = 0.01  # as long does whoever else wants to write wait; twice as long is no harm


class FanningOut:
    """Does the jobs. Stopped at any instant, the next try goes on where the last page ended."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._page = Fitting(SMALLEST_PAGE, LARGEST_PAGE, PAGE_SECONDS, fan_out.FIRST)

    def kinds(self) -> Mapping[str, JobKind]:
        """What the worker's table of jobs gets."""
        return {fan_out.FAN_OUT: JobKind(self.go_on)}

    async def go_on(self, subject: str) -> None:
        """The next page."""
        began = self._clock.ticks()

        async def work(unit: InboxUnit) -> bool:
            nonlocal began
            began = self._clock.ticks()  # what it waited for the writer does not count
            return await fan_out.go_on(unit, subject, self._page.count)

        # A longer list of people is another statement.
        await self._units.rehearse(InboxUnit, work, self._page.count.bit_length())
        if await self._units.run(InboxUnit, work):
            self._page.took(self._clock.ticks() - began)
