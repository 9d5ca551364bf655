"""Pure: `Follow`: to be sent what an actor publishes to followers (spec FED-6.6)."""

from typing import Any

from node.errors import Malformed
from node.federation.activities.attribution import Envelope
from node.federation.activities.reading import Doc, one, url_id
from node.federation.activities.shapes import Follow


def parse_follow(document: Doc, envelope: Envelope) -> Follow:
    """Raises `Malformed` (FED-6.3, FED-6.6, FED-1.1)."""
    followed = url_id(one(document.get("object"), "the object of a Follow"), "whom to follow")
    if followed == envelope.actor:
        raise Malformed("FED-6.6", "an actor does not follow itself")
    return Follow(envelope.id, envelope.actor, followed)


def render_follow(follow: Follow) -> dict[str, Any]:
    return {
        "type": "Follow",
        "id": follow.id,
        "actor": follow.actor,
        "object": follow.object,
        "to": [follow.object],
    }
