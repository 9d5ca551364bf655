"""Pure: `Resend`: a restored server asks for what it was sent since its backup (spec FED-13)."""

from datetime import UTC
from typing import Any

from node.errors import Malformed
from node.federation.activities.attribution import Envelope
from node.federation.activities.reading import Doc, instant, one, url_id
from node.federation.activities.shapes import Resend
from node.wire.times import rfc3339


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
