"""What stands at the ids of our own posts and videos, read back from their rows."""

import json
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, func, or_, select

from node.federation.activities.shapes import PUBLIC, Attachment, Note
from node.graph.visibility import AudienceKind
from node.inbox.audiences import Author
from node.store.graph import GraphUnit
from node.store.inbox import InboxUnit
from node.store.tables import audiences, posts, reactions
from node.store.unit import Unit
from node.wire.times import from_micros

KINDS = {"likes": "like", "shares": "share"}


class Kept(msgspec.Struct, frozen=True):
    """A post of ours as it would be sent now. `deleted`: it is no more, its words are gone."""

    note: Note
    deleted: datetime | None


class ObjectUnit(Unit):
    """A look at our objects."""

    async def post_of(self, id: str) -> str:
        """The id of our post with this id, or of the one whose Video has it; else nothing."""
        found = await self.connection.execute(
            select(posts.c.id).where(
                or_(posts.c.id == id, posts.c.video == id), posts.c.local.is_(True)
            )
        )
        return str(found.scalar() or "")

    async def kept(self, id: str) -> Kept | None:
        """Our post with this id, or the one whose Video has it."""
        found = await self.connection.execute(
            select(posts).where(or_(posts.c.id == id, posts.c.video == id), posts.c.local.is_(True))
        )
        row = found.first()
        if row is None:
            return None
        meant = await self.connection.execute(
            select(audiences.c.kind, audiences.c.ref).where(audiences.c.post == row.id)
        )
        lines = [(each.kind, each.ref) for each in meant.all()]
        to, cc, named = _addresses(lines, await self.beside(InboxUnit).author(row.author))
        deleted = from_micros(row.deleted) if row.deleted is not None else None
        return Kept(_note(row, to, cc, named), deleted)

    async def shows_the_named_alone(self, note: Note, viewer: str) -> bool:
        """Whether it is for friends and the viewer's server knows no friendship (INB-2.5)."""
        author = await self.beside(InboxUnit).author(note.author)
        if author.friends not in (*note.to, *note.cc):
            return False
        return not await self.beside(GraphUnit).speaks_friendship(viewer)

    async def total(self, post: str, part: str) -> int:
        """How many likes, shares or comments the post has."""
        if part == "dislikes":
            return 0
        if part in KINDS:
            query = select(func.count()).where(
                reactions.c.object == post, reactions.c.kind == KINDS[part]
            )
        else:
            query = select(func.count()).where(
                posts.c.in_reply_to == post, posts.c.deleted.is_(None)
            )
        return int((await self.connection.execute(query)).scalar_one())


Addresses = tuple[str, ...]


def _addresses(
    lines: list[tuple[str, str]], author: Author
) -> tuple[Addresses, Addresses, Addresses]:
    """`to`, `cc` and the people named, from the rows of the audience."""
    kinds = {kind for kind, _ in lines}
    named = tuple(sorted(ref for kind, ref in lines if kind == AudienceKind.ACTOR))
    groups = tuple(
        address
        for kind, address in (
            (AudienceKind.PUBLIC, PUBLIC),
            (AudienceKind.FOLLOWERS, author.followers),
            (AudienceKind.FRIENDS, author.friends),
        )
        if kind in kinds and address
    )
    groups += tuple(ref for kind, ref in sorted(lines) if kind == AudienceKind.THREAD)
    if not groups:
        return named, (), named
    return groups[:1], (*groups[1:], *named), named


def _note(row: "Row[Any]", to: Addresses, cc: Addresses, named: Addresses) -> Note:
    return Note(
        id=row.id,
        author=row.author,
        content=row.content,
        published=from_micros(row.published),
        updated=from_micros(row.updated) if row.updated is not None else None,
        url=row.url,
        summary=row.summary,
        sensitive=row.sensitive,
        in_reply_to=row.in_reply_to,
        lang=row.lang,
        content_map=json.loads(row.content_map),
        to=to,
        cc=cc,
        mentions=named,
        attachments=tuple(msgspec.json.decode(row.attachments, type=list[Attachment])),
        name=row.name,
        video=row.video,
    )
