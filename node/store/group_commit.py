"""Group commit: rows that wait while a commit runs are written together by the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError

R = TypeVar("R")
LARGEST_GROUP = 500  # rows of one commit: what waits behind it waits a few milliseconds


class GroupCommit(Generic[R]):
    """`add` returns when its row is committed. `write` commits rows, in their order."""

    def __init__(
        self, write: Callable[[Sequence[R]], Awaitable[None]], most: int = LARGEST_GROUP
    ) -> None:
        self._write = write
        self._most = most
        self._waiting: list[tuple[R, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def add(self, row: R) -> None:
        """Commit `row`, together with whatever waits beside it. Raises what `write` raises."""
        await self.submit(row)

    def submit(self, row: R) -> "asyncio.Future[None]":
        """As `add`, for who goes on meanwhile: done when the row is committed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((row, done))
        if self._writer is None:
            self._writer = asyncio.create_task(self._drain())
        return done

    async def settled(self) -> None:
        """Returns when nothing waits any more."""
        while self._writer is not None:
            await asyncio.wait({self._writer})

    async def _drain(self) -> None:
        try:
            while self._waiting:
                group = self._waiting[: self._most]
                del self._waiting[: self._most]
                await self._commit(group)
        finally:
            self._writer = None

    async def _commit(self, group: list[tuple[R, asyncio.Future[None]]]) -> None:
        try:
            await self._write([row for row, _ in group])
        except DBAPIError as error:
            if len(group) == 1:
                _end(group, error)
                return
            # One row that the database will not take must not take the others with it.
            for one in group:
                await self._commit([one])
        except Exception as error:
            _end(group, error)
        except asyncio.CancelledError:
            for _, done in group:
                done.cancel()
            raise
        else:
            _end(group, None)


def _end(group: list[tuple[R, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in group:
        if done.done():  # whoever waited has gone away
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
