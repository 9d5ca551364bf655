"""After a restore: what was posted meanwhile is read from outboxes, as far as it is public there.

So it is done with servers that know no Resend (spec FED-13.7). An outbox is a hint: each post is
fetched from its id.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

import msgspec

from node.errors import Forbidden, Missing, Refused
from node.federation.activities.collections import Collection, parse_collection
from node.federation.activities.reading import id_of, instant, is_a
from node.federation.activities.shapes import CreateNote
from node.federation.fetched import Said, author_of, said_at
from node.federation.peers import Actor
from node.wire.ids import same_origin

READ_BACK: Final = "read_back"  # the kind of its jobs, one for each server
MOST_ACTORS: Final = 100  # of one server
MOST_PAGES: Final = 3  # of one outbox
MOST_POSTS: Final = 40  # of one outbox


class ReadBack(msgspec.Struct, frozen=True):
    """What is left to do: whoever of the server with the origin `at` is behind `after`.

    `since` is the instant from which on things may be missing here. `read`: of how many.
    """

    at: str
    since: datetime
    after: str = ""
    read: int = 0


def behind(at: str) -> str:
    """Behind every id that begins with the origin `at`, which ends with a slash."""
    return at[:-1] + chr(ord("/") + 1)


class Documents(Protocol):
    """What stands at an address of another server."""

    async def document(self, url: str) -> Mapping[str, Any]:
        """From that origin and no other. Raises `Refused`, and `Unreachable` for a silent one."""
        ...


async def posts_since(
    actor: Actor, since: datetime, documents: Documents, received: datetime
) -> AsyncIterator[Said]:
    """What `actor` posted since then, the newest first. Raises `Unreachable`.

    What is refused ends nothing but itself, for the next may be whole.
    """
    left = MOST_POSTS
    async for item in _items(actor, documents):
        if left == 0 or _is_older(item, since):
            return
        id = _post_of(item, actor)
        if not id:
            continue
        left -= 1
        try:
            said = _said(await documents.document(id), id, item, actor, received)
        except Refused:
            continue
        published = said.note.published if isinstance(said, CreateNote) else said.video.published
        if published >= since:
            yield said


async def _items(actor: Actor, documents: Documents) -> AsyncIterator[Mapping[str, Any]]:
    try:
        page = parse_collection(await documents.document(actor.outbox))
        if not page.items:
            page = page.first or await _page(page.first_id, actor, documents)
        for _ in range(MOST_PAGES):
            for item in page.items:
                if isinstance(item, Mapping):
                    yield item
            page = await _page(page.next, actor, documents)
    except Refused:
        return


async def _page(url: str, actor: Actor, documents: Documents) -> Collection:
    if not same_origin(url, actor.id):
        raise Missing("FED-6.16", "there is no further page")
    return parse_collection(await documents.document(url))


def _is_older(item: Mapping[str, Any], since: datetime) -> bool:
    published = instant(item, "published")
    return published is not None and published < since


def _post_of(item: Mapping[str, Any], actor: Actor) -> str:
    """The id of the post that the activity `item` of an outbox made; else nothing.

    A channel announces the videos that its account made.
    """
    try:
        by = id_of(item.get("actor"), "the actor")
        id = id_of(item.get("object"), "the object")
    except Refused:
        return ""
    if by != actor.id or not is_a(item, "Create", "Announce") or not same_origin(id, actor.id):
        return ""
    return id


def _said(
    post: Mapping[str, Any], id: str, item: Mapping[str, Any], actor: Actor, received: datetime
) -> Said:
    """The Create of a post that was fetched from `id`. Raises `Refused`."""
    if not is_a(item, "Announce"):
        return said_at(id, post, actor.id, received)
    if not is_a(post, "Video"):
        raise Forbidden("FED-13.7", "of what an outbox announces only videos count")
    return said_at(id, post, author_of(post), received)
