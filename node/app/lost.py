"""What administrators are told after the node was put back from a copy (FED-13.5)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from node.app.parts import Stores, System
from node.store.incarnation import IncarnationUnit
from node.wire.times import from_micros

TOLD_FOR = timedelta(days=7)


async def restored(system: System, stores: Stores) -> Callable[[], str]:
    """Says, for a week, that the node was put back from a copy, and what is lost (FED-13.5)."""

    async def look(unit: IncarnationUnit) -> tuple[datetime | None, datetime | None]:
        at = await unit.restored_at()
        return (from_micros(at) if at else None), await unit.as_of()

    at, as_of = await stores.units.look(IncarnationUnit, look)

    def told() -> str:
        if at is None or as_of is None or system.clock.now() - at > TOLD_FOR:
            return ""
        return (
            f"this node was put back at {at:%Y-%m-%d %H:%M} UTC from a copy of "
            f"{as_of:%Y-%m-%d %H:%M} UTC: accounts, posts, friendships, logins and settings that "
            "its people made or changed between are lost here, although others may hold them; "
            "what other Kith servers sent since is asked for again, and what is public "
            "at others is read"
        )

    return told
