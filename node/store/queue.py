"""What arrived: added by group commit, applied by the worker, each in one unit with its effects."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from node.federation.trust import ProvenActivity
from node.ports import Clock
from node.store import tables
from node.store.database import Database
from node.store.group_commit import GroupCommit
from node.store.unit import Unit
from node.store.wakeups import Wakeups
from node.wire.times import from_micros, micros

U = TypeVar("U", bound=Unit)

# One statement for both databases and both kinds of repeat: `again` says whether the activity
# goes through its handler once more. `due` orders arrivals, so a repeat goes to the end.
CROWD = 4  # deliveries in one commit: more than one person's talk makes
CROWD_SECONDS = 0.05
ADD = text(
    "INSERT INTO arrivals (actor, activity, body, received, due) "
    "VALUES (:actor, :activity, :body, :at, :at) "
    "ON CONFLICT (actor, activity) DO UPDATE SET "
    "body = excluded.body, received = excluded.received, due = excluded.due, "
    "state = 'new', attempts = 0, reason = '' "
    "WHERE :again AND arrivals.state <> 'new'"
)


_T = tables.arrivals.c
DUE = (
    select(_T.seq, _T.actor, _T.activity, _T.body, _T.attempts, _T.received)
    .where(_T.state == "new", _T.due <= bindparam("now"))
    .order_by(_T.due, _T.seq)
    .limit(bindparam("most"))
)
NEXT_DUE = select(func.min(_T.due)).where(_T.state == "new")
STILL_NEW = select(_T.seq).where(_T.seq == bindparam("arrival"), _T.state == "new")
STILL_NEW_LOCKED = STILL_NEW.with_for_update(skip_locked=True)
MARK = update(tables.arrivals).where(_T.seq == bindparam("arrival"))


class Arrival(Struct, frozen=True):
    """A stored activity that waits for its handler. `failures` counts the tries so far."""

    seq: int
    actor: str
    activity: str
    body: bytes
    failures: int
    received: datetime


class Arrivals:
    """The durable inbox, as the door sees it."""

    def __init__(self, database: Database, wakeups: Wakeups, clock: Clock) -> None:
        self._database = database
        self._wakeups = wakeups
        self._clock = clock
        self._group_commit: GroupCommit[dict[str, Any]] = GroupCommit(self._write)
        self._crowd = (0, 0.0)  # how many came in the last group, and when

    @property
    def crowded(self) -> bool:
        """Whether many deliveries come at once just now."""
        count, at = self._crowd
        return count >= CROWD and self._clock.ticks() - at < CROWD_SECONDS

    async def add(self, activity: ProvenActivity, again: bool) -> None:
        """Keep an activity; on disk when this returns. `again`: apply it anew if it came before."""
        await self._group_commit.add(
            {
                "actor": activity.actor,
                "activity": activity.id,
                "body": activity.body,
                "at": micros(self._clock.now()),
                "again": again,
            }
        )

    async def _write(self, rows: Sequence[dict[str, Any]]) -> None:
        async def insert(connection: AsyncConnection) -> None:
            await connection.execute(ADD, rows)

        await self._database.write(insert)
        self._crowd = (len(rows), self._clock.ticks())
        self._wakeups.wake({"arrivals"})


class Waiting:
    """The durable inbox, as the worker reads it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def due(self, most: int) -> list[Arrival]:
        """The arrivals to apply now, in their order."""
        wanted = {"now": micros(self._clock.now()), "most": most}
        async with self._database.read() as connection:
            rows = (await connection.execute(DUE, wanted)).all()
        return [
            Arrival(
                row.seq, row.actor, row.activity, row.body, row.attempts, from_micros(row.received)
            )
            for row in rows
        ]

    async def next_due(self) -> datetime | None:
        """When the next arrival is to be applied."""
        async with self._database.read() as connection:
            found = await connection.execute(NEXT_DUE)
            at = found.scalar_one_or_none()
        return None if at is None else from_micros(at)


class QueueUnit(Unit):
    """The unit in which an arrival is applied."""

    def beside(self, kind: type[U]) -> U:
        """A unit of another room in the same transaction, at the same instant."""
        other = kind(self.connection, self.context)
        other.now = self.now
        other.wakes = self.wakes
        return other

    async def claim(self, arrival: Arrival) -> bool:
        """Whether the arrival is ours to apply: still new, and no other worker has it or its actor.

        On PostgreSQL the actor is locked until the end of the unit, so that what one actor said
        is applied in order by however many workers.
        """
        query = STILL_NEW
        if self.connection.dialect.name != "sqlite":
            locked = await self.connection.execute(
                text("SELECT pg_try_advisory_xact_lock(hashtextextended(:actor, 7))"),
                {"actor": arrival.actor},
            )
            if not locked.scalar_one():
                return False
            query = STILL_NEW_LOCKED
        found = await self.connection.execute(query, {"arrival": arrival.seq})
        return found.first() is not None

    async def mark(self, arrival: Arrival, state: str, reason: str = "") -> None:
        """Record how it ended: `applied`, `refused` or `broken`."""
        values = {"state": state, "reason": reason[:500], "attempts": arrival.failures}
        await self.connection.execute(MARK, {"arrival": arrival.seq, **values})

    async def again(self, arrival: Arrival, at: datetime, reason: str) -> None:
        """Apply it later."""
        values = {"due": micros(at), "reason": reason[:500], "attempts": arrival.failures + 1}
        await self.connection.execute(MARK, {"arrival": arrival.seq, **values})
