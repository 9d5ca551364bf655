"""Pure: may this actor see that: the one rule for objects, pages, media and search (spec GRA-6)."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class AudienceKind(StrEnum):
    """Whom an audience means, as kept in `audiences.kind`."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    FRIENDS = "friends"
    CIRCLE = "circle"
    ACTOR = "actor"
    THREAD = "thread"  # of a comment: the people of the post that the thread began with


class Audience(Struct, frozen=True):
    """One line of an object's audience. `ref` is the circle, the actor or the collection that was
    named for the thread, else empty."""

    kind: AudienceKind
    ref: str = ""


class Viewer(Struct, frozen=True):
    """What is known of who looks, towards the author. An `actor` of "" is anybody at all."""

    actor: str = ""
    is_author: bool = False
    friend: bool = False
    follower: bool = False
    blocked: bool = False  # either of the two blocks the other
    circles: frozenset[str] = frozenset()  # those of the author that hold the viewer
    root: bool | None = None  # may see the post that the thread began with; None: this is it


STRANGER = Viewer()


def may_see(viewer: Viewer, audience: Iterable[Audience]) -> bool:
    """Whether `viewer` may see what is meant for `audience`. No audience: only the author may."""
    if viewer.is_author:
        return True
    if viewer.blocked or viewer.root is False:
        return False
    return any(_meant(viewer, one) for one in audience)


def _meant(viewer: Viewer, one: Audience) -> bool:
    if one.kind is AudienceKind.PUBLIC:
        return True
    if one.kind is AudienceKind.THREAD:
        return viewer.root is True
    if not viewer.actor:
        return False
    if one.kind is AudienceKind.FOLLOWERS:
        # A friend is closer than a follower: what followers may see, friends may.
        return viewer.follower or viewer.friend
    if one.kind is AudienceKind.FRIENDS:
        return viewer.friend
    if one.kind is AudienceKind.CIRCLE:
        return bool(one.ref) and one.ref in viewer.circles
    return one.ref == viewer.actor
