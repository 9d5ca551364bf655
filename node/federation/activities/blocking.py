"""Pure: `Block`: nothing to do with an actor any more (spec FED-6.6)."""

from typing import Any

from node.errors import Malformed
from node.federation.activities.attribution import Envelope
from node.federation.activities.reading import Doc, one, url_id
from node.federation.activities.shapes import Block


def parse_block(document: Doc, envelope: Envelope) -> Block:
    """Raises `Malformed` (FED-6.3, FED-6.6, FED-1.1)."""
    blocked = url_id(one(document.get("object"), "the object of a Block"), "who is blocked")
    if blocked == envelope.actor:
        raise Malformed("FED-6.6", "an actor does not block itself")
    return Block(envelope.id, envelope.actor, blocked)


def render_block(block: Block) -> dict[str, Any]:
    return {
        "type": "Block",
        "id": block.id,
        "actor": block.actor,
        "object": block.object,
        "to": [block.object],
    }
