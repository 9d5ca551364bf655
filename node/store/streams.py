"""The event stream as rows: what an account's devices are told, in order (API-7)."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, bindparam, func, or_, select

from node.e2ee import mailbox
from node.e2ee.mailbox import LARGEST_IN_EVENT_BYTES, Waiting
from node.store import tables
from node.store.unit import VOID, Unit
from node.wire.times import micros

MOST_AT_ONCE = 200
KEPT = timedelta(days=7)  # as the table of events says


_E, _M, _C = tables.events.c, tables.mailbox.c, tables.ciphertexts.c
# An event of a sealed message holds the number of its item alone: the item is read beside it.
# One that was acknowledged meanwhile is not told.
BEHIND = (
    select(
        _E.seq, _E.kind, _E.data, _E.created, _E.item,
        _M.conversation, _M.actor, _M.kind.label("item_kind"), _M.created.label("received"),
        _M.size, _C.body,
    )
    .join(tables.mailbox, _M.seq == _E.item, isouter=True)
    .join(
        tables.ciphertexts,
        and_(_C.sha256 == _M.sha256, _M.size <= LARGEST_IN_EVENT_BYTES),
        isouter=True,
    )
    .where(
        _E.account == bindparam("account"),
        _E.seq > bindparam("after"),
        _E.kind != VOID,
        or_(_E.item.is_(None), _M.seq.is_not(None)),
        _E.device.in_(bindparam("devices", expanding=True)),
    )
    .order_by(_E.seq)
    .limit(MOST_AT_ONCE)
)  # fmt: skip


class Place(Struct, frozen=True):
    """A place in a stream: the number of an event, and the microsecond when it was the last."""

    seq: int
    at: int


class Told(Struct, frozen=True):
    """One event. Numbers grow from event to event, over all accounts of the node."""

    place: Place
    kind: str
    data: str  # JSON in one line


class StreamsUnit(Unit):
    """Queries over `events`."""

    async def newest(self, account: str) -> Place:
        """The present end of an account's stream."""
        table = tables.events
        found = await self.connection.execute(
            select(func.max(table.c.seq)).where(table.c.account == account)
        )
        return Place(found.scalar_one_or_none() or 0, micros(self.now))

    async def unbroken(self, after: Place) -> bool:
        """Whether all events behind `after` are still here, and `after` is of this database."""
        found = await self.connection.execute(select(func.max(tables.events.c.seq)))
        last = found.scalar_one_or_none()
        # A database that was restored from a copy is behind those who read it.
        restored = last is not None and last < after.seq
        return not restored and micros(self.now - KEPT) < after.at <= micros(self.now)

    async def behind(self, after: Place, account: str, device: str) -> Sequence[Told]:
        """Events for this device, in order; at most `MOST_AT_ONCE`."""
        found = await self.connection.fetch(
            BEHIND, {"account": account, "after": after.seq, "devices": ["", device]}
        )
        return [Told(Place(row.seq, row.created), row.kind, _data(row)) for row in found]


def _data(row: Any) -> str:
    if row.item is None:
        # Parsed and written anew: a line break inside would end the event.
        return json.dumps(json.loads(row.data))
    kept = (row.item, row.conversation, row.actor, row.item_kind, row.received)
    return mailbox.event(Waiting(*kept, row.body)).decode()
