"""Pure: the one rule of who may see what, for objects, pages, media and search (spec GRA-6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class AudienceKind(StrEnum):
    """For whom something is. CIRCLE and ACTOR need a `ref`."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    FRIENDS = "friends"
    CIRCLE = "circle"
    ACTOR = "actor"


@dataclass(frozen=True, slots=True)
class Audience:
    """One part of an audience; `ref` is the id of the actor or circle that is meant."""

    kind: AudienceKind
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Ties:
    """What ties a viewer to the author of what they look at. `actor` is "" for a stranger."""

    actor: str = ""
    is_author: bool = False
    blocked: bool = False  # either way
    friends: bool = False
    follows: bool = False
    circles: frozenset[str] = frozenset()


STRANGER = Ties()


def may_see(viewer: Ties, audience: Iterable[Audience]) -> bool:
    """Whether the viewer may see it: authors always, the blocked never (GRA-6.1, GRA-6.2)."""
    if viewer.is_author:
        return True
    if viewer.blocked:
        return False
    return any(_meant(viewer, one) for one in audience)


def _meant(viewer: Ties, one: Audience) -> bool:
    match one.kind:
        case AudienceKind.PUBLIC:
            return True
        case AudienceKind.FOLLOWERS:
            return viewer.follows or viewer.friends
        case AudienceKind.FRIENDS:
            return viewer.friends
        case AudienceKind.CIRCLE:
            return one.ref in viewer.circles
        case AudienceKind.ACTOR:
            return bool(viewer.actor) and viewer.actor == one.ref
