"""The pages of feeds and notices, over a `MemoryTables`."""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from node.graph.visibility import Audience, AudienceKind
from node.inbox.mentions import REQUEST
from node.inbox.mutes import MuteKind
from node.store.feeds import LOOKED_AT, Page, filtered
from node.testing.memory.hushed import is_hushed, muted
from node.testing.memory.inbox import InboxUnit
from node.testing.memory.paging import page, shown
from node.testing.memory.tables import Written
from node.wire.api.cursor import Cursor
from node.wire.api.inbox import MediaFile, Notice, Post
from node.wire.times import from_micros


class FeedUnit(InboxUnit):
    """A look at posts through one reader's eyes."""

    async def feed(self, account: str, reader: str, limit: int, after: Cursor | None) -> Page:
        rows = [(at, id) for (whose, id), at in self.tables.timeline.items() if whose == account]
        return await self._page(rows, reader, limit, after, of=account)

    async def by_friends(
        self, account: str, reader: str, limit: int, after: Cursor | None, size: int = LOOKED_AT
    ) -> Page:
        is_friend = self.is_friend
        return await self._window(is_friend, account, reader, limit, after, size)

    async def by_followed(
        self, account: str, reader: str, limit: int, after: Cursor | None, size: int = LOOKED_AT
    ) -> Page:
        is_followed = self.is_followed
        return await self._window(is_followed, account, reader, limit, after, size)

    async def local(self, reader: str, limit: int, after: Cursor | None) -> Page:
        rows = [
            (post.at, id)
            for id, post in self.tables.posts.items()
            if post.local
            and not post.note.in_reply_to
            and Audience(AudienceKind.PUBLIC) in self.tables.audiences.get(id, ())
        ]
        return await self._page(rows, reader, limit, after)

    async def _window(
        self,
        counts: Callable[[str, str], bool],
        account: str,
        reader: str,
        limit: int,
        after: Cursor | None,
        size: int,
    ) -> Page:
        lines = [(at, id) for (whose, id), at in self.tables.timeline.items() if whose == account]
        ids, end = page(lines, size, after)
        near = {id for id in ids if counts(reader, self.tables.posts[id].note.author)}
        near |= {
            id
            for who, id in self.tables.shares
            if (account, id) in self.tables.shared and counts(reader, who)
        }
        rows = [(at, id) for at, id in lines if id in ids and id in near]
        items, behind = await self._page(rows, reader, limit, None, of=account)
        return items, behind or end

    async def by_author(self, author: str, reader: str, limit: int, after: Cursor | None) -> Page:
        rows = [
            (post.at, id)
            for id, post in self.tables.posts.items()
            if post.note.author == author and not post.note.in_reply_to
        ]
        return await self._page(rows, reader, limit, after, heeds=False)

    async def comments(self, root: str, reader: str, limit: int, after: Cursor | None) -> Page:
        posts = self.tables.posts.items()
        rows = [(post.at, id) for id, post in posts if post.thread == root and id != root]
        return await self._page(rows, reader, limit, after)

    async def one(self, id: str, reader: str) -> Post | None:
        known = await self.post(id)
        return self._shown(self.tables.posts[known.id], reader) if known else None

    async def _page(
        self,
        rows: Iterable[tuple[int, str]],
        reader: str,
        limit: int,
        after: Cursor | None,
        heeds: bool = True,
        of: str = "",
    ) -> Page:
        posts, account = self.tables.posts, await self.account_of(reader) if heeds else None
        people = muted(self, account or "", MuteKind.PERSON)
        words = sorted(muted(self, account or "", MuteKind.WORD))
        ids, cursor = page([row for row in rows if not posts[row[1]].deleted], limit, after)
        seen = [posts[id] for id in ids if await self.sees(reader, id)]
        items = []
        for one in seen:
            id, author = one.note.id, one.note.author
            item, who = self._shown(one, reader), await self._sharers(of, id, reader, people)
            if author in people or (not who and (of, id) in self.tables.shared):
                continue
            if (of, id) in self.tables.shared and who[0] != author:
                item.shared_by = shown(self.tables, who[0])
                item.shared = from_micros(self.tables.shares[who[0], id])
            item.filtered = filtered(item, reader, words)
            items.append(item)
        return items, cursor

    async def _sharers(self, of: str, id: str, reader: str, muted: Iterable[str]) -> list[str]:
        """Who shared it that stands there for that alone, as `store.sharers` says."""
        shares = sorted((at, who) for (who, post), at in self.tables.shares.items() if post == id)
        author = self.tables.posts[id].note.author
        named = [who for _, who in shares if not await self.hidden(who)]
        if author == reader:
            return []
        return [who for who in (*named, author) if self.is_near(reader, who) and who not in muted]

    def _shown(self, post: Written, reader: str) -> Post:
        note = post.note
        likes = [
            a for a, object, kind in self.tables.reactions if (object, kind) == (note.id, "like")
        ]
        meant = self.tables.audiences.get(note.id, ())
        return Post(
            id=note.id,
            number=str(post.number),
            kind=post.kind,
            author=shown(self.tables, note.author),
            content=note.content,
            published=from_micros(post.at),
            updated=from_micros(post.updated) if post.updated else None,
            url=note.url or note.id,
            name=note.name,
            summary=note.summary,
            sensitive=note.sensitive,
            lang=note.lang,
            content_map=dict(note.content_map),
            in_reply_to=note.in_reply_to,
            video=note.video,
            media=[
                MediaFile(
                    kind=one.kind,
                    media_type=one.media_type,
                    url=one.url,
                    name=one.name,
                    width=one.width,
                    height=one.height,
                    duration_ms=one.duration_ms,
                    blurhash=one.blurhash,
                    poster=one.poster,
                )
                for one in note.attachments
            ],
            audience=[one.ref or one.kind for one in meant] if note.author == reader else [],
            likes=len(likes),
            comments=sum(self._counts(one, note.id, reader) for one in self.tables.posts.values()),
            liked=reader in likes,
        )

    def _counts(self, comment: Written, on: str, reader: str) -> bool:
        """Whether it is a comment on that post which is for the reader too."""
        if comment.deleted or comment.note.in_reply_to != on:
            return False
        meant = self.tables.audiences.get(comment.note.id, ())
        for_many = any(one.kind is not AudienceKind.ACTOR or one.ref == reader for one in meant)
        return for_many or comment.note.author == reader

    async def noticed(
        self, account: str, limit: int, after: Cursor | None, requests: bool = False
    ) -> tuple[list[Notice], Cursor | None]:
        kept = self.tables.notices
        rows = [
            (one.at, id)
            for id, one in kept.items()
            if one.account == account
            and (one.kind == REQUEST) is requests
            and not is_hushed(self, account, one.kind, one.actor, one.object)
        ]
        ids, cursor = page(rows, limit, after)
        items = [
            Notice(
                id=id,
                kind=kept[id].kind,
                actor=shown(self.tables, kept[id].actor),
                object=kept[id].object,
                created=from_micros(kept[id].at),
                read=kept[id].read,
            )
            for id in ids
        ]
        return items, cursor

    async def read_up_to(self, account: str, id: str) -> None:
        newest = self.tables.notices.get(id)
        for key, one in self.tables.notices.items():
            if newest is None or (one.kind == REQUEST) is not (newest.kind == REQUEST):
                continue
            if one.account == account and one.at <= newest.at:
                self.tables.notices[key] = replace(one, read=True)
