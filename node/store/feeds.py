"""The queries of reading: feeds, one post, comments, notices; rows become the API's values."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, update

from node.graph.visibility import AudienceKind
from node.store.inbox import InboxUnit
from node.store.paging import older
from node.store.people import people
from node.store.tables import audiences, notices, posts, reactions, timeline
from node.wire.api.cursor import Cursor
from node.wire.api.inbox import MediaFile, Notice, Post
from node.wire.times import from_micros, micros

Page = tuple[list[Post], Cursor | None]

POST = (
    posts.c.id,
    posts.c.number,
    posts.c.kind,
    posts.c.author,
    posts.c.content,
    posts.c.published,
    posts.c.updated,
    posts.c.url,
    posts.c.name,
    posts.c.summary,
    posts.c.sensitive,
    posts.c.lang,
    posts.c.content_map,
    posts.c.in_reply_to,
    posts.c.video,
    posts.c.attachments,
)


class FeedUnit(InboxUnit):
    """A look at posts through one reader's eyes."""

    async def feed(self, account: str, reader: str, limit: int, after: Cursor | None) -> Page:
        """The friends feed, newest first, down to its end."""
        query = (
            select(*POST)
            .join(timeline, timeline.c.post == posts.c.id)
            .where(
                timeline.c.account == account,
                posts.c.deleted.is_(None),
                older(timeline.c.published, timeline.c.post, after),
            )
            .order_by(timeline.c.published.desc(), timeline.c.post.desc())
        )
        return await self._page(query, reader, limit)

    async def by_author(self, author: str, reader: str, limit: int, after: Cursor | None) -> Page:
        """What `author` posted and `reader` may see."""
        query = (
            select(*POST)
            .where(
                posts.c.author == author,
                posts.c.deleted.is_(None),
                posts.c.in_reply_to == "",
                older(posts.c.published, posts.c.id, after),
            )
            .order_by(posts.c.published.desc(), posts.c.id.desc())
        )
        return await self._page(query, reader, limit)

    async def open_by(self, author: str, limit: int) -> list[Post]:
        """What `author` posted to all, the newest first: for their page."""
        query = (
            select(*POST)
            .join(audiences, audiences.c.post == posts.c.id)
            .where(
                posts.c.author == author,
                posts.c.deleted.is_(None),
                posts.c.in_reply_to == "",
                audiences.c.kind == AudienceKind.PUBLIC,
            )
            .order_by(posts.c.published.desc(), posts.c.id.desc())
        )
        found, _ = await self._page(query, "", limit)
        return found

    async def comments(self, root: str, reader: str, limit: int, after: Cursor | None) -> Page:
        """The comments below a post, newest first."""
        query = (
            select(*POST)
            .where(
                posts.c.thread == root,
                posts.c.id != root,
                posts.c.deleted.is_(None),
                older(posts.c.published, posts.c.id, after),
            )
            .order_by(posts.c.published.desc(), posts.c.id.desc())
        )
        return await self._page(query, reader, limit)

    async def one(self, id: str, reader: str) -> Post | None:
        """The post as `reader` sees it. Whether they may is asked before."""
        known = await self.post(id)
        if known is None:
            return None
        found = await self.connection.execute(select(*POST).where(posts.c.id == known.id))
        rows: Sequence[Any] = found.all()
        return (await self._posts(rows, reader))[0]

    async def _page(self, query: "Select[Any]", reader: str, limit: int) -> Page:
        """A page may be shorter than `limit`: what `reader` may not see any more is left out."""
        found = await self.connection.execute(query.limit(limit + 1))
        rows = found.all()
        more = rows[limit - 1] if len(rows) > limit else None
        rows = rows[:limit]
        seen = await self.visible(reader, [row.id for row in rows])
        rows = [row for row in rows if row.id in seen]
        after = Cursor(more.published, more.id) if more else None
        return await self._posts(rows, reader), after

    async def _posts(self, rows: "Sequence[Row[Any]]", reader: str) -> list[Post]:
        ids = [row.id for row in rows]
        named = await people(self.connection, [row.author for row in rows])
        likes = await self._count(reactions.c.object, ids, reactions.c.kind == "like")
        comments = await self._count(posts.c.in_reply_to, ids, _counted(reader))
        liked = await self.connection.execute(
            select(reactions.c.object).where(
                reactions.c.object.in_(ids),
                reactions.c.actor == reader,
                reactions.c.kind == "like",
            )
        )
        mine = set(liked.scalars())
        meant = await self.connection.execute(
            select(audiences.c.post, audiences.c.kind, audiences.c.ref).where(
                audiences.c.post.in_(ids)
            )
        )
        audience: dict[str, list[str]] = {id: [] for id in ids}
        for row in meant.all():
            audience[row.post].append(row.ref or row.kind)
        return [
            Post(
                id=row.id,
                number=str(row.number),
                kind=row.kind,
                author=named[row.author],
                content=row.content,
                published=from_micros(row.published),
                updated=from_micros(row.updated) if row.updated else None,
                url=row.url,
                name=row.name,
                summary=row.summary,
                sensitive=bool(row.sensitive),
                lang=row.lang,
                content_map=json.loads(row.content_map),
                in_reply_to=row.in_reply_to,
                video=row.video,
                media=[_media(one) for one in json.loads(row.attachments)],
                # To whom else a post went is its author's business.
                audience=audience[row.id] if row.author == reader else [],
                likes=likes.get(row.id, 0),
                comments=comments.get(row.id, 0),
                liked=row.id in mine,
            )
            for row in rows
        ]

    async def _count(self, column: Any, ids: list[str], also: Any) -> dict[str, int]:
        found = await self.connection.execute(
            select(column, func.count()).where(column.in_(ids), also).group_by(column)
        )
        rows: Sequence[Any] = found.all()
        return {row[0]: row[1] for row in rows}

    async def noticed(
        self, account: str, limit: int, after: Cursor | None
    ) -> tuple[list[Notice], Cursor | None]:
        """The account's notices, newest first."""
        found = await self.connection.execute(
            select(notices)
            .where(notices.c.account == account, older(notices.c.created, notices.c.id, after))
            .order_by(notices.c.created.desc(), notices.c.id.desc())
            .limit(limit + 1)
        )
        rows = found.all()
        named = await people(self.connection, [row.actor for row in rows])
        items = [
            Notice(
                id=row.id,
                kind=row.kind,
                actor=named[row.actor],
                object=row.object,
                created=from_micros(row.created),
                read=row.read is not None,
            )
            for row in rows[:limit]
        ]
        last = rows[limit - 1] if len(rows) > limit else None
        return items, Cursor(last.created, last.id) if last else None

    async def read_up_to(self, account: str, id: str) -> None:
        """Mark this notice and all older ones as read."""
        found = await self.connection.execute(
            select(notices.c.created).where(notices.c.account == account, notices.c.id == id)
        )
        created = found.scalar_one_or_none()
        if created is not None:
            await self.connection.execute(
                update(notices)
                .where(
                    notices.c.account == account,
                    notices.c.created <= created,
                    notices.c.read.is_(None),
                )
                .values(read=micros(self.now))
            )


def _counted(reader: str) -> ColumnElement[bool]:
    """Comments that are for the reader too, as far as it costs no look at each."""
    for_many = exists().where(
        audiences.c.post == posts.c.id,
        or_(audiences.c.kind != AudienceKind.ACTOR.value, audiences.c.ref == reader),
    )
    return and_(posts.c.deleted.is_(None), or_(posts.c.author == reader, for_many))


def _media(one: Mapping[str, Any]) -> MediaFile:
    return MediaFile(
        kind=one["kind"],
        media_type=one["media_type"],
        url=one["url"],
        name=one["name"],
        width=one["width"],
        height=one["height"],
        duration_ms=one["duration_ms"],
        blurhash=one["blurhash"],
        poster=one["poster"],
    )
