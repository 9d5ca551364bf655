"""Pure: from the `to` and `cc` of a note to its audience, and back (spec INB-2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from node.federation.activities.shapes import PUBLIC
from node.graph.visibility import Audience, AudienceKind


class Choice(StrEnum):
    """What a person chooses when they publish; named actors are a third way."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    FRIENDS = "friends"


@dataclass(frozen=True, slots=True)
class Author:
    """An actor and the collections that stand for groups of people in `to` and `cc`."""

    actor: str
    followers: str = ""
    friends: str = ""


def audience_of(author: Author, addressed: Iterable[str]) -> tuple[Audience, ...]:
    """Who is meant by `addressed` (to and cc together), without duplicates, in a fixed order."""
    found = set()
    for target in addressed:
        if target == PUBLIC:
            found.add(Audience(AudienceKind.PUBLIC))
        elif target and target == author.followers:
            found.add(Audience(AudienceKind.FOLLOWERS))
        elif target and target == author.friends:
            found.add(Audience(AudienceKind.FRIENDS))
        else:
            found.add(Audience(AudienceKind.ACTOR, target))
    return tuple(sorted(found, key=lambda one: (one.kind, one.ref)))


def addressing(
    author: Author, choice: Choice | None, actors: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The `to` and `cc` that say `choice`, plus named `actors` (INB-2.1)."""
    named = tuple(sorted(set(actors)))
    if choice is Choice.PUBLIC:
        return (PUBLIC,), (author.followers, *named)
    if choice is Choice.FOLLOWERS:
        return (author.followers,), named
    if choice is Choice.FRIENDS:
        return (author.friends,), named
    return named, ()
