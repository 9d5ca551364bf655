"""Who shared what stands in a feed for that alone, as its reader sees it now (spec INB-12.2)."""

from collections.abc import Container, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, literal_column, select

from node.store.near import near, near_author
from node.store.people import people
from node.store.pipeline import Pipeline
from node.store.tables import posts, reactions
from node.store.visibility import VisibilityUnit
from node.wire.api.inbox import Post
from node.wire.times import from_micros

MOST_SHARERS = 1_000  # of all posts of a page
IS_SHARE = reactions.c.kind == literal_column("'share'")
_READER: Any = bindparam("reader")
_POSTS: Any = bindparam("posts", expanding=True)
SHARERS = (
    select(reactions.c.object, reactions.c.actor, reactions.c.created)
    .where(reactions.c.object.in_(_POSTS), IS_SHARE, near(_READER, reactions.c.actor))
    .order_by(reactions.c.created, reactions.c.actor)
    .limit(MOST_SHARERS)
)
NEAR = select(posts.c.id).where(posts.c.id.in_(_POSTS), near_author(_READER))


class Sharer(NamedTuple):
    """Who shared it, and when, in microseconds; or its author."""

    actor: str
    at: int = 0


Sharers = Mapping[str, Sequence[Sharer]]


async def sharers(unit: VisibilityUnit, rows: Sequence[Any], reader: str) -> Sharers:
    """Of those rows that stand there because they were shared: by whom, the first one first.

    Only those count who are near the reader and not suspended; where the author is near, that is
    the author too.
    """
    found: dict[str, list[Sharer]] = {row.id: [] for row in rows if getattr(row, "shared", None)}
    if not found:
        return {}
    asked = {"posts": list(found), "reader": reader}
    shared, known = await unit.connection.fetch_all((SHARERS, asked), (NEAR, asked))
    actors = {row.actor for row in shared}
    away = await unit.hidden_among(actors) if actors else set()
    for row in shared:
        if row.actor not in away:
            found[row.object].append(Sharer(row.actor, row.created))
    near_ones = {row.id for row in known}
    for row in rows:
        if row.id in near_ones:
            found[row.id].append(Sharer(row.author))
    return found


def left(by: Sharers, muted: Container[str]) -> Sharers:
    """Without those who are muted."""
    return {id: [one for one in who if one.actor not in muted] for id, who in by.items()}


def is_shown(row: Any, by: Sharers, reader: str) -> bool:
    """Whether it stands in the feed of `reader` by itself, or is shared by somebody still."""
    return row.id not in by or (bool(by[row.id]) and row.author != reader)


async def say_who(
    connection: Pipeline, items: Sequence[Post], rows: Sequence[Any], by: Sharers
) -> None:
    """Name who shared them first; not where that is the author."""
    first = {row.id: by[row.id][0] for row in rows if by.get(row.id)}
    if not first:
        return
    known = await people(connection, [one.actor for one in first.values()])
    for post, row in zip(items, rows, strict=True):
        who = first.get(row.id)
        if who is not None and who.actor != row.author:
            post.shared_by, post.shared = known[who.actor], from_micros(who.at)
