"""Pure: `Like` and `Announce`: a nod to a post, and passing it on (spec FED-6.8)."""

from typing import Any

from node.errors import Forbidden, Malformed
from node.federation.activities.attribution import Envelope, attributed
from node.federation.activities.reading import (
    Doc,
    instant,
    is_a,
    one,
    only,
    recipients,
    types,
    url_id,
)
from node.federation.activities.shapes import Announce, Like
from node.wire import ids
from node.wire.times import rfc3339

# FEP-1b12: a group passes on what was sent to it. What was sent is not believed from there.
PASSED_ON = ("Create", "Update")
ACTIVITIES = frozenset(
    {
        "Accept",
        "Add",
        "Announce",
        "Arrive",
        "Block",
        "Create",
        "Delete",
        "Dislike",
        "EmojiReact",
        "Flag",
        "Follow",
        "Ignore",
        "Invite",
        "Join",
        "Leave",
        "Like",
        "Listen",
        "Lock",
        "Move",
        "Offer",
        "Question",
        "Read",
        "Reject",
        "Remove",
        "TentativeAccept",
        "TentativeReject",
        "Travel",
        "Undo",
        "Update",
        "View",
    }
)


# No post or video, though a Question is both.
NOT_SHARED = ACTIVITIES - {"Question"}


def parse_like(document: Doc, envelope: Envelope) -> Like:
    """Raises `Malformed` (FED-6.3, FED-1.1)."""
    liked = one(document.get("object"), "the object of a Like")
    return Like(envelope.id, envelope.actor, url_id(liked, "what is liked"))


def is_share(document: Doc) -> bool:
    """Whether this Announce is about something that can be shared here."""
    shared = only(document.get("object"))
    if is_a(shared, *PASSED_ON):
        shared = only(shared.get("object"))
    return not is_a(shared, *NOT_SHARED)


def parse_announce(document: Doc, envelope: Envelope) -> Announce:
    """Raises `Malformed` (FED-6.1, FED-6.3, FED-1.1) and `Forbidden` (FED-6.8)."""
    object = one(document.get("object"), "the object of an Announce")
    if not is_share(document):
        raise Malformed("FED-6.1", "an Announce of that is not understood here")
    shared = _shared(object)
    if shared == envelope.id:
        raise Malformed("FED-6.8", "an Announce does not share itself")
    return Announce(
        envelope.id,
        envelope.actor,
        shared,
        envelope.at(instant(document, "published")),
        recipients(document, "to"),
        recipients(document, "cc"),
    )


def _shared(object: Any) -> str:
    """The id of what is shared: its words are those at this id, whatever is enclosed."""
    if is_a(object, *PASSED_ON):
        return url_id(one(object.get("object"), "the object of what is shared"), "what is shared")
    shared = url_id(object, "what is shared")
    if isinstance(object, dict):
        _check_enclosed(object, shared)
    return shared


def _check_enclosed(object: Doc, shared: str) -> None:
    """A copy whose author is of another origin than its id contradicts itself."""
    types(object)
    if not all(ids.same_origin(author, shared) for author in attributed(object)):
        raise Forbidden("FED-6.8", "an Announce encloses a post that is not its author's")


def render_like(like: Like) -> dict[str, Any]:
    return {"type": "Like", "id": like.id, "actor": like.actor, "object": like.object}


def render_announce(announce: Announce) -> dict[str, Any]:
    return {
        "type": "Announce",
        "id": announce.id,
        "actor": announce.actor,
        "object": announce.object,
        "published": rfc3339(announce.published),
        "to": list(announce.to),
        "cc": list(announce.cc),
    }
