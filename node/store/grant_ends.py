"""What ended grants to play that are held in memory, by this process or another (spec VID-7.3)."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import select

from node.store import tables
from node.store.unit import Unit
from node.store.upserts import put
from node.wire.times import micros


def _name(whose: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(sorted(whose)).encode()).hexdigest()


async def end_grants(unit: Unit, *whose: str) -> None:
    """End all of an actor or a server, or those between two actors."""
    values = {"whose": _name(whose), "mark": unit.fresh(), "at": micros(unit.now)}
    await unit.connection.execute(put(unit.connection, tables.grant_ends, **values))


async def ends(unit: Unit, *kinds: tuple[str, ...]) -> frozenset[str]:
    """The marks of all that ended grants of these kinds lately, each as `end_grants` was told."""
    table = tables.grant_ends
    names = [_name(whose) for whose in kinds]
    found = await unit.connection.execute(select(table.c.mark).where(table.c.whose.in_(names)))
    return frozenset(found.scalars())
