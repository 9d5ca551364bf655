"""What was answered to a POST with an Idempotency-Key: rows, kept 24 hours (API-6)."""

from datetime import timedelta

from msgspec import Struct
from sqlalchemy import bindparam, delete, select, text

from node.store import tables
from node.store.unit import Unit
from node.wire.times import micros

KEPT = timedelta(hours=24)
_T = tables.idempotency.c
KEPT_OF = select(tables.idempotency).where(
    _T.token == bindparam("token"), _T.key == bindparam("key")
)
KEEP = text(
    "INSERT INTO idempotency (token, key, request, status, body, created) "
    "VALUES (:token, :key, :request, :status, :body, :created) "
    "ON CONFLICT (token, key) DO UPDATE SET request = excluded.request, "
    "status = excluded.status, body = excluded.body, created = excluded.created"
)


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
        rows = await self.connection.fetch(KEPT_OF, {"token": token, "key": key})
        if not rows:
            return None
        row = rows[0]
        return Kept(row.request, row.status, row.body, row.created <= micros(self.now - KEPT))

    async def keep(self, token: bytes, key: str, kept: Kept) -> None:
        """Keep an answer, over the mark that its request left."""
        self.connection.later(
            KEEP,
            {
                "token": token,
                "key": key,
                "request": kept.request,
                "status": kept.status,
                "body": kept.sealed,
                "created": micros(self.now),
            },
        )

    async def forget(self, token: bytes, key: str) -> None:
        """Let this request be carried out anew: it was refused, or its day is over."""
        table = tables.idempotency
        await self.connection.execute(
            delete(table).where(table.c.token == token, table.c.key == key)
        )
