"""How many files may be under way: for an account, from a host, in all (VID-9.6)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import Struct

from node.errors import TooMuch
from node.web.problems import Busy

WAIT_SECONDS = 5.0  # a player lets go of one range and asks for the next


class PlaceLimits(Struct, frozen=True):
    account: int = 8
    host: int = 16
    both: int = 3  # of an account at one host: a slow one leaves places for everybody else's files
    node: int = 64
    # How many may wait: each holds a connection, and memory for its request.
    waiting: int = 128


class Places:
    """Counts what is under way. Who finds no place waits for one, a little."""

    def __init__(
        self, limits: PlaceLimits | None = None, wait_seconds: float = WAIT_SECONDS
    ) -> None:
        self.limits = limits or PlaceLimits()
        self.taken = 0
        self._wait = wait_seconds
        self._by: Counter[str] = Counter()
        self._freed = asyncio.Condition()
        self.waiting = 0

    @asynccontextmanager
    async def place(self, account: str, host: str) -> AsyncIterator[None]:
        """A place for one file. Raises `TooMuch`, `Busy` (VID-9.6)."""
        keys = (
            (f"account:{account}", self.limits.account),
            (f"both:{account} {host}", self.limits.both),
            (f"host:{host}", self.limits.host),
        )
        await self._take(keys)
        try:
            yield
        finally:
            self.taken -= 1
            for key, _ in keys:
                self._by[key] -= 1
                if not self._by[key]:
                    del self._by[key]
            async with self._freed:
                self._freed.notify_all()

    async def _take(self, keys: tuple[tuple[str, int], ...]) -> None:
        if not self._fits(keys):
            await self._wait_for(keys)
        self.taken += 1
        for key, _ in keys:
            self._by[key] += 1

    async def _wait_for(self, keys: tuple[tuple[str, int], ...]) -> None:
        if self.waiting >= self.limits.waiting:
            raise self._full(keys)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._wait), self._freed:
                await self._freed.wait_for(lambda: self._fits(keys))
        except TimeoutError:
            raise self._full(keys) from None
        finally:
            self.waiting -= 1

    def _fits(self, keys: tuple[tuple[str, int], ...]) -> bool:
        return self.taken < self.limits.node and all(self._by[key] < most for key, most in keys)

    def _full(self, keys: tuple[tuple[str, int], ...]) -> TooMuch:
        wait = max(1, round(self._wait))
        if any(self._by[mine] >= most for mine, most in keys[:2]):
            return TooMuch("VID-9.6", "too many files are on their way to you already", wait)
        return Busy("VID-9.6", "too many files of other servers are on their way already", wait)
