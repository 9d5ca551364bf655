"""The queries of what is on its way: one person's deliveries, and the whole node's troubles."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from node.federation.priority import Priority
from node.store.delivery_queue import QueuedDelivery
from node.store.notices import Notices
from node.store.tables import actors, arrivals, deliveries, outbox, peers, posts
from node.store.unit import Unit
from node.wire.api.cursor import Cursor
from node.wire.api.deliveries import BrokenArrival, DeliveryView, FailingPeer
from node.wire.times import from_micros, micros

MOST = 100


class DeliveriesUnit(Unit):
    """A look at the lanes, for people."""

    async def deliveries(
        self, account: str, of: str, limit: int, after: Cursor | None
    ) -> tuple[list[DeliveryView], Cursor | None]:
        """What `account` owes, newest first: all for the post `of`, or what has not arrived."""
        d, o = deliveries.c, outbox.c
        own = select(actors.c.id).where(actors.c.account == account, actors.c.local.is_(True))
        query = (
            select(deliveries, o.object)
            .join(outbox, o.id == d.activity)
            .where(
                o.actor.in_(own), await self._about(of) if of else d.state.in_(("due", "gave_up"))
            )
            .order_by(d.seq.desc())
            .limit(limit + 1)
        )
        if after is not None:
            query = query.where(d.seq < after.at)
        rows = (await self.connection.execute(query)).all()
        page = rows[:limit]
        more = Cursor(page[-1].seq, page[-1].activity) if len(rows) > limit else None
        return [_view(row) for row in page], more

    async def retry(self, account: str, of: str) -> int:
        """What `account` said and has not arrived (all for `of`) is due now; how many it is."""
        d, o = deliveries.c, outbox.c
        own = select(actors.c.id).where(actors.c.account == account, actors.c.local.is_(True))
        about = [await self._about(of)] if of else []
        which = select(o.id).where(o.actor.in_(own), *about)
        again = await self.connection.execute(
            update(deliveries)
            .where(d.activity.in_(which), d.state.in_(("due", "gave_up")))
            # It counts as failed once, so that a lane that waits is looked at again.
            .values(
                state="due", attempts=1, first_tried=None, due=micros(self.now), settled=None,
                aside=False,
            )
        )  # fmt: skip
        self.wakes.add("deliveries")
        return int(again.rowcount)

    async def gave_up(self, given_up: Iterable[QueuedDelivery]) -> None:
        """Tell the author of each, once, that some server did not take it; of likes nobody."""
        for one in given_up:
            if one.priority is not Priority.REACTIONS:
                await self._gave_up(one.activity, one.actor)

    async def _gave_up(self, activity: str, actor: str) -> None:
        found = await self.connection.execute(
            select(actors.c.account, outbox.c.object)
            .select_from(outbox)
            .join(actors, actors.c.id == outbox.c.actor)
            .where(outbox.c.id == activity, actors.c.local.is_(True))
        )
        row = found.first()
        if row is not None and row.account:
            about = row.object or activity
            await Notices(self).add(row.account, "delivery_failed", actor, about, once=True)

    async def _about(self, of: str) -> ColumnElement[bool]:
        """Whether a row of the outbox is the activity `of`, or has the words of the post `of`."""
        p = posts.c
        found = await self.connection.execute(
            select(p.id, p.video).where(or_(p.id == of, p.video == of))
        )
        names = {of, *(name for row in found for name in row if name)}
        return or_(outbox.c.id == of, outbox.c.object.in_(sorted(names)))

    async def _count(self, table: Any, state: str) -> int:
        query = select(func.count()).select_from(table).where(table.c.state == state)
        return int((await self.connection.execute(query)).scalar_one())

    async def counts(self) -> tuple[int, int, int]:
        """Arrivals that wait, deliveries that are due, deliveries that were given up."""
        return (
            await self._count(arrivals, "new"),
            await self._count(deliveries, "due"),
            await self._count(deliveries, "gave_up"),
        )

    async def broken(self) -> list[BrokenArrival]:
        """What arrived and could not be worked out (FED-7.13)."""
        a = arrivals.c
        found = await self.connection.execute(
            select(a.activity, a.actor, a.received, a.reason)
            .where(a.state == "broken")
            .order_by(a.seq.desc())
            .limit(MOST)
        )
        return [
            BrokenArrival(
                activity=row.activity,
                actor=row.actor,
                received=from_micros(row.received),
                reason=row.reason,
            )
            for row in found
        ]

    async def failing(self) -> list[FailingPeer]:
        """Servers whose last delivery failed."""
        p = peers.c
        found = await self.connection.execute(
            select(p.host, p.failing_since, p.reason)
            .where(p.failing_since > 0)
            .order_by(p.failing_since.desc())
            .limit(MOST)
        )
        return [
            FailingPeer(host=row.host, since=from_micros(row.failing_since), reason=row.reason)
            for row in found
        ]


def _view(row: Any) -> DeliveryView:
    return DeliveryView(
        activity=row.activity,
        object=row.object,
        host=row.host,
        state=row.state,
        failures=row.attempts,
        next_try=from_micros(row.due) if row.state == "due" else None,
        settled=None if row.settled is None else from_micros(row.settled),
        reason=row.reason,
    )
