"""Pure: `Resend`: a restored server asks for what it was sent since its backup, and `Resent`: what
the one that is asked holds of its people (spec FED-13)."""

from datetime import UTC
from typing import Any, Final

from node.errors import Malformed, TooMuch
from node.federation.activities.attribution import Envelope
from node.federation.activities.reading import Doc, instant, many, one, url_id
from node.federation.activities.shapes import Held, Resend, Resent
from node.wire.times import rfc3339

# Posts that one answer names: they fit 64 KiB (LIM-3.1) where a host has up to 200 characters.
MOST_HELD: Final = 100


def parse_resend(document: Doc, envelope: Envelope) -> Resend:
    """Raises `Malformed` (FED-6.3, FED-13.3, FED-1.1)."""
    asked = url_id(one(document.get("object"), "the object of a Resend"), "who is asked")
    since = instant(document, "startTime")
    if since is None:
        raise Malformed("FED-13.3", "a Resend says since when, as its startTime")
    return Resend(envelope.id, envelope.actor, asked, since.astimezone(UTC))


def render_resend(resend: Resend) -> dict[str, Any]:
    return {
        "type": "Resend",
        "id": resend.id,
        "actor": resend.actor,
        "object": resend.object,
        "startTime": rfc3339(resend.since),
        "to": [resend.object],
    }


def parse_resent(document: Doc, envelope: Envelope) -> Resent:
    """Raises `Malformed` (FED-6.3, FED-13.9, FED-1.1), `TooMuch` (FED-13.9)."""
    asked = url_id(one(document.get("object"), "the object of a Resent"), "what is answered")
    asker = url_id(one(document.get("to"), "the recipient of a Resent"), "who asked")
    items = [item for item in many(document.get("items")) if item is not None]
    if len(items) > MOST_HELD:
        raise TooMuch("FED-13.9", f"a Resent names at most {MOST_HELD} posts", most=MOST_HELD)
    return Resent(envelope.id, envelope.actor, asker, asked, tuple(map(_held, items)))


def _held(item: object) -> Held:
    if not isinstance(item, dict) or (published := instant(item, "published")) is None:
        raise Malformed("FED-13.9", "a Resent says of each post whose it is and from when")
    author = url_id(one(item.get("attributedTo"), "the author of a post"), "an author")
    return Held(url_id(item, "a post"), author, published)


def render_resent(resent: Resent) -> dict[str, Any]:
    return {
        "type": "Resent",
        "id": resent.id,
        "actor": resent.actor,
        "object": resent.object,
        "items": [
            {
                "type": "Object",
                "id": held.id,
                "attributedTo": held.author,
                "published": rfc3339(held.published),
            }
            for held in resent.items
        ],
        "to": [resent.asker],
    }
