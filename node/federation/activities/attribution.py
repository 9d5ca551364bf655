"""Pure: who says an activity, and what of it may be believed of whom (spec FED-6.2, FED-6.5).

FEP-fe34 in short: an actor speaks for what it made, and only at its own origin.
"""

import hashlib
import json
from datetime import datetime

from msgspec import Struct

from node.errors import Forbidden, Malformed
from node.federation.activities.reading import (
    Doc,
    by_language,
    id_of,
    many,
    one,
    text,
    types,
    url_id,
)
from node.wire import ids
from node.wire.times import EPOCH

MAPS = ("nameMap", "summaryMap", "contentMap")
LINES = ("name", "summary", "content")


class Envelope(Struct, frozen=True):
    """The envelope of an activity: its id, who says it, when it reached us (None: unknown)."""

    id: str
    actor: str
    received: datetime | None = None

    def at(self, published: datetime | None) -> datetime:
        """`published`, never later than `received`; in its absence `received`, or else 1970."""
        if published is None:
            return self.received or EPOCH
        return min(published, self.received) if self.received else published


def envelope(document: Doc, received: datetime | None = None) -> Envelope:
    """The envelope. Raises `Malformed` and `Forbidden` (FED-6.2, FED-6.3, FED-1.1, FED-1.2)."""
    actor = one(document.get("actor"), "the actor")
    if actor is None:
        raise Malformed("FED-6.2", "the activity has no actor")
    speaker = url_id(actor, "the actor")
    id = id_of(document.get("id", document.get("@id")), "the activity's id")
    if not id:
        id = f"{speaker}#{_digest(document)}"
    ids.origin(id)
    if not ids.same_origin(id, speaker):
        raise Forbidden("FED-6.2", "the activity's id is not of its actor's origin")
    return Envelope(id, speaker, received)


def _digest(document: Doc) -> str:
    # The same words again get the same id, so that a repeat is known as one.
    known = json.dumps(document, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(known.encode("utf-8", "replace")).hexdigest()


def attributed(object: Doc) -> tuple[str, ...]:
    """All to whom `object` attributes itself: `attributedTo`, or `actor` as some peers write."""
    named = many(object.get("attributedTo"))[:64] or many(object.get("actor"))[:64]
    return tuple(id for member in named if (id := id_of(member, "attributedTo")))


def check_owner(object: Doc, actor: str) -> str:
    """The id of the enclosed `object`, which `actor` may speak for (FED-6.5).

    Raises `Malformed` (FED-6.3, FED-1.1) and `Forbidden` (FED-6.5).
    """
    id = url_id(object, "the enclosed object")
    if not ids.same_origin(id, actor):
        raise Forbidden("FED-6.5", "the enclosed object is not of its actor's origin")
    named = attributed(object)
    if named and actor not in named:
        raise Forbidden("FED-6.5", "the enclosed object is attributed to someone else")
    speaker = id_of(one(object.get("actor"), "the object's actor"), "the object's actor")
    if speaker and speaker != actor and speaker not in named:
        raise Forbidden("FED-6.5", "the enclosed object names another actor")
    return id


def check_owned_alone(object: Doc) -> tuple[str, str]:
    """(id, author) of an object that came by itself, either of them empty when not said.

    It proves nothing until it is fetched from its own id, but it may not contradict itself.
    """
    id = id_of(object.get("id", object.get("@id")), "the object's id")
    named = attributed(object)
    author = named[0] if named else ""
    for url in filter(None, (id, *named)):
        ids.origin(url)
    if id and author and not ids.same_origin(id, author):
        raise Forbidden("FED-6.5", "the object's id is not of its author's origin")
    return id, author


def check_form(document: Doc) -> None:
    """Refuse an object whose plainest members are of the wrong kind (FED-6.3)."""
    types(document)
    for name in LINES:
        text(document, name)
    for name in MAPS:
        by_language(document, name)
