"""Processes over one PostgreSQL database wake each other at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from node.store.database import Database
from node.store.notifications import MOST_NAMES, Notifications
from node.store.wakeups import Wakeups
from tests.postgres import Cluster

LONG = 60.0  # a wake-up that never comes; one that does comes within milliseconds


@pytest.fixture
def url(postgres_server: Cluster) -> str:
    return postgres_server.fresh()


class Process:
    """What a process has of its own: a pool, wakeups, and who listens for it."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.wakeups = Wakeups()
        self.notifications = Notifications(self.database, self.wakeups)


@asynccontextmanager
async def process(url: str) -> AsyncIterator[Process]:
    one = Process(url)
    task = asyncio.create_task(one.notifications.run())
    await one.notifications.listens.wait()
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await one.database.close()


@pytest.mark.postgres
@pytest.mark.clause("FED-8.9a")
async def test_what_one_process_wakes_wakes_in_all(url: str) -> None:
    async with process(url) as one, process(url) as other:
        mine, theirs = one.wakeups.listen("arrivals"), other.wakeups.listen("arrivals")
        silent = other.wakeups.listen("jobs")
        one.wakeups.wake({"arrivals"})
        assert mine.done(), "our own wait for nothing"
        assert await other.wakeups.wait(theirs, LONG)
        assert not silent.done()
        silent.cancel()
        # More than one notification holds, and of a people that has no ASCII name.
        names = [f"events:ä{number}" for number in range(2 * MOST_NAMES + 1)]
        waiting = [one.wakeups.listen(name) for name in names]
        other.wakeups.wake(names)
        await asyncio.wait_for(asyncio.gather(*waiting), LONG)


@pytest.mark.postgres
@pytest.mark.clause("FED-8.9a")
async def test_a_lost_connection_is_opened_anew_and_everyone_looks(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.store.notifications.PAUSE_SECONDS", 0.01)
    async with process(url) as one, process(url) as other:
        missed = other.wakeups.listen("events:7")
        async with one.database.read() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                )
            )
        # Whoever waits looks once more, as something may have been said meanwhile.
        assert await other.wakeups.wait(missed, LONG)
        await asyncio.gather(one.notifications.listens.wait(), other.notifications.listens.wait())
        again = other.wakeups.listen("events:7")
        one.wakeups.wake({"events:7"})
        assert await other.wakeups.wait(again, LONG)


async def test_who_listens_ends_though_that_comes_out_as_an_error() -> None:
    class Stubborn:
        @asynccontextmanager
        async def listener(self) -> AsyncIterator[None]:
            listening.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise OSError("the connection was at work") from None
            yield

    listening, database = asyncio.Event(), Stubborn()
    notifications = Notifications(database, Wakeups())  # type: ignore[arg-type]
    task = asyncio.create_task(notifications.run())
    await listening.wait()
    notifications.end()
    task.cancel()
    async with asyncio.timeout(LONG):
        await task
