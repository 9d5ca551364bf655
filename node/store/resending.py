"""The queries of sending again to a server that was restored (spec FED-13.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, tuple_, update

from node.federation.activities.shapes import Held
from node.federation.backoff import LIFETIME
from node.federation.resending import Place, Resending
from node.store import tables
from node.store.federation import FederationUnit
from node.store.jobs import add_job
from node.store.of_host import of_host
from node.store.resent import may_be_resent, times_resent
from node.store.upserts import insert_ignore
from node.wire.times import from_micros, micros

_D, _O = tables.deliveries.c, tables.outbox.c
TAKEN = (
    select(_D.seq, _D.priority)
    .join(tables.outbox, _O.id == _D.activity)
    .where(
        _D.state == "delivered",
        _D.host == bindparam("host"),
        tuple_(_D.priority, _D.seq) > tuple_(bindparam("priority"), bindparam("seq")),
        _D.settled >= bindparam("since"),
        _D.settled < bindparam("until"),
        _O.created >= bindparam("said"),
    )
    .order_by(_D.priority, _D.seq)
    .limit(bindparam("most"))
)


_P = tables.posts.c
HELD = (
    select(_P.id, _P.author, _P.published)
    .where(
        _P.author > bindparam("above"),
        _P.author < bindparam("below"),
        _P.published >= bindparam("since"),
        _P.deleted.is_(None),
    )
    .order_by(_P.published)  # what was lost comes before what was said since the restore
    .limit(bindparam("most"))
)


class ResendingUnit(FederationUnit):
    """What `federation.resending` asks for."""

    async def may_resend(self, host: str) -> bool:
        p = tables.peers.c
        await self.connection.execute(
            insert_ignore(self.connection, tables.peers).values(host=host)
        )
        done = await self.connection.execute(
            update(tables.peers)
            .where(p.host == host, may_be_resent(self.now))
            .values(resent=micros(self.now), resends=times_resent(self.now))
        )
        return bool(done.rowcount == 1)

    async def send_again(self, left: Resending, most: int) -> Place | None:
        wanted = {
            "host": left.host,
            "priority": left.after.priority,
            "seq": left.after.seq,
            "since": micros(left.since),
            "until": micros(left.until),
            # By when it was said: when it was taken is renewed each time that it is sent again.
            "said": micros(left.since - LIFETIME),
            "most": most,
        }
        rows = await self.connection.fetch(TAKEN, wanted)
        again: dict[str, Any] = {"state": "due", "first_tried": None, "settled": None}
        await self.connection.execute(
            update(tables.deliveries)
            .where(_D.seq.in_([row.seq for row in rows]))
            # It counts as failed once, so that a lane that was read to its end is looked at again.
            .values(**again, attempts=1, due=micros(self.now), aside=False, reason="sent again")
        )
        self.wakes.add("deliveries")
        return Place(rows[-1].priority, rows[-1].seq) if len(rows) == most else None

    async def held(self, host: str, since: datetime, most: int) -> Sequence[Held]:
        above, below = of_host(host)
        wanted = {"above": above, "below": below, "since": micros(since), "most": most}
        rows = await self.connection.fetch(HELD, wanted)
        return [Held(row.id, row.author, from_micros(row.published)) for row in rows]

    async def add_job(self, kind: str, subject: str) -> None:
        await add_job(self, kind, subject)
