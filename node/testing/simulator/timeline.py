"""Virtual time: an event loop in which waiting takes none."""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from node.testing.fakes import NEW_YEAR

T = TypeVar("T")


class _Skipping(selectors.SelectSelector):
    """Nothing comes from outside: whoever waits for it is told that the time is over."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("everybody waits for something that nobody does")
        self.now += max(timeout, 0.0)
        return []


class Timeline(asyncio.SelectorEventLoop):
    """As long as somebody has something to do it is the same instant; then it is the next one."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        self.ended: list[BaseException] = []  # what ended a task that nobody waited for
        super().__init__(self._skipping)
        self.set_exception_handler(self._note)

    def time(self) -> float:
        return self._skipping.now

    def _note(self, _loop: object, context: Mapping[str, Any]) -> None:
        if isinstance(error := context.get("exception"), BaseException):
            self.ended.append(error)


class LoopClock:
    """The loop's time as one machine has it: `ahead` seconds wrong."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.ahead = 0.0

    def now(self) -> datetime:
        return NEW_YEAR.astimezone(UTC) + timedelta(seconds=self._loop.time() + self.ahead)

    def ticks(self) -> float:
        return self._loop.time()


def run(work: Coroutine[object, object, T], loop: Timeline) -> T:
    """What `work` returns; all that still goes on then is ended."""
    try:
        return loop.run_until_complete(work)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()
