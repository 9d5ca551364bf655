"""Single flight: many who ask for one thing at a time cause one piece of work (spec FED-10.8)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


class SingleFlight:
    """Remembers what is under way, by key; nothing of what is done."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[Any]] = {}

    async def __call__(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """What `make` returns or raises, made once for all who ask while it is under way."""
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.ensure_future(_run(make))
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        # One who stops waiting does not stop the work for the others.
        result: T = await asyncio.shield(task)
        return result

    def _forget(self, key: str, task: "asyncio.Task[Any]") -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # seen, even if everyone who asked has gone away


async def _run(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
