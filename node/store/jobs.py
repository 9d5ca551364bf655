"""Jobs: work for later that is no activity, claimed by one worker at a time."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from node.ports import Clock
from node.store import tables
from node.store.database import Database
from node.store.unit import Unit
from node.store.upserts import insert_ignore, put_keeping
from node.wire.times import from_micros, micros

LEASE = timedelta(seconds=60)


_T = tables.jobs.c
_KIND = _T.kind.in_(bindparam("kinds", expanding=True))
DUE = (
    select(_T.id)
    .where(
        _T.state == "due",
        _KIND,
        _T.due <= bindparam("now"),
        or_(_T.leased_until.is_(None), _T.leased_until < bindparam("now")),
    )
    .order_by(_T.due, _T.id)
    .limit(1)
)
NEW = tables.jobs.insert()
NEXT_DUE = select(func.min(_T.due)).where(_T.state == "due", _T.leased_until.is_(None), _KIND)


class Job(Struct, frozen=True):
    """A claimed job. `failures` counts the tries before this one."""

    id: str
    kind: str
    subject: str
    failures: int


async def add_job(unit: Unit, kind: str, subject: str, due: datetime | None = None) -> str:
    """Have a job of `kind` done for `subject`, with the rest of the unit. Its id."""
    id = unit.fresh()
    unit.connection.later(
        NEW,
        {
            "id": id,
            "kind": kind,
            "subject": subject,
            "due": micros(due or unit.now),
            "created": micros(unit.now),
        },
    )
    unit.wakes.add("jobs")
    return id


async def have_job(unit: Unit, kind: str, subject: str) -> None:
    """Have the one job of `kind` for `subject` done soon, also if it was done or failed before."""
    now = micros(unit.now)
    await unit.connection.execute(
        put_keeping(
            unit.connection,
            tables.jobs,
            {"kind": kind, "subject": subject, "created": now},
            id=f"{kind} {subject}",
            state="due",
            due=now,
            attempts=0,
        )
    )
    unit.wakes.add("jobs")


class Jobs:
    """The table of jobs, as the worker sees it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def claim(self, kinds: list[str]) -> Job | None:
        """The job of `kinds` that is due for longest; ours for `LEASE`, then renewed or lost."""
        t = tables.jobs
        now = self._clock.now()
        wanted = {"kinds": kinds, "now": micros(now)}

        async def take(connection: AsyncConnection) -> Job | None:
            first = DUE
            if not self._database.is_sqlite:
                first = DUE.with_for_update(skip_locked=True)
            row = (await connection.execute(first, wanted)).first()
            if row is None:
                return None
            taken = await connection.execute(
                update(t)
                .where(t.c.id == row.id)
                .values(leased_until=micros(now + LEASE))
                .returning(t.c.id, t.c.kind, t.c.subject, t.c.attempts)
            )
            return Job(*taken.one())

        async with self._database.read() as connection:
            if (await connection.execute(DUE, wanted)).first() is None:
                return None
        return await self._database.write(take)

    async def renew(self, job: Job) -> None:
        """Still at it."""
        await self._put(job, leased_until=micros(self._clock.now() + LEASE))

    async def done(self, job: Job) -> None:
        await self._put(job, state="done", leased_until=None, reason="")

    async def again(self, job: Job, at: datetime, reason: str) -> None:
        """Try again at `at`."""
        await self._put(
            job,
            due=micros(at),
            leased_until=None,
            attempts=job.failures + 1,
            reason=reason[:500],
        )

    async def put_off(self, job: Job, until: datetime) -> None:
        """Do it then; so far nobody tried."""
        await self._put(job, due=micros(until), leased_until=None)

    async def repeat(self, job: Job, at: datetime) -> None:
        """Done for now; the next time is `at`."""
        await self._put(job, due=micros(at), leased_until=None, attempts=0, reason="")

    async def failed(self, job: Job, reason: str) -> None:
        await self._put(
            job, state="failed", leased_until=None, attempts=job.failures + 1, reason=reason[:500]
        )

    async def ensure(self, kind: str, at: datetime) -> None:
        """Have the one recurring job of `kind`."""
        now = micros(self._clock.now())

        async def put(connection: AsyncConnection) -> None:
            await connection.execute(
                insert_ignore(connection, tables.jobs).values(
                    id=kind, kind=kind, subject="", due=micros(at), created=now
                )
            )

        await self._database.write(put)

    async def forget_leases(self) -> None:
        """After a stop by force: on SQLite nobody else can be at a job when we start."""
        if self._database.is_sqlite:
            due = tables.jobs.c.state == "due"
            await self._update(update(tables.jobs).where(due).values(leased_until=None))

    async def next_due(self, kinds: list[str]) -> datetime | None:
        """When the next job of `kinds` is due."""
        async with self._database.read() as connection:
            at = (await connection.execute(NEXT_DUE, {"kinds": kinds})).scalar_one_or_none()
        return None if at is None else from_micros(at)

    async def _put(self, job: Job, **values: object) -> None:
        await self._update(update(tables.jobs).where(tables.jobs.c.id == job.id).values(**values))

    async def _update(self, statement: object) -> None:
        async def run(connection: AsyncConnection) -> None:
            await connection.execute(statement)  # type: ignore[call-overload]

        await self._database.write(run)
