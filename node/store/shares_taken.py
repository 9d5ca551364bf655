"""How many shares of somebody were taken in a day, whatever became of them (spec INB-12.4)."""

from datetime import datetime

from sqlalchemy import BigInteger, bindparam, select

from node.store.tables import shares_taken
from node.store.upserts import put
from node.store.visibility import VisibilityUnit
from node.wire.times import micros

TAKEN_SINCE = (
    select(shares_taken.c.activity)
    .where(shares_taken.c.actor == bindparam("actor"), shares_taken.c.at > bindparam("since"))
    .limit(bindparam("most", type_=BigInteger))
)


class SharesUnit(VisibilityUnit):
    """What counts them."""

    async def take_share(self, actor: str, activity: str) -> None:
        taken = {"actor": actor, "activity": activity, "at": micros(self.now)}
        await self.connection.execute(put(self.connection, shares_taken, **taken))

    async def taken_since(self, actor: str, since: datetime, most: int) -> int:
        """How many shares of the actor were taken since then; at most `most` are counted."""
        asked = {"actor": actor, "since": micros(since), "most": most}
        return len(await self.connection.fetch(TAKEN_SINCE, asked))
