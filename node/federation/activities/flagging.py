"""Pure: `Flag`: another server reports somebody to their own (spec FED-6.22)."""

from typing import Any, Final

from node.errors import Malformed
from node.federation.activities.attribution import Envelope
from node.federation.activities.reading import Doc, id_of, many, text
from node.federation.activities.shapes import Flag
from node.wire.html import line

MOST_FLAGGED: Final = 20  # the actor, and posts
LONGEST_TEXT: Final = 3000  # characters of a report


def parse_flag(document: Doc, envelope: Envelope) -> Flag:
    """Raises `Malformed` (FED-6.22, FED-6.3, FED-2.6)."""
    members = [one for one in many(document.get("object")) if one is not None][:MOST_FLAGGED]
    objects = tuple(dict.fromkeys(id for one in members if (id := id_of(one, "what is reported"))))
    if not objects:
        raise Malformed("FED-6.22", "a Flag names whom or what it reports")
    return Flag(
        envelope.id, envelope.actor, objects, lines(text(document, "content", LONGEST_TEXT))
    )


def lines(words: str) -> str:
    """Plain text of several lines, with nothing in it that hides or turns what is said."""
    return "\n".join(line(one) for one in words[:LONGEST_TEXT].splitlines()).strip()


def render_flag(flag: Flag) -> dict[str, Any]:
    return {
        "type": "Flag",
        "id": flag.id,
        "actor": flag.actor,
        "object": list(flag.objects),
        "content": flag.text,
        "to": [flag.objects[0]],
    }
