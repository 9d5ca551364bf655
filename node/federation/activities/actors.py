"""Pure: `Update` of an actor by itself (spec FED-6.17). Documents: `federation.actors`."""

from typing import Any

from node.errors import Forbidden
from node.federation.activities.attribution import Envelope
from node.federation.activities.reading import Doc, url_id
from node.federation.activities.shapes import UpdateActor

KINDS = ("Person", "Group", "Application", "Service", "Organization")


def parse_update(document: Doc, envelope: Envelope, object: Doc) -> UpdateActor:
    """Raises `Malformed` (FED-6.3, FED-1.1) and `Forbidden` (FED-6.17)."""
    if url_id(object, "the actor") != envelope.actor:
        raise Forbidden("FED-6.17", "an actor updates only its own document")
    return UpdateActor(envelope.id, envelope.actor, dict(object))


def render_update(update: UpdateActor) -> dict[str, Any]:
    document = {name: value for name, value in update.document.items() if name != "@context"}
    return {"type": "Update", "id": update.id, "actor": update.actor, "object": document}
