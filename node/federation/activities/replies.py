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
from node.federation.activities.friendship import parse_end, parse_offer, render_offer
from node.federation.activities.likes import (
    parse_announce,
    parse_like,
    render_announce,
    render_like,
)
from node.federation.activities.reading import Doc, id_of, is_a, one, types, url_id
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
_UNDONE: Mapping[str, Callable[[Doc, Envelope], Enclosed]] = {
    **_ANSWERED,
    "Like": parse_like,
    "Announce": parse_announce,
    "Block": parse_block,
}


def _inner(object: Doc) -> Envelope:
    """The envelope of an enclosed activity, whose id may be absent."""
    actor = url_id(one(object.get("actor"), "the inner actor"), "the inner actor")
    id = id_of(object.get("id"), "the inner id")
    if id:
        ids.origin(id)
    return Envelope(id, actor)


def _known(object: Doc, table: Mapping[str, Any], verb: str) -> Any:
    for name in types(object):
        if name in table:
            return table[name]
    raise Malformed("FED-6.1", f"{verb} that is not understood here")


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
    read = _known(object, _ANSWERED, "an answer to")
    inner: Follow | OfferFriendship = read(object, _inner(object))
    if inner.object != envelope.actor:
        raise Forbidden("FED-6.10", "only the one who was asked may answer")
    return kind(envelope.id, envelope.actor, inner.id, inner)


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
    inner = _undone(object)
    if inner.actor != envelope.actor:
        raise Forbidden("FED-6.10", "only who envelope it may take it back")
    return Undo(envelope.id, envelope.actor, inner.id, inner)


def _undone(object: Doc) -> Enclosed:
    if is_a(object, "Accept"):
        return parse_accept(object, _inner(object))
    read = _known(object, _UNDONE, "an Undo of")
    inner: Enclosed = read(object, _inner(object))
    return inner


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
