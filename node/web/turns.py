"""Whose picture is made now: few at a time, and nobody's wait fills the node (spec PIC-1.8)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from node.errors import TooMuch
from node.web.problems import Busy

AT_ONCE = 2  # each has a processor to itself
OF_ACCOUNT = 10  # under way or waiting: as many as a post has
IN_ALL = 60
WAIT_SECONDS = 5


class Turns:
    """Counts those that are made or wait for it, in the order in which they came."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._by: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(self, account: str) -> AsyncIterator[None]:
        """A place for one picture. Raises `TooMuch`, `Busy` (PIC-1.8)."""
        if self._by[account] >= OF_ACCOUNT:
            raise TooMuch("PIC-1.8", "too many of your pictures are being made", WAIT_SECONDS)
        if self._by.total() >= IN_ALL:
            raise Busy("PIC-1.8", "too many pictures are being made: try again", WAIT_SECONDS)
        self._by[account] += 1
        try:
            async with self._places:
                yield
        finally:
            self._by[account] -= 1
            if not self._by[account]:
                del self._by[account]
