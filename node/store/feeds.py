"""The queries of reading: feeds, one post, comments, notices; rows become the API's values."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)

from node.graph.visibility import Audience, AudienceKind
from node.inbox.mentions import REQUEST
from node.inbox.mutes import found
from node.store.hushed import HEARD, ask_muted, read_muted
from node.store.inbox import InboxUnit
from node.store.near import is_followed, is_friend
from node.store.paging import Pages, Windows
from node.store.people import ask_people, named, people
from node.store.pipeline import Step
from node.store.sharers import IS_SHARE, is_shown, left, say_who, sharers
from node.store.tables import (
    audiences,
    notices,
    posts,
    reactions,
    timeline,
    videos,
)
from node.store.visibility import AUDIENCES, audiences_of
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
    posts.c.thread,
    posts.c.deleted,
)
_READER: BindParameter[str] = bindparam("reader")
_POSTS: BindParameter[Any] = bindparam("posts", expanding=True)
ONE = select(*POST).where(posts.c.id == bindparam("post"))
_BY_AUTHOR = select(*POST).where(
    posts.c.author == bindparam("author"), posts.c.deleted.is_(None), posts.c.in_reply_to == ""
)
# A line of a feed besides its post: where it stands, and whether it was only shared.
_LINE = (timeline.c.published.label("at"), timeline.c.shared)
FEED = Pages(
    select(*POST, *_LINE)
    .join(timeline, timeline.c.post == posts.c.id)
    .where(timeline.c.account == bindparam("account"), posts.c.deleted.is_(None)),
    timeline.c.published,
    timeline.c.post,
)
LOOKED_AT = 2_000  # lines of a feed that one page of a part of it looks at
_BY_FOLLOWED = or_(
    is_followed(_READER, posts.c.author),
    exists().where(videos.c.post == posts.c.id, is_followed(_READER, videos.c.channel)),
)


def _part(which: ColumnElement[bool], shares: ColumnElement[bool]) -> Windows:
    """The lines of an account's feed for which `which` holds now, or one of its `shares`."""

    def pick(lines: FromClause) -> "Select[Any]":
        was_shared = exists().where(
            lines.c.shared == 1, reactions.c.object == posts.c.id, IS_SHARE, shares
        )
        return (
            select(*POST, lines.c.published.label("at"), lines.c.shared)
            .join_from(lines, posts, posts.c.id == lines.c.post)
            .where(posts.c.deleted.is_(None), or_(which, was_shared))
        )

    line = select(timeline.c.published, timeline.c.post, timeline.c.shared)
    mine = line.where(timeline.c.account == bindparam("account"))
    return Windows(mine, timeline.c.published, timeline.c.post, pick)


BY_FRIENDS = _part(is_friend(_READER, posts.c.author), is_friend(_READER, reactions.c.actor))
BY_FOLLOWED = _part(_BY_FOLLOWED, is_followed(_READER, reactions.c.actor))
LOCAL = Pages(
    select(*POST).where(posts.c.local_feed == 1, posts.c.deleted.is_(None)),
    posts.c.published,
    posts.c.id,
)
BY_AUTHOR = Pages(_BY_AUTHOR, posts.c.published, posts.c.id)
OPEN_BY = Pages(
    _BY_AUTHOR.join(audiences, audiences.c.post == posts.c.id).where(
        audiences.c.kind == AudienceKind.PUBLIC.value
    ),
    posts.c.published,
    posts.c.id,
)
_ROOT: BindParameter[str] = bindparam("root")
COMMENTS = Pages(
    select(*POST).where(posts.c.thread == _ROOT, posts.c.id != _ROOT, posts.c.deleted.is_(None)),
    posts.c.published,
    posts.c.id,
)
_NOTICES = select(notices).where(notices.c.account == bindparam("account"), HEARD)
NOTICES = Pages(_NOTICES.where(notices.c.kind != REQUEST), notices.c.created, notices.c.id)
ASKED = Pages(_NOTICES.where(notices.c.kind == REQUEST), notices.c.created, notices.c.id)
LIKES = (
    select(
        reactions.c.object,
        func.count().label("total"),
        func.sum(case((reactions.c.actor == _READER, 1), else_=0)).label("mine"),
    )
    .where(reactions.c.object.in_(_POSTS), reactions.c.kind == "like")
    .group_by(reactions.c.object)
)
# Comments that are for the reader too, as far as it costs no look at each.
_FOR_MANY = exists().where(
    audiences.c.post == posts.c.id,
    or_(audiences.c.kind != AudienceKind.ACTOR.value, audiences.c.ref == _READER),
)
COUNTED = (
    select(posts.c.in_reply_to.label("post"), func.count().label("total"))
    .where(
        posts.c.in_reply_to.in_(_POSTS),
        posts.c.deleted.is_(None),
        or_(posts.c.author == _READER, _FOR_MANY),
    )
    .group_by(posts.c.in_reply_to)
)


class FeedUnit(InboxUnit):
    """A look at posts through one reader's eyes."""

    async def feed(self, account: str, reader: str, limit: int, after: Cursor | None) -> Page:
        """What friends and those who are followed posted, newest first, down to its end."""
        return await self._page(FEED.page(limit, after, account=account), reader, limit)

    async def by_friends(
        self, account: str, reader: str, limit: int, after: Cursor | None, size: int = LOOKED_AT
    ) -> Page:
        """Of the feed what friends posted; a page looks at `size` lines at most."""
        return await self._window(BY_FRIENDS, account, reader, limit, after, size)

    async def by_followed(
        self, account: str, reader: str, limit: int, after: Cursor | None, size: int = LOOKED_AT
    ) -> Page:
        """Of the feed what came by a follow; a page looks at `size` lines at most."""
        return await self._window(BY_FOLLOWED, account, reader, limit, after, size)

    async def local(self, reader: str, limit: int, after: Cursor | None) -> Page:
        """What people of this node posted to all."""
        return await self._page(LOCAL.page(limit, after), reader, limit)

    async def by_author(self, author: str, reader: str, limit: int, after: Cursor | None) -> Page:
        """What `author` posted and `reader` may see."""
        page = BY_AUTHOR.page(limit, after, author=author)
        return await self._page(page, reader, limit, heeds=False)

    async def open_by(self, author: str, limit: int) -> list[Post]:
        """What `author` posted to all, the newest first: for their page."""
        page = OPEN_BY.page(limit, None, author=author)
        found, _ = await self._page(page, "", limit, heeds=False)
        return found

    async def comments(self, root: str, reader: str, limit: int, after: Cursor | None) -> Page:
        """The comments below a post, newest first."""
        return await self._page(COMMENTS.page(limit, after, root=root), reader, limit)

    async def one(self, id: str, reader: str) -> Post | None:
        """The post as `reader` sees it. Whether they may is asked before."""
        known = await self.post(id)
        if known is None:
            return None
        rows = await self.connection.fetch(ONE, {"post": known.id})
        meant, *counted = await self.connection.fetch_all(
            (AUDIENCES, {"posts": [known.id]}), *_about(rows, reader)
        )
        return _posts(rows, reader, audiences_of(meant), *counted)[0]

    async def _page(self, page: Step, reader: str, limit: int, heeds: bool = True) -> Page:
        """A page may be shorter than `limit`: what `reader` may not see any more is left out, and
        who they mute, unless they asked for that one (`heeds`).
        """
        return await self._shown(await self.connection.fetch(*page), reader, limit, heeds)

    async def _window(
        self,
        part: Windows,
        account: str,
        reader: str,
        limit: int,
        after: Cursor | None,
        size: int,
    ) -> Page:
        rows = await self.connection.fetch(
            *part.page(limit, size, after, account=account, reader=reader)
        )
        items, behind = await self._shown(rows, reader, limit)
        if behind is None:
            for end in await self.connection.fetch(*part.end(size, after, account=account)):
                behind = Cursor(end.published, end.id)
        return items, behind

    async def _shown(
        self, rows: Sequence[Any], reader: str, limit: int, heeds: bool = True
    ) -> Page:
        if not rows:
            return [], None
        more = rows[limit - 1] if len(rows) > limit else None
        rows = rows[:limit]
        by = await sharers(self, rows, reader)
        asked = (*_about(rows, reader), ask_muted(reader, micros(self.now)))
        seen = await self.seen(reader, rows, *asked)
        *about, muting = seen.also
        muted = read_muted(muting if heeds else ())
        by = left(by, muted.people)
        rows = [row for row in rows if row.id in seen.ids and row.author not in muted.people]
        rows = [row for row in rows if is_shown(row, by, reader)]
        after = Cursor(getattr(more, "at", more.published), more.id) if more else None
        items = _posts(rows, reader, seen.audiences, *about)
        await say_who(self.connection, items, rows, by)
        for post in items if muted.words else ():
            post.filtered = filtered(post, reader, muted.words)
        return items, after

    async def noticed(
        self, account: str, limit: int, after: Cursor | None, requests: bool = False
    ) -> tuple[list[Notice], Cursor | None]:
        """The account's notices, newest first; or those that are kept as `requests`."""
        pages = ASKED if requests else NOTICES
        rows = await self.connection.fetch(
            *pages.page(limit, after, account=account, now=micros(self.now))
        )
        actors = await people(self.connection, [row.actor for row in rows])
        items = [
            Notice(
                id=row.id,
                kind=row.kind,
                actor=actors[row.actor],
                object=row.object,
                created=from_micros(row.created),
                read=row.read is not None,
            )
            for row in rows[:limit]
        ]
        last = rows[limit - 1] if len(rows) > limit else None
        return items, Cursor(last.created, last.id) if last else None

    async def read_up_to(self, account: str, id: str) -> None:
        """Mark this notice and all older ones of its list as read."""
        found = await self.connection.execute(
            select(notices.c.created, notices.c.kind).where(
                notices.c.account == account, notices.c.id == id
            )
        )
        row = found.first()
        if row is not None:
            request = row.kind == REQUEST
            await self.connection.execute(
                update(notices)
                .where(
                    notices.c.account == account,
                    notices.c.created <= row.created,
                    notices.c.kind == REQUEST if request else notices.c.kind != REQUEST,
                    notices.c.read.is_(None),
                )
                .values(read=micros(self.now))
            )


def filtered(post: Post, reader: str, words: Sequence[str]) -> list[str]:
    """The muted words of a reader that stand in what somebody else wrote (INB-11.5)."""
    if post.author.id == reader:
        return []
    return found(words, post.name, post.summary, post.content, *post.content_map.values())


def _about(rows: Sequence[Any], reader: str) -> tuple[Step, Step, Step]:
    """Who wrote these posts, and how often they were liked and answered."""
    values = {"posts": [row.id for row in rows], "reader": reader}
    return ask_people(row.author for row in rows), (LIKES, values), (COUNTED, values)


def _posts(
    rows: Sequence[Any],
    reader: str,
    meant: Mapping[str, Sequence[Audience]],
    authors: Sequence[Any],
    liked: Sequence[Any],
    answered: Sequence[Any],
) -> list[Post]:
    """What the API says of `rows`, from what `_about` was answered."""
    wrote = named({row.author for row in rows}, authors)
    likes = {row.object: row for row in liked}
    comments = {row.post: row.total for row in answered}
    return [
        Post(
            id=row.id,
            number=str(row.number),
            kind=row.kind,
            author=wrote[row.author],
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
            audience=[one.ref or one.kind for one in meant.get(row.id, ())]
            if row.author == reader
            else [],
            likes=likes[row.id].total if row.id in likes else 0,
            comments=comments.get(row.id, 0),
            liked=row.id in likes and bool(likes[row.id].mine),
        )
        for row in rows
    ]


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
