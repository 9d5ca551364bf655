"""Pure: `Move`: an actor says that they are to be found elsewhere from now on (spec FED-6.21)."""

from typing import Any

from node.errors import Forbidden, Malformed
from node.federation.activities.attribution import Envelope
from node.federation.activities.reading import Doc, one, url_id
from node.federation.activities.shapes import Move


def parse_move(document: Doc, envelope: Envelope) -> Move:
    """Raises `Malformed` (FED-6.3, FED-6.21, FED-1.1) and `Forbidden` (FED-6.21)."""
    moved = url_id(one(document.get("object"), "the object of a Move"), "who moves")
    target = url_id(one(document.get("target"), "the target of a Move"), "where they move")
    if moved != envelope.actor:
        raise Forbidden("FED-6.21", "an actor moves nobody but itself")
    if target == moved:
        raise Malformed("FED-6.21", "an actor does not move to where it is")
    return Move(envelope.id, envelope.actor, target)


def render_move(move: Move) -> dict[str, Any]:
    return {
        "type": "Move",
        "id": move.id,
        "actor": move.actor,
        "object": move.actor,
        "target": move.target,
    }
