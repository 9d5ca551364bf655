"""Pure: from the `to` and `cc` of a note to its audience, and back (spec INB-2)."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from node.federation.activities.shapes import PUBLIC
from node.graph.visibility import Audience, AudienceKind

Addresses = tuple[tuple[str, ...], tuple[str, ...]]


class Choice(StrEnum):
    """What a person chooses when they publish; named actors are a third way."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    FRIENDS = "friends"


class Author(Struct, frozen=True):
    """An actor and the collections that stand for groups of people in `to` and `cc`."""

    actor: str
    followers: str = ""
    friends: str = ""


def audience_of(
    author: Author, addressed: Iterable[str], host: Author | None = None
) -> tuple[Audience, ...]:
    """Who is meant by `addressed` (to and cc together), without duplicates, in a fixed order.

    `host` is the author of the post at the root when this is a comment: their collections stand
    for the people of the thread.
    """
    groups = {author.followers: AudienceKind.FOLLOWERS, author.friends: AudienceKind.FRIENDS}
    thread = {host.followers, host.friends} - set(groups) if host is not None else set()
    found = set()
    for target in filter(None, addressed):
        if target == PUBLIC:
            found.add(Audience(AudienceKind.PUBLIC))
        elif target in groups:
            found.add(Audience(groups[target]))
        elif target in thread:
            found.add(Audience(AudienceKind.THREAD, target))
        else:
            found.add(Audience(AudienceKind.ACTOR, target))
    return tuple(sorted(found, key=lambda one: (one.kind, one.ref)))


def addressing(author: Author, choice: Choice | None, actors: Iterable[str]) -> Addresses:
    """The `to` and `cc` that say `choice`, plus named `actors` (INB-2.1)."""
    named = tuple(sorted(set(actors)))
    if choice is Choice.PUBLIC:
        return (PUBLIC,), (author.followers, *named)
    if choice is Choice.FOLLOWERS:
        return (author.followers,), named
    if choice is Choice.FRIENDS:
        return (author.friends,), named
    return named, ()


def answering(host: Author, audience: Iterable[Audience], people: Iterable[str]) -> Addresses:
    """The `to` and `cc` of a comment: those for whom the post of `host` is, and `people` (INB-2.2).

    `people` are whom it answers and who else was named: only they are sent it.
    """
    kinds = {one.kind for one in audience}
    named = tuple(sorted(set(people)))
    if AudienceKind.PUBLIC in kinds:
        return (PUBLIC,), named
    groups = (
        (AudienceKind.FOLLOWERS, host.followers),
        (AudienceKind.FRIENDS, host.friends),
    )
    return (*(address for kind, address in groups if kind in kinds and address), *named), ()
