"""Wakeups: how one part of a node tells another that there is something to look at.

A wake-up carries nothing and may come in vain; whoever is woken reads the durable rows. So one
that is lost costs time only: listeners look again after a while in any case.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable


def nobody(_names: Iterable[str]) -> None:
    """There is one process."""


class Wakeups:
    """Named wakeups, such as ``arrivals``, ``deliveries``, ``jobs`` and ``events:<account>``.

    `others` tells the other processes of this node (see `notifications`).
    """

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self.others: Callable[[Iterable[str]], None] = nobody
        # Each hears every name that is woken here: for who waits for many.
        self.overhear: list[Callable[[Iterable[str]], None]] = []

    def wake(self, names: Iterable[str]) -> None:
        """Wake everyone who waits for one of `names`, here and in other processes."""
        wanted = set(names)
        self.wake_here(wanted)
        self.others(wanted)

    def wake_here(self, names: Iterable[str]) -> None:
        """Wake those of this process."""
        names = list(names)
        for hear in self.overhear:
            hear(names)
        for name in names:
            for future in self._waiting.pop(name, ()):
                if not future.done():
                    future.set_result(None)

    def wake_all_here(self) -> None:
        """Wake everyone of this process: something may have been missed."""
        self.wake_here(list(self._waiting))

    def listen(self, name: str) -> asyncio.Future[None]:
        """A future that is done at the next wake-up. Take it *before* looking at the rows."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[name]
        waiting.add(future)

        def forget(done: asyncio.Future[None]) -> None:
            waiting.discard(done)
            if not waiting and self._waiting.get(name) is waiting:
                del self._waiting[name]

        future.add_done_callback(forget)
        return future

    async def wait(self, future: asyncio.Future[None], seconds: float) -> bool:
        """Whether the wake-up came within `seconds`; the future is used up either way."""
        done, _ = await asyncio.wait({future}, timeout=seconds)
        if not done:
            future.cancel()
        return bool(done)
