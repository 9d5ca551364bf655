"""What was ended, so that a copy which comes late begins nothing: for whichever unit asks."""

from sqlalchemy import and_, bindparam, delete, select

from node.store.tables import tombstones
from node.store.unit import Unit
from node.store.upserts import insert_ignore
from node.wire.times import micros

ENDED = select(tombstones.c.id).where(tombstones.c.id == bindparam("id"))
ENDED_BY = ENDED.where(tombstones.c.actor == bindparam("by"))

NO_LONGER_ENDED = delete(tombstones).where(
    and_(tombstones.c.id == bindparam("ended"), tombstones.c.actor == bindparam("by"))
)


class Tombstones:
    """Those of one unit."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def has(self, id: str, actor: str = "") -> bool:
        """Whether `actor` (or, when left out, anyone) is known to have ended `id`."""
        query, wanted = (ENDED_BY, {"id": id, "by": actor}) if actor else (ENDED, {"id": id})
        return (await self._unit.connection.execute(query, wanted)).first() is not None

    async def add(self, id: str, actor: str) -> None:
        """Another's word takes nobody's place: `actor` ended it, for all that `actor` may end."""
        row = {"id": id, "actor": actor, "deleted": micros(self._unit.now)}
        await self._unit.connection.execute(insert_ignore(self._unit.connection, tombstones), row)

    async def drop(self, id: str, actor: str) -> None:
        """What `actor` ended under this id has come and was turned away: the id may mean more."""
        await self._unit.connection.execute(NO_LONGER_ENDED, {"ended": id, "by": actor})
