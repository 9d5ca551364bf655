"""Pure: the two ways through the door: documents to activities and back, by one table (FED-6.1)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from node.errors import Malformed
from node.federation.activities import (
    actors,
    blocking,
    deleting,
    flagging,
    following,
    friendship,
    likes,
    moving,
    posts,
    replies,
    resending,
    sealed,
    video,
)
from node.federation.activities.attribution import Envelope, check_form, envelope
from node.federation.activities.context import with_context
from node.federation.activities.reading import Doc, id_of, one, only, types
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
    Flag,
    Follow,
    Like,
    Move,
    OfferFriendship,
    Reject,
    RejectSealed,
    Resend,
    Resent,
    Undo,
    UpdateActor,
    UpdateNote,
    UpdateVideo,
)
from node.wire import contexts, json

Parser: TypeAlias = Callable[[Doc, Envelope], Activity]
Enclosing: TypeAlias = Callable[[Doc, Envelope, Doc], Activity]


class Verb(NamedTuple):
    """What an activity of a type says. `is_known` tells by its object's type whether we know it."""

    parse: Parser
    is_known: Callable[[Doc], bool] = lambda _document: True


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


def _enclosing(table: Mapping[str, Enclosing]) -> Verb:
    """A verb that encloses an object of one of the types in `table`."""

    def is_known(document: Doc) -> bool:
        object = only(document.get("object"))
        return not isinstance(object, dict | Mapping) or any(
            name in table for name in types(object)
        )

    def parse(document: Doc, envelope: Envelope) -> Activity:
        object = one(document.get("object"), "the object")
        if not isinstance(object, Mapping):
            id_of(object, "the object")
            raise Malformed("FED-6.5", "a Create or Update encloses its object")
        check_form(object)
        named = types(object)
        for name, read in table.items():
            if name in named:
                return read(document, envelope, object)
        raise Malformed("FED-6.1", f"an object of type {_shown(named)} is not understood here")

    return Verb(parse, is_known)


def _is_reject(document: Doc) -> bool:
    return sealed.is_rejection(document) or replies.is_answer(document)


def _parse_reject(document: Doc, envelope: Envelope) -> Activity:
    """A no to what was asked, or words that are returned."""
    if sealed.is_rejection(document):
        return sealed.parse_rejection(document, envelope)
    return replies.parse_reject(document, envelope)


# The closed set: what does not stand here is not understood, and is not stored either.
VERBS: Mapping[str, Verb] = {
    "Follow": Verb(following.parse_follow),
    "Offer": Verb(friendship.parse_offer, friendship.is_offer),
    "Accept": Verb(replies.parse_accept, replies.is_answer),
    "Reject": Verb(_parse_reject, _is_reject),
    "Undo": Verb(replies.parse_undo, replies.is_undo),
    "Block": Verb(blocking.parse_block),
    "Like": Verb(likes.parse_like),
    "Announce": Verb(likes.parse_announce, likes.is_share),
    "Create": _enclosing(_CREATED),
    "Update": _enclosing(_UPDATED),
    "Delete": Verb(deleting.parse_delete),
    "Move": Verb(moving.parse_move),
    "Flag": Verb(flagging.parse_flag),
    "Resend": Verb(resending.parse_resend),
    "Resent": Verb(resending.parse_resent),
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
    RejectSealed: sealed.render_rejection,
    Delete: deleting.render_delete,
    Move: moving.render_move,
    Flag: flagging.render_flag,
    Resend: resending.render_resend,
    Resent: resending.render_resent,
    UpdateActor: actors.render_update,
}


def verb_of(document: Doc) -> str:
    """The verb of `document`; empty when it, or what it is about, is of no type understood here.

    What has a verb is never refused by `parse` as not understood. Cheap: only types are read.
    Raises `Malformed` (FED-6.1) for two verbs at once, (FED-2.6, FED-6.3) for what is no type.
    """
    verb = _verb(document)
    return verb if verb and VERBS[verb].is_known(document) else ""


def _verb(document: Doc) -> str:
    found = {name for name in types(document) if name in VERBS}
    if len(found) > 1:
        raise Malformed("FED-6.1", "the activity says two things at once")
    return found.pop() if found else ""


def parse(document: Doc, received: datetime | None = None) -> Activity:
    """The one activity that `document` says.

    `received` is when it reached us: nothing is published later than that, and what does not say
    when it was published is taken to be of then (without `received`: of 1970).
    Raises `Malformed`, `Forbidden` and `TooMuch` (FED-6, FED-1.1, FED-1.2, FED-2.4).
    """
    contexts.check(dict(document))
    check_form(document)
    if verb := _verb(document):
        return VERBS[verb].parse(document, envelope(document, received))
    named = types(document)
    if any(name in sealed.KINDS for name in named):
        return sealed.parse_bare(document, Envelope("", "", received))
    raise Malformed("FED-6.1", f"{_shown(named)} is not an activity that is understood here")


def _shown(names: tuple[str, ...]) -> str:
    # The text is from outside: letters only, so that a log line stays one.
    return "".join(each for each in " ".join(names)[:80] if each.isalnum() or each in " :#_-")


def render(activity: Activity) -> bytes:
    """`activity` as compact JSON in UTF-8, context first: what is posted, stored and signed."""
    return json.encode(with_context(dict(RENDER[type(activity)](activity))))
