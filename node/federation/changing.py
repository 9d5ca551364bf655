"""What actors say of themselves: an Update of their document, a Delete of themselves."""

from typing import Protocol

from node.federation.activities.shapes import Delete, UpdateActor
from node.federation.actors import parse_actor
from node.federation.discovery import actor_row
from node.federation.peers import Actor, Found
from node.wire import json


class ChangingUnit(Protocol):
    """What these handlers need of a unit."""

    async def actor(self, id: str) -> Actor | None: ...

    async def put_found(self, found: Found) -> None: ...

    async def mark_gone(self, id: str) -> None: ...


async def on_update_actor(update: UpdateActor, unit: ChangingUnit) -> None:
    """A remote actor's new document, keys included: signed with a key of the old one.

    Of strangers nothing is kept: they are read when somebody asks for them.
    Raises `Malformed` and `Forbidden` (FED-6.17, FED-6.18).
    """
    known = await unit.actor(update.actor)
    if known is None or known.local or known.gone is not None:
        return
    document = parse_actor(update.document)
    body = json.encode({**update.document})  # type: ignore[dict-item]  # it came as JSON
    await unit.put_found(Found(actor_row(document), document.keys, body))


async def on_delete_actor(delete: Delete, unit: ChangingUnit) -> None:
    """A remote actor deleted itself; a Delete of anything else is other rooms' business."""
    if delete.object == delete.actor:
        await unit.mark_gone(delete.actor)
