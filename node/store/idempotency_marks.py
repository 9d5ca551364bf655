"""The deed under way: a POST that must not be done twice is marked in its own transaction (API-6).

The mark commits with the deed or not at all, so a stop at any instant leaves no doubt whether it
was done. `web/idempotency` sets the deed for its task, `Units.run` marks it.
"""

from contextvars import ContextVar

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from node.errors import Conflict
from node.store import tables
from node.store.upserts import insert_ignore


class IdempotencyMark(Struct):
    """`token` scopes the key, `key` and `request` are digests (of the key, of the request)."""

    token: bytes
    key: str
    request: bytes
    marked: bool = False


UNDER_WAY: ContextVar[IdempotencyMark | None] = ContextVar("deed", default=None)


async def mark(connection: AsyncConnection, at: int) -> IdempotencyMark | None:
    """Mark the deed of this task, unless an earlier unit did; the caller notes it once committed.

    Raises `Conflict` (API-6.3) when another process was first.
    """
    deed = UNDER_WAY.get()
    if deed is None or deed.marked:
        return None
    done = await connection.execute(
        insert_ignore(connection, tables.idempotency),
        {
            "token": deed.token,
            "key": deed.key,
            "request": deed.request,
            "body": b"",
            "created": at,
        },
    )
    if done.rowcount != 1:
        raise Conflict("API-6.3", "the same request is being answered elsewhere: try again")
    return deed
