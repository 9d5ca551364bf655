"""What arrived: added by group commit, applied by the worker, each in one unit with its effects."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from node.federation.priority import Priority
from node.federation.trust import ProvenActivity
from node.ports import Clock
from node.store import tables
from node.store.database import Database
from node.store.group_commit import GroupCommit
from node.store.pipeline import Pipeline
from node.store.unit import Unit
from node.store.wakeups import Wakeups
from node.wire.times import from_micros, micros

U = TypeVar("U", bound=Unit)

# One statement for both databases and both kinds of repeat: `again` says whether the activity
# goes through its handler once more. `due` orders arrivals, so a repeat goes to the end.
ADD = text(
    "INSERT INTO arrivals (actor, activity, body, priority, received, due) "
    "VALUES (:actor, :activity, :body, :priority, :at, :at) "
    "ON CONFLICT (actor, activity) DO UPDATE SET "
    "body = excluded.body, received = excluded.received, due = excluded.due, "
    "state = 'new', attempts = 0, reason = '' "
    "WHERE :again AND arrivals.state <> 'new'"
)

_T = tables.arrivals.c
DUE = (
    select(_T.seq, _T.actor, _T.activity, _T.body, _T.attempts, _T.received)
    .where(_T.state == "new", _T.priority == bindparam("rank"), _T.due <= bindparam("now"))
    .order_by(_T.due, _T.seq)
    .limit(bindparam("most"))
)
WAITING = select(func.count().label("count")).select_from(
    select(_T.seq)
    .where(_T.state == "new", _T.priority == bindparam("rank"), _T.due <= bindparam("now"))
    .limit(bindparam("most"))
    .subquery()
)
NEXT_DUE = select(func.min(_T.due).label("due")).where(_T.state == "new")
# In a backlog this reads each row of it, but not its body: that has its length in front.
HELD = (
    select(_T.actor, func.sum(func.length(_T.body)).label("bytes"))
    .where(_T.state.in_(("new", "broken")))
    .group_by(_T.actor)
)
STILL_NEW = select(_T.seq).where(
    _T.seq.in_(bindparam("arrivals", expanding=True)), _T.state == "new"
)
STILL_NEW_LOCKED = STILL_NEW.with_for_update(skip_locked=True)
LOCK_ACTORS = text(
    "SELECT actor FROM unnest(CAST(:actors AS text[])) AS actor "
    "WHERE pg_try_advisory_xact_lock(hashtextextended(actor, 7))"
)
CAME = select(_T.seq).where(_T.actor == bindparam("actor"), _T.activity == bindparam("activity"))
# The state is said in the statement: so it is seen that the index of new ones fits.
WAITS = (
    select(_T.seq)
    .where(
        text("arrivals.state = 'new'"),
        _T.actor == bindparam("actor"),
        _T.priority == bindparam("rank"),
    )
    .limit(1)
)
APPLIED = tables.arrivals.insert()
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

    async def add(
        self, activity: ProvenActivity, again: bool, priority: Priority = Priority.POSTS
    ) -> None:
        """Keep an activity; on disk when this returns. `again`: apply it anew if it came before."""
        await self._group_commit.add(
            {
                "actor": activity.actor,
                "activity": activity.id,
                "body": activity.body,
                "priority": int(priority),
                "at": micros(self._clock.now()),
                "again": again,
            }
        )

    async def waiting(self, most: Mapping[Priority, int]) -> dict[Priority, int]:
        """How much waits now of each class; it is counted up to `most`."""
        now = micros(self._clock.now())
        asked = [
            (WAITING, {"rank": int(priority), "now": now, "most": count})
            for priority, count in most.items()
        ]
        async with self._database.read() as connection:
            found = await Pipeline(connection).fetch_all(*asked)
        return {priority: rows[0].count for priority, rows in zip(most, found, strict=True)}

    async def _write(self, rows: Sequence[dict[str, Any]]) -> None:
        async def insert(connection: AsyncConnection) -> None:
            pipeline = Pipeline(connection)
            for row in rows:
                pipeline.later(ADD, row)
            await pipeline.flush()

        await self._database.write(insert, here=True)
        self._wakeups.wake({"arrivals"})

    async def held(self) -> dict[str, int]:
        """The bytes that are kept of each actor and not yet applied, or could not be."""
        async with self._database.read() as connection:
            rows = await Pipeline(connection).fetch(HELD, {})
        return {row.actor: row.bytes for row in rows}


class Waiting:
    """The durable inbox, as the worker reads it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def due(self, most: Mapping[Priority, int]) -> dict[Priority, list[Arrival]]:
        """The arrivals to apply now, in their order: of each priority so many at most."""
        now = micros(self._clock.now())
        asked = [
            (DUE, {"rank": int(priority), "now": now, "most": count})
            for priority, count in most.items()
        ]
        async with self._database.glance() as pipeline:
            found = await pipeline.fetch_all(*asked)
        return {
            priority: [_arrival(row) for row in rows]
            for priority, rows in zip(most, found, strict=True)
        }

    async def next_due(self) -> datetime | None:
        """When the next arrival is to be applied."""
        async with self._database.glance() as pipeline:
            [row] = await pipeline.fetch(NEXT_DUE, {})
        return None if row.due is None else from_micros(row.due)


def _arrival(row: Any) -> Arrival:
    received = from_micros(row.received)
    return Arrival(row.seq, row.actor, row.activity, row.body, row.attempts, received)


class QueueUnit(Unit):
    """The unit in which arrivals are applied."""

    async def claim(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Those that are ours to apply: still new, and no other worker has them or their actor.

        On PostgreSQL the actors are locked until the end of the unit, so that what one actor said
        is applied in order by however many workers.
        """
        query, wanted = STILL_NEW, list(arrivals)
        if self.connection.dialect.name != "sqlite":
            actors = sorted({arrival.actor for arrival in arrivals})
            locked = await self.connection.execute(LOCK_ACTORS, {"actors": actors})
            ours = set(locked.scalars())
            query, wanted = STILL_NEW_LOCKED, [one for one in arrivals if one.actor in ours]
        numbers = {"arrivals": [arrival.seq for arrival in wanted]}
        new = {row.seq for row in await self.connection.fetch(query, numbers)}
        return [arrival for arrival in wanted if arrival.seq in new]

    async def may_apply(self, activity: ProvenActivity, priority: Priority) -> bool | None:
        """Whether nothing that the actor said before is in the way; None when it came before.

        On PostgreSQL the actor is locked then, as by `claim`.
        """
        if self.connection.dialect.name != "sqlite":
            locked = await self.connection.execute(LOCK_ACTORS, {"actors": [activity.actor]})
            if locked.first() is None:
                return False
        came, waits = await self.connection.fetch_all(
            (CAME, {"actor": activity.actor, "activity": activity.id}),
            (WAITS, {"actor": activity.actor, "rank": int(priority)}),
        )
        return None if came else not waits

    async def applied(self, activity: ProvenActivity, priority: Priority) -> None:
        """It was applied as it came. What was in it is where it belongs, and not kept here."""
        at = micros(self.now)
        self.connection.later(
            APPLIED,
            {
                "actor": activity.actor,
                "activity": activity.id,
                "body": b"",
                "priority": int(priority),
                "received": at,
                "due": at,
                "state": "applied",
            },
        )

    async def attempt(
        self, work: Callable[[], Awaitable[None]], adds: bool = False
    ) -> Exception | None:
        """Do `work`. When it fails, nothing that it did stays, and its error is the answer.

        `adds`: it only adds to what units have read for the batch, and changes nothing of it.
        """
        error = await self.connection.attempt(work)
        if error is not None or not adds:
            for unit in self._family.values():
                unit.read_anew()
        return error

    async def mark(self, arrival: Arrival, state: str, reason: str = "") -> None:
        """Record how it ended: `applied`, `refused` or `broken`.

        Only what an operator may still look into keeps its body (LIM-3.3).
        """
        values = {"state": state, "reason": reason[:500], "attempts": arrival.failures}
        over = {} if state == "broken" else {"body": b""}
        self.connection.later(MARK, {"arrival": arrival.seq, **values, **over})

    async def again(self, arrival: Arrival, at: datetime, reason: str) -> None:
        """Apply it later."""
        values = {"due": micros(at), "reason": reason[:500], "attempts": arrival.failures + 1}
        self.connection.later(MARK, {"arrival": arrival.seq, **values})
