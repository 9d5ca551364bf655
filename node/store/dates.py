"""What is dated later than a right clock would date it: after the clock was set it is due now."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from node.federation.backoff import LONGEST_WAIT
from node.ports import Clock
from node.store.database import Database
from node.store.tables import arrivals, deliveries, jobs
from node.wire.times import micros

LATEST = LONGEST_WAIT * 1.25


class Dates:
    """Whoever waits for an instant, in the three queues of the worker (FED-8.15)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def begin(self) -> None:
        """At a start: what waits longer than we make anything wait was dated by a wrong clock."""
        now = self._clock.now()
        await self._hurry(now + timedelta(minutes=1), now + LATEST)

    async def hurry(self) -> None:
        """The clock was set: nothing waits any more for an instant of the old one."""
        now = self._clock.now()
        await self._hurry(now, now)

    async def _hurry(self, arrived_by: datetime, tried_by: datetime) -> None:
        late: tuple[tuple[Any, str, datetime], ...] = (
            (arrivals, "new", arrived_by),
            (deliveries, "due", tried_by),
            (jobs, "due", tried_by),
        )

        async def write(connection: AsyncConnection) -> None:
            now = micros(self._clock.now())
            for table, state, latest in late:
                due = table.c.due
                waiting = table.c.state == state
                await connection.execute(
                    update(table).where(waiting, due > micros(latest)).values(due=now)
                )

        await self._database.write(write)
