"""Pure: the two ways through the door: documents to activities and back, by one table (FED-6.1)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from node.errors import Malformed
from node.federation.activities import (
    actors,
    blocking,
    deleting,
    following,
    friendship,
    likes,
    posts,
    replies,
    sealed,
    video,
)
from node.federation.activities.attribution import Envelope, check_form, envelope
from node.federation.activities.context import with_context
from node.federation.activities.reading import Doc, id_of, one, types
from node.federation.activities.shapes import (
    Accept,
    Activity,
    Announce,
    Block,
    CreateNote,
    CreateSealed,
    CreateVideo,
    Delete,
    EndFriendship,
    Follow,
    Like,
    OfferFriendship,
    Reject,
    Undo,
    UpdateActor,
    UpdateNote,
    UpdateVideo,
)
from node.wire import contexts, json

Parser: TypeAlias = Callable[[Doc, Envelope], Activity]
Enclosing: TypeAlias = Callable[[Doc, Envelope, Doc], Activity]

# What an activity of these types encloses decides what it says. Sealed kinds stand first: a
# sealed object is never read as a post, whatever else it calls itself.
_CREATED: Mapping[str, Enclosing] = {
    **dict.fromkeys(sealed.KINDS, sealed.parse_create),
    "Video": video.parse_create,
    **dict.fromkeys(posts.KINDS, posts.parse_create),
}
_UPDATED: Mapping[str, Enclosing] = {
    **dict.fromkeys(actors.KINDS, actors.parse_update),
    "Video": video.parse_update,
    **dict.fromkeys(posts.KINDS, posts.parse_update),
}


def _parse_create(document: Doc, envelope: Envelope) -> Activity:
    return _enclosed(document, envelope, _CREATED, "Create")


def _parse_update(document: Doc, envelope: Envelope) -> Activity:
    return _enclosed(document, envelope, _UPDATED, "Update")


VERBS: Mapping[str, Parser] = {
    "Follow": following.parse_follow,
    "Offer": friendship.parse_offer,
    "Accept": replies.parse_accept,
    "Reject": replies.parse_reject,
    "Undo": replies.parse_undo,
    "Block": blocking.parse_block,
    "Like": likes.parse_like,
    "Announce": likes.parse_announce,
    "Create": _parse_create,
    "Update": _parse_update,
    "Delete": deleting.parse_delete,
}
RENDER: Mapping[type, Callable[[Any], Mapping[str, Any]]] = {
    Follow: following.render_follow,
    OfferFriendship: friendship.render_offer,
    EndFriendship: friendship.render_end,
    Accept: replies.render_answer,
    Reject: replies.render_answer,
    Undo: replies.render_undo,
    Block: blocking.render_block,
    Like: likes.render_like,
    Announce: likes.render_announce,
    CreateNote: posts.render_create,
    UpdateNote: posts.render_update,
    CreateVideo: video.render_create,
    UpdateVideo: video.render_update,
    CreateSealed: sealed.render_create,
    Delete: deleting.render_delete,
    UpdateActor: actors.render_update,
}


def parse(document: Doc, received: datetime | None = None) -> Activity:
    """The one activity that `document` says.

    `received` is when it reached us: nothing is published later than that, and what does not say
    when it was published is taken to be of then (without `received`: of 1970).
    Raises `Malformed`, `Forbidden` and `TooMuch` (FED-6, FED-1.1, FED-1.2, FED-2.4).
    """
    contexts.check(dict(document))
    check_form(document)
    named = types(document)
    verbs = [VERBS[name] for name in named if name in VERBS]
    if len(set(verbs)) > 1:
        raise Malformed("FED-6.1", "the activity says two things at once")
    if verbs:
        return verbs[0](document, envelope(document, received))
    if any(name in sealed.KINDS for name in named):
        return sealed.parse_bare(document, Envelope("", "", received))
    raise Malformed("FED-6.1", f"{_shown(named)} is not an activity that is understood here")


def _enclosed(
    document: Doc, envelope: Envelope, table: Mapping[str, Enclosing], verb: str
) -> Activity:
    object = one(document.get("object"), f"the object of {verb}")
    if not isinstance(object, Mapping):
        id_of(object, f"the object of {verb}")
        raise Malformed("FED-6.5", f"the {verb} does not enclose its object")
    check_form(object)
    named = types(object)
    for name, read in table.items():
        if name in named:
            return read(document, envelope, object)
    raise Malformed("FED-6.1", f"{verb} of {_shown(named)} is not understood here")


def _shown(names: tuple[str, ...]) -> str:
    # The text is from outside: letters only, so that a log line stays one.
    return "".join(each for each in " ".join(names)[:80] if each.isalnum() or each in " :#_-")


def render(activity: Activity) -> bytes:
    """`activity` as compact JSON in UTF-8, context first: what is posted, stored and signed."""
    return json.encode(with_context(dict(RENDER[type(activity)](activity))))
