"""What every page of a list has in common: the newest first, and who somebody is."""

from collections.abc import Iterable

from node.testing.memory.tables import MemoryTables
from node.wire.api.cursor import Cursor
from node.wire.api.inbox import Person
from node.wire.ids import origin


def page(
    rows: Iterable[tuple[int, str]], limit: int, after: Cursor | None
) -> tuple[list[str], Cursor | None]:
    """The ids of at most `limit` rows (instant, id) behind `after`, and where the next begin."""
    older = [row for row in rows if after is None or row < (after.at, after.id)]
    older.sort(reverse=True)
    shown = older[:limit]
    cursor = Cursor(*shown[-1]) if len(older) > limit else None
    return [id for _, id in shown], cursor


def shown(tables: MemoryTables, id: str) -> Person:
    """Somebody; one who is not known by their id alone."""
    actor = tables.actors.get(id)
    if actor is None:
        return Person(id=id, handle="", display_name=id)
    handle = f"@{actor.name}@{actor.domain or origin(id).authority}"
    name = actor.display_name or actor.name
    return Person(
        id=id, number=str(actor.number), handle=handle, display_name=name, icon=actor.icon
    )
