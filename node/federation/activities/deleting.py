"""Pure: `Delete`: a post, a video or an actor is gone; and what stands in its place (FED-6.13)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from node.errors import Forbidden
from node.federation.activities.attribution import Envelope, attributed
from node.federation.activities.friendship import parse_end
from node.federation.activities.reading import Doc, is_a, one, url_id
from node.federation.activities.shapes import Delete, EndFriendship
from node.wire import ids
from node.wire.times import rfc3339


def parse_delete(document: Doc, envelope: Envelope) -> Delete | EndFriendship:
    """Raises `Malformed` (FED-6.3, FED-6.7, FED-1.1) and `Forbidden` (FED-6.13)."""
    object = one(document.get("object"), "what is deleted")
    if is_a(object, "Relationship"):
        return parse_end(object, envelope)
    gone = url_id(object, "what is deleted")
    if not ids.same_origin(gone, envelope.actor):
        raise Forbidden("FED-6.13", "what is deleted is not of the actor's origin")
    owners = attributed(object) if isinstance(object, Mapping) else ()
    if owners and envelope.actor not in owners:
        raise Forbidden("FED-6.13", "what is deleted is attributed to someone else")
    return Delete(envelope.id, envelope.actor, gone)


def render_delete(delete: Delete) -> dict[str, Any]:
    # Readers of an actor's Delete look for the id itself; of a post's, for a Tombstone.
    gone: Any = delete.object
    if delete.object != delete.actor:
        gone = {"type": "Tombstone", "id": delete.object}
    return {"type": "Delete", "id": delete.id, "actor": delete.actor, "object": gone}


def render_tombstone(id: str, deleted: datetime, former_type: str = "") -> dict[str, Any]:
    """What is served at the id of something that was deleted."""
    document = {"type": "Tombstone", "id": id, "deleted": rfc3339(deleted)}
    return document | ({"formerType": former_type} if former_type else {})
