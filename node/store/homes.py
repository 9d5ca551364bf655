"""From which networks accounts were proven, kept over a restart (LIM-5.4): digests alone."""

from typing import Final

from sqlalchemy import bindparam, delete, select

from node.store.tables import homes
from node.store.unit import Unit
from node.store.upserts import put
from node.wire.times import micros

MOST_HOMES: Final = 20  # of one account
_H = homes.c
IS_HOME = select(_H.digest).where(_H.digest == bindparam("digest"))


class HomesUnit(Unit):
    """Queries over `homes`."""

    async def is_home(self, digest: bytes) -> bool:
        return bool(await self.connection.fetch(IS_HOME, {"digest": digest}))

    async def put_home(self, digest: bytes, account: str) -> None:
        """The account was proven from there, now; of others of its homes the newest stay."""
        now = micros(self.now)
        await self.connection.execute(
            put(self.connection, homes, digest=digest, account=account, seen=now)
        )
        old = (
            select(_H.digest)
            .where(_H.account == account)
            .order_by(_H.seen.desc(), _H.digest)
            .offset(MOST_HOMES)
            .limit(MOST_HOMES)
        )
        await self.connection.execute(delete(homes).where(_H.digest.in_(old)))
