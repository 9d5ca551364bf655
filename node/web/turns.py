"""Whose picture is made now: few at a time, and nobody's wait fills the node (spec PIC-1.8)."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from node.errors import TooMuch
from node.web.problems import Busy

AT_ONCE = 2  # each has a processor to itself
OF_ACCOUNT = 10  # under way or waiting: as many as a post has
IN_ALL = 60
WAIT_SECONDS = 5


class Turns:
    """Counts those that are made or wait for it; the next is of whom fewest are made just now.

    Of several such accounts it is that which waits longest; of one account's, the first that came.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._free = at_once
        self._by: Counter[str] = Counter()  # under way or waiting
        self._made: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, account: str) -> AsyncIterator[None]:
        """A place for one picture. Raises `TooMuch`, `Busy` (PIC-1.8)."""
        if self._by[account] >= OF_ACCOUNT:
            raise TooMuch("PIC-1.8", "too many of your pictures are being made", WAIT_SECONDS)
        if self._by.total() >= IN_ALL:
            raise Busy("PIC-1.8", "too many pictures are being made: try again", WAIT_SECONDS)
        self._by[account] += 1
        try:
            await self._place(account)
            try:
                yield
            finally:
                self._leave(account)
        finally:
            _less(self._by, account)

    async def _place(self, account: str) -> None:
        place = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(account, deque()).append(place)
        self._next()
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self._forget(account, place)
            else:
                self._leave(account)  # it was given one just before
            raise

    def _leave(self, account: str) -> None:
        _less(self._made, account)
        self._free += 1
        self._next()

    def _next(self) -> None:
        while self._free and self._waiting:
            # The first of the least: a dict keeps the order in which its keys came.
            account = min(self._waiting, key=lambda one: self._made[one])
            waiting = self._waiting.pop(account)
            place = waiting.popleft()
            if waiting:
                self._waiting[account] = waiting
            if place.cancelled():
                continue
            place.set_result(None)
            self._made[account] += 1
            self._free -= 1

    def _forget(self, account: str, place: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(account)
        if waiting is not None and place in waiting:
            waiting.remove(place)
            if not waiting:
                del self._waiting[account]


def _less(counted: Counter[str], account: str) -> None:
    counted[account] -= 1
    if not counted[account]:
        del counted[account]
