"""The mark of a POST that must not be done twice: it commits with what the POST does (API-6).

The unit that decides is given it: `units.run(kind, work, once=mark)`. Both commit or neither, so
a stop at any instant leaves no doubt whether it was done.
"""

from msgspec import Struct
from sqlalchemy import bindparam, select

from node.errors import Broken, Conflict
from node.store import tables
from node.store.pipeline import Pipeline
from node.store.upserts import insert_ignore

_T = tables.idempotency.c
MARKED = select(_T.key).where(_T.token == bindparam("token"), _T.key == bindparam("key"))


class IdempotencyMark(Struct):
    """`token` scopes the key, `key` and `request` are digests (of the key, of the request)."""

    token: bytes
    key: str
    request: bytes
    made: bool = False  # it is committed

    def check_unmade(self) -> None:
        """Raises `Broken` when a second unit means to decide the same request."""
        if self.made:
            raise Broken("two units decide one request that has an Idempotency-Key")

    def taken(self) -> Conflict:
        """What is said when another process made it first (API-6.3)."""
        return Conflict("API-6.3", "the same request is being answered elsewhere: try again")


async def put_mark(pipeline: Pipeline, mark: IdempotencyMark, at: int) -> None:
    """Write the row; whoever commits it sets `made`. Raises `Conflict` (API-6.3)."""
    mark.check_unmade()
    place = {"token": mark.token, "key": mark.key}
    if await pipeline.fetch(MARKED, place):
        raise mark.taken()
    # A row that another process adds meanwhile is a clash: this unit is tried again and sees it.
    pipeline.later(
        insert_ignore(pipeline, tables.idempotency),
        {**place, "request": mark.request, "body": b"", "created": at},
    )
