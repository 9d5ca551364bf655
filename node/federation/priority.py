"""Pure: people before bulk: what is applied and delivered before what (spec FED-7.17, FED-8.14)."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from node.federation.activities import reading
from node.federation.activities.shapes import (
    SEALED_KINDS,
    Accept,
    Activity,
    Announce,
    Block,
    CreateSealed,
    EndFriendship,
    Follow,
    Like,
    OfferFriendship,
    Reject,
    RejectSealed,
    Undo,
)


class Priority(IntEnum):
    """The smaller comes first. What one actor says keeps its order within each."""

    PEOPLE = 0  # sealed messages, friendship, answers to what one of ours did
    POSTS = 1
    REACTIONS = 2


_PEOPLE: Final = (
    CreateSealed, RejectSealed, Follow, OfferFriendship, EndFriendship, Accept, Reject, Block,
)  # fmt: skip
_PEOPLES_VERBS: Final = frozenset({"Follow", "Offer", "Accept", "Reject", "Block"})
_REACTIONS: Final = ("Like", "Announce", "EmojiReact")


def of_activity(activity: Activity) -> Priority:
    """The priority of what one of ours says."""
    said = activity.of if isinstance(activity, Undo) else activity
    if isinstance(said, Like | Announce):
        return Priority.REACTIONS
    if isinstance(said, _PEOPLE) or isinstance(activity, Undo):
        return Priority.PEOPLE
    return Priority.POSTS


def of_document(type: str, document: Mapping[str, object]) -> Priority:
    """The priority of what a peer says, by its words: `type` is the activity's.

    A retraction has that of what it retracts, so that it comes behind it; one that names what it
    retracts by id alone may come before it, and is remembered (INB-3.3).
    """
    said = document.get("object")
    if type in _REACTIONS or (type == "Undo" and reading.is_a(said, *_REACTIONS)):
        return Priority.REACTIONS
    sealed = type == "Create" and reading.is_a(said, *SEALED_KINDS)
    if sealed or type == "Undo" or type in _PEOPLES_VERBS:
        return Priority.PEOPLE
    return Priority.POSTS
