"""Pure: `Accept`, `Reject` and `Undo`: answers to, and the end of, an earlier activity (FED-6.10).

What they enclose is a hint, never a proof: the handler looks for the activity by its id, or by
actor and object when the enclosed one has no id.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from node.errors import Forbidden, Malformed
from node.federation.activities.attribution import Envelope
from node.federation.activities.blocking import parse_block, render_block
from node.federation.activities.following import parse_follow, render_follow
from node.federation.activities.friendship import is_offer, parse_end, parse_offer, render_offer
from node.federation.activities.likes import (
    is_share,
    parse_announce,
    parse_like,
    render_announce,
    render_like,
)
from node.federation.activities.reading import Doc, first_type, id_of, is_a, one, only, url_id
from node.federation.activities.shapes import (
    Accept,
    Announce,
    Block,
    EndFriendship,
    Follow,
    Like,
    OfferFriendship,
    Reject,
    Undo,
)
from node.wire import ids

Answer = TypeVar("Answer", Accept, Reject)
Enclosed = Follow | OfferFriendship | Like | Announce | Block | Accept
_ANSWERED: Mapping[str, Callable[[Doc, Envelope], Follow | OfferFriendship]] = {
    "Follow": parse_follow,
    "Offer": parse_offer,
}


def _inner(object: Doc) -> Envelope:
    """The envelope of an enclosed activity, whose id may be absent."""
    actor = url_id(one(object.get("actor"), "the inner actor"), "the inner actor")
    id = id_of(object.get("id"), "the inner id")
    if id:
        ids.origin(id)
    return Envelope(id, actor)


def is_answer(document: Doc) -> bool:
    """Whether this Accept or Reject is about something that can be asked here."""
    return _is_about(document, _ANSWERED)


def is_undo(document: Doc) -> bool:
    """Whether this Undo is about something that can be undone here."""
    object = only(document.get("object"))
    return is_a(object, "Relationship") or _is_about(document, _UNDONE)


def _is_about(document: Doc, table: Mapping[str, Any]) -> bool:
    object = only(document.get("object"))
    if not isinstance(object, Mapping) or "type" not in object:
        return True  # an id, or what is no activity at all and is refused as that
    name = first_type(object, table)
    return bool(name) and _ENCLOSING.get(name, _plain)(object)


def _plain(_document: Doc) -> bool:
    return True


# An enclosed activity is as little understood as what it is about.
_ENCLOSING: Mapping[str, Callable[[Doc], bool]] = {
    "Offer": is_offer,
    "Announce": is_share,
    "Accept": is_answer,
}


def parse_accept(document: Doc, envelope: Envelope) -> Accept:
    """Raises `Malformed` (FED-6.1, FED-6.3, FED-1.1) and `Forbidden` (FED-6.10)."""
    return _answer(Accept, document, envelope)


def parse_reject(document: Doc, envelope: Envelope) -> Reject:
    """Raises as `parse_accept`."""
    return _answer(Reject, document, envelope)


def _answer(kind: type[Answer], document: Doc, envelope: Envelope) -> Answer:
    object = one(document.get("object"), "what is answered")
    if not isinstance(object, Mapping) or "type" not in object:
        return kind(envelope.id, envelope.actor, url_id(object, "what is answered"))
    if not is_answer(document):
        raise Malformed("FED-6.1", "an answer to that is not understood here")
    inner = _ANSWERED[first_type(object, _ANSWERED)](object, _inner(object))
    if inner.object == envelope.actor:
        return kind(envelope.id, envelope.actor, inner.id, inner)
    if inner.id:
        # Bridges write another name of theirs into the copy: who was asked by this id, we know.
        return kind(envelope.id, envelope.actor, inner.id)
    raise Forbidden("FED-6.10", "only the one who was asked may answer")


_UNDONE: Mapping[str, Callable[[Doc, Envelope], Enclosed]] = {
    "Accept": parse_accept,
    **_ANSWERED,
    "Like": parse_like,
    "Announce": parse_announce,
    "Block": parse_block,
}


def parse_undo(document: Doc, envelope: Envelope) -> Undo | EndFriendship:
    """Raises `Malformed` (FED-6.1, FED-6.3, FED-1.1) and `Forbidden` (FED-6.10)."""
    object = one(document.get("object"), "what is undone")
    if not isinstance(object, Mapping) or "type" not in object:
        undone = url_id(object, "what is undone")
        if not ids.same_origin(undone, envelope.actor):
            raise Forbidden("FED-6.10", "what is undone is not of the actor's origin")
        return Undo(envelope.id, envelope.actor, undone)
    if is_a(object, "Relationship"):
        return parse_end(object, envelope)
    if not is_undo(document):
        raise Malformed("FED-6.1", "an Undo of that is not understood here")
    inner = _UNDONE[first_type(object, _UNDONE)](object, _inner(object))
    if inner.actor != envelope.actor:
        raise Forbidden("FED-6.10", "only who said it may take it back")
    return Undo(envelope.id, envelope.actor, inner.id, inner)


def render_answer(answer: Accept | Reject) -> dict[str, Any]:
    enclosed = _render(answer.of) if answer.of else answer.object
    document = {
        "type": type(answer).__name__,
        "id": answer.id,
        "actor": answer.actor,
        "object": enclosed,
    }
    return document | ({"to": [answer.of.actor]} if answer.of else {})


def render_undo(undo: Undo) -> dict[str, Any]:
    enclosed = _render(undo.of) if undo.of else undo.object
    return {"type": "Undo", "id": undo.id, "actor": undo.actor, "object": enclosed}


_RENDER: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    Follow: render_follow,
    OfferFriendship: render_offer,
    Like: render_like,
    Announce: render_announce,
    Block: render_block,
    Accept: render_answer,
}


def _render(activity: Enclosed) -> dict[str, Any]:
    document = _RENDER[type(activity)](activity)
    if not activity.id:
        del document["id"]
    return document
