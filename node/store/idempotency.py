"""What was answered to a POST with an Idempotency-Key: rows, kept 24 hours (API-6)."""

from datetime import timedelta

from msgspec import Struct
from sqlalchemy import delete, select

from node.store import tables
from node.store.unit import Unit
from node.store.upserts import put
from node.wire.times import micros

KEPT = timedelta(hours=24)


class Kept(Struct, frozen=True):
    """An answer as it was kept; `status` 0: the request was carried out, its answer was lost.

    `sealed` can be opened with the client's key only.
    """

    request: bytes
    status: int
    sealed: bytes
    old: bool = False  # its day is over: it counts no more


class IdempotencyUnit(Unit):
    """Queries over `idempotency`."""

    async def kept(self, token: bytes, key: str) -> Kept | None:
        """What was kept of this request."""
        table = tables.idempotency
        found = await self.connection.execute(
            select(table).where(table.c.token == token, table.c.key == key)
        )
        row = found.one_or_none()
        if row is None:
            return None
        return Kept(row.request, row.status, row.body, row.created <= micros(self.now - KEPT))

    async def keep(self, token: bytes, key: str, kept: Kept) -> None:
        """Keep an answer, over the mark that its request left."""
        await self.connection.execute(
            put(
                self.connection,
                tables.idempotency,
                token=token,
                key=key,
                request=kept.request,
                status=kept.status,
                body=kept.sealed,
                created=micros(self.now),
            )
        )

    async def forget(self, token: bytes, key: str) -> None:
        """Let this request be carried out anew: it was refused, or its day is over."""
        table = tables.idempotency
        await self.connection.execute(
            delete(table).where(table.c.token == token, table.c.key == key)
        )
