"""What is owed to other hosts, as lanes: one per host, in the order in which it was owed."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from cachetools import TTLCache
from msgspec import Struct
from sqlalchemy import Text, bindparam, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from node.federation.naming import named_in
from node.federation.priority import Priority
from node.federation.sending import Delivered, GaveUp, Later, Needless, Verdict
from node.ports import Clock
from node.store import tables
from node.store.database import Database
from node.store.group_commit import GroupCommit
from node.store.pipeline import Pipeline
from node.store.unit import Unit, Units
from node.store.upserts import insert
from node.wire.times import from_micros, micros

UNDO = b'"Undo"'
LEASE = timedelta(seconds=60)
REMARKS_SECONDS = 600  # how often an unchanged success of a peer is written down
SETTLE = text(
    "UPDATE deliveries SET state = :state, attempts = :attempts, first_tried = :first, "
    "due = :due, settled = :settled, aside = :aside, reason = :reason "
    "WHERE seq = :seq AND state = 'due'"
)
_D, _O = tables.deliveries.c, tables.outbox.c
# Nearly all of them, and all at once: a statement for each would cost more than its row does.
SETTLE_DELIVERED = (
    update(tables.deliveries)
    .where(_D.seq.in_(bindparam("delivered", expanding=True)), _D.state == "due")
    .values(
        state="delivered",
        first_tried=func.coalesce(_D.first_tried, bindparam("now")),
        settled=bindparam("now"),
        aside=False,
        reason="",
    )
)
QUEUED = (
    select(
        _D.seq, _D.activity, _D.host, _D.inbox, _D.actor, _O.body,
        _D.attempts, _D.first_tried, _D.due, _D.aside, _D.priority, _D.named,
    )
    .join(tables.outbox, _O.id == _D.activity)
    .where(_D.state == "due")
    .limit(bindparam("most"))
)  # fmt: skip
NEWEST = QUEUED.where(_D.seq > bindparam("after")).order_by(_D.seq)
OF_LANE = QUEUED.where(
    _D.host == bindparam("lane"), or_(_D.aside.is_(False), _D.due <= bindparam("now"))
).order_by(_D.priority, _D.seq)
PEOPLES = OF_LANE.where(_D.priority == int(Priority.PEOPLE))
BULK = OF_LANE.where(_D.priority > int(Priority.PEOPLE))


class QueuedDelivery(Struct, frozen=True):
    """One delivery that is due or waits in its lane."""

    seq: int
    activity: str
    host: str
    inbox: str
    actor: str
    body: bytes
    failures: int
    first_tried: datetime | None
    due: datetime
    aside: bool
    priority: Priority = Priority.POSTS

    @property
    def undoes(self) -> bool:
        """Whether it takes back what its actor said."""
        return UNDO in self.body and json.loads(self.body).get("type") == "Undo"


# Tells the authors of what is given up, in the transaction that settles it; what it answers is
# called once that is committed.
Mourn: TypeAlias = Callable[
    [Pipeline, Sequence[tuple[QueuedDelivery, GaveUp]]], Awaitable[Callable[[], None]]
]


async def _nobody_mourns(
    _pipeline: Pipeline, _given_up: Sequence[tuple[QueuedDelivery, GaveUp]]
) -> Callable[[], None]:
    return lambda: None


class DeliveryQueue:
    """Claims and settlements. `worker` names this process among those on one database."""

    def __init__(
        self,
        database: Database,
        units: Units,
        clock: Clock,
        worker: str,
        mourn: Mourn = _nobody_mourns,
    ) -> None:
        self._mourn = mourn
        self._database = database
        self._units = units
        self._clock = clock
        self._worker = worker
        self._settlements: GroupCommit[tuple[QueuedDelivery, Verdict, datetime]] = GroupCommit(
            self._write
        )
        self._remarked: TTLCache[str, bool] = TTLCache(10_000, REMARKS_SECONDS, clock.ticks)

    @property
    def alone(self) -> bool:
        """Whether no other process sends from this database, and rows appear in their order."""
        return self._database.is_sqlite

    # -- looking -------------------------------------------------------------------------------

    async def hosts_since(self, seq: int) -> tuple[list[str], int]:
        """The hosts of rows newer than `seq`, and the newest row's number."""
        t = tables.deliveries.c
        # On PostgreSQL a lower number may be committed later: look back a little.
        after = seq if self._database.is_sqlite else max(0, seq - 200)
        query = select(t.host, func.max(t.seq)).where(t.seq > after, t.state == "due")
        async with self._database.read() as connection:
            rows = (await connection.execute(query.group_by(t.host))).all()
        return [host for host, _ in rows], max([seq, *(newest for _, newest in rows)])

    async def queued_since(self, seq: int, most: int) -> list[QueuedDelivery]:
        """The newest deliveries of all lanes, in order: what a wake-up was for, in one look."""
        async with self._database.glance() as pipeline:
            rows = await pipeline.fetch(NEWEST, {"after": seq, "most": most})
        return [_parcel(row) for row in rows]

    async def hosts_due(self) -> list[str]:
        """Every host with something that is due; the head of its lane may still have to wait."""
        t = tables.deliveries.c
        query = select(t.host).where(t.state == "due", t.due <= micros(self._clock.now()))
        async with self._database.read() as connection:
            return list((await connection.execute(query.distinct())).scalars())

    async def hosts_again(self) -> list[str]:
        """Every host with a failed delivery whose time has come, or was brought forward."""
        t = tables.deliveries.c
        query = select(t.host).where(
            t.state == "due", t.attempts > 0, t.due <= micros(self._clock.now())
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query.distinct())).scalars())

    async def newest(self) -> int:
        """The number of the newest row."""
        async with self._database.read() as connection:
            found = await connection.execute(select(func.max(tables.deliveries.c.seq)))
            return found.scalar_one_or_none() or 0

    async def queued(self, host: str, most: int) -> list[QueuedDelivery]:
        """The next deliveries of a lane: people first, then in order; those aside only when due.

        Of what goes to people so many at most, and as many of all else, which they never hide.
        """
        wanted = {"lane": host, "now": micros(self._clock.now()), "most": most}
        async with self._database.glance() as pipeline:
            people, bulk = await pipeline.fetch_all((PEOPLES, wanted), (BULK, wanted))
        return [_parcel(row) for row in (*people, *bulk)]

    # -- the lease -----------------------------------------------------------------------------

    async def lease(self, host: str) -> bool:
        """Whether this process may send to `host` now. SQLite has one process: nothing to ask."""
        if self._database.is_sqlite:
            return True
        t = tables.peers
        now = self._clock.now()
        values = {"leased_until": micros(now + LEASE), "leased_by": self._worker}

        async def claim(connection: AsyncConnection) -> bool:
            free = or_(
                t.c.leased_until.is_(None),
                t.c.leased_until < micros(now),
                t.c.leased_by == self._worker,
            )
            statement = insert(connection, t).values(host=host, **values)
            claimed = await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["host"], set_=values, where=free
                ).returning(t.c.host)
            )
            return claimed.first() is not None

        return await self._database.write(claim)

    async def release(self, host: str) -> None:
        """Let another process send to `host`."""
        if self._database.is_sqlite:
            return
        t = tables.peers
        statement = (
            update(t)
            .where(t.c.host == host, t.c.leased_by == self._worker)
            .values(leased_until=None, leased_by="")
        )

        async def free(connection: AsyncConnection) -> None:
            await connection.execute(statement)

        await self._database.write(free)

    # -- settling ------------------------------------------------------------------------------

    def settle(
        self, delivery: QueuedDelivery, verdict: Verdict, first_tried: datetime
    ) -> Awaitable[None]:
        """Record what became of a delivery; on disk when what is returned is done."""
        return self._settlements.submit((delivery, verdict, first_tried))

    async def hurry(self, host: str) -> None:
        """The host was heard from: what waits for it is due now."""
        t = tables.deliveries
        now = micros(self._clock.now())
        statement = (
            update(t).where(t.c.state == "due", t.c.host == host, t.c.due > now).values(due=now)
        )

        async def at_once(connection: AsyncConnection) -> None:
            await connection.execute(statement)

        await self._database.write(at_once)

    async def _write(self, rows: Sequence[tuple[QueuedDelivery, Verdict, datetime]]) -> None:
        now = self._clock.now()
        delivered = [one.seq for one, verdict, _ in rows if isinstance(verdict, Delivered)]
        settled = [
            _settlement(delivery, verdict, first, now)
            for delivery, verdict, first in rows
            if not isinstance(verdict, Delivered)
        ]
        remarks = self._remarks(rows, now)

        given_up = [(one, verdict) for one, verdict, _ in rows if isinstance(verdict, GaveUp)]

        async def write(unit: Unit) -> Callable[[], None] | None:
            pipeline = unit.connection
            if delivered:
                pipeline.later(SETTLE_DELIVERED, {"delivered": delivered, "now": micros(now)})
            for one in settled:
                pipeline.later(SETTLE, one)
            if remarks:
                await _remark(pipeline, remarks)
            # With its settlement, or a kill between the two would have it told twice or never.
            return await self._mourn(pipeline, given_up) if given_up else None

        # With what is said meanwhile, if anything is: its commit is waited for in any case.
        if (told := await self._units.join(Unit, write)) is not None:
            told()

    def _remarks(
        self, rows: Sequence[tuple[QueuedDelivery, Verdict, datetime]], now: datetime
    ) -> list[dict[str, Any]]:
        """What is new about the peers: a row per change, not one per delivery."""
        found: dict[str, dict[str, Any]] = {}
        for delivery, verdict, first in rows:
            well = isinstance(verdict, Delivered | Needless)  # it answers, as it should
            if well and self._remarked.get(delivery.host) is True:
                continue
            self._remarked[delivery.host] = well
            found[delivery.host] = {
                "host": delivery.host,
                "success": micros(now) if well else None,
                "failing": None if well else micros(first),
                "reason": "" if isinstance(verdict, Delivered | Needless) else verdict.why[:500],
            }
        return list(found.values())


async def _remark(pipeline: Pipeline, remarks: list[dict[str, Any]]) -> None:
    t = tables.peers
    statement = insert(pipeline, t).values(
        host=bindparam("host"),
        last_success=bindparam("success"),
        failing_since=bindparam("failing"),
        reason=bindparam("reason", type_=Text),
    )
    statement = statement.on_conflict_do_update(
        index_elements=["host"],
        set_={
            "last_success": func.coalesce(statement.excluded.last_success, t.c.last_success),
            "failing_since": statement.excluded.failing_since,
            "reason": statement.excluded.reason,
        },
    )
    await pipeline.execute(statement, remarks)


def _parcel(row: Any) -> QueuedDelivery:
    return QueuedDelivery(
        row.seq,
        row.activity,
        row.host,
        row.inbox,
        row.actor,
        named_in(row.body, row.named.split()) if row.named else row.body,
        row.attempts,
        None if row.first_tried is None else from_micros(row.first_tried),
        from_micros(row.due),
        row.aside,
        Priority(row.priority),
    )


def _settlement(
    delivery: QueuedDelivery,
    verdict: Later | GaveUp | Needless,
    first_tried: datetime,
    now: datetime,
) -> dict[str, Any]:
    failed = not isinstance(verdict, Needless)
    settled = not isinstance(verdict, Later)
    return {
        "seq": delivery.seq,
        "state": _state(verdict),
        "attempts": delivery.failures + failed,
        "first": micros(first_tried),
        "due": micros(verdict.at if isinstance(verdict, Later) else delivery.due),
        "settled": micros(now) if settled else None,
        "aside": isinstance(verdict, Later) and not verdict.holds,
        "reason": verdict.why[:500],
    }


def _state(verdict: Later | GaveUp | Needless) -> str:
    if isinstance(verdict, Needless):
        return "needless"
    return "gave_up" if isinstance(verdict, GaveUp) else "due"
