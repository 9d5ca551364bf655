"""Wakeups between processes: what one wakes, PostgreSQL's NOTIFY says to the others.

Said after the commit and on a connection of its own: a transaction that notifies holds a lock of
the whole database while it commits. A notification that is lost (a process that dies just then, a
connection that breaks) costs no more than the slow look that everyone takes now and then.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from node.store.database import Database
from node.store.wakeups import Wakeups, nobody

LOG = logging.getLogger("node.store")

CHANNEL = "kith_wakeups"
MOST_NAMES = 100  # in one notification: PostgreSQL takes less than 8,000 bytes
PAUSE_SECONDS = 1.0  # before the connection is opened anew
PROBE_SECONDS = 30.0  # a connection that is silent for so long is asked whether it stands
ANSWER_SECONDS = 5.0


@asynccontextmanager
async def notifying(database: Database, wakeups: Wakeups) -> AsyncIterator[None]:
    """Within this block the wakeups of all processes over this database are one.

    SQLite has one process: there is nobody to tell.
    """
    if database.is_sqlite:
        yield
        return
    notifications = Notifications(database, wakeups)
    task = asyncio.create_task(notifications.run())
    try:
        yield
    finally:
        notifications.end()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Notifications:
    """Says what is woken here, and hears what is woken elsewhere."""

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self._database = database
        self._wakeups = wakeups
        self._names: set[str] = set()
        self._over = asyncio.Event()
        self._stirred = asyncio.Event()  # there are names to say, or the connection was lost
        self.listens = asyncio.Event()  # for tests: from now on nothing is missed
        wakeups.others = self._say

    async def run(self) -> None:
        """Until it is cancelled; a connection that is lost is opened anew."""
        # A cancellation that meets the connection at work may come out as an error: so it asks.
        while not self._over.is_set():
            try:
                async with self._database.listener() as connection:
                    await self._serve(connection)
            except Exception as error:
                if self._over.is_set():
                    return
                LOG.warning("other processes are not heard", extra={"error": repr(error)[:200]})
            self.listens.clear()
            await asyncio.sleep(PAUSE_SECONDS)

    def end(self) -> None:
        """Say nothing more; `run` ends when it is cancelled, however that comes out."""
        self._over.set()
        self._wakeups.others = nobody

    def _say(self, names: Iterable[str]) -> None:
        self._names.update(names)
        self._stirred.set()

    async def _serve(self, connection: Any) -> None:
        """Listen and say, for as long as the connection stands."""
        us = connection.get_server_pid()

        def heard(_connection: Any, process: int, _channel: str, names: str) -> None:
            if process != us:
                self._wakeups.wake_here(names.split(" "))

        connection.add_termination_listener(lambda _connection: self._stirred.set())
        await connection.add_listener(CHANNEL, heard)
        self.listens.set()
        self._wakeups.wake_all_here()  # whatever was said before it listened
        while not connection.is_closed():
            await self._say_all(connection)
            try:
                async with asyncio.timeout(PROBE_SECONDS):
                    await self._stirred.wait()
            except TimeoutError:
                await connection.execute("SELECT 1", timeout=ANSWER_SECONDS)
            self._stirred.clear()

    async def _say_all(self, connection: Any) -> None:
        """Together what was woken meanwhile: one notification, however many commits."""
        while self._names:
            some = sorted(self._names)[:MOST_NAMES]
            self._names.difference_update(some)
            await connection.execute(
                "SELECT pg_notify($1, $2)", CHANNEL, " ".join(some), timeout=ANSWER_SECONDS
            )
