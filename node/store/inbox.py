"""The queries of posts: what handlers and commands of `node.inbox` read and write."""

import json
from collections.abc import Iterable

import msgspec
from sqlalchemy import ColumnElement, delete, exists, or_, select, update

from node.federation.activities.shapes import Attachment, Note
from node.graph.visibility import Audience, AudienceKind
from node.inbox.audiences import Author
from node.inbox.posts import Known
from node.store.graph import GraphUnit
from node.store.tables import (
    accounts,
    actors,
    audiences,
    events,
    follows,
    friendships,
    notices,
    posts,
    reactions,
    timeline,
    tombstones,
)
from node.store.unit import Unit
from node.store.upserts import insert_ignore
from node.wire.times import micros


def attachments_json(attachments: Iterable[Attachment]) -> str:
    """The attachments as they are kept in `posts.attachments`."""
    return msgspec.json.encode(list(attachments)).decode()


class InboxUnit(Unit):
    """A transaction of the inbox room."""

    # -- looking ---------------------------------------------------------------------------------

    async def post(self, id: str) -> Known | None:
        """The post with this id, or the one whose Video has it."""
        found = await self.connection.execute(
            select(
                posts.c.id, posts.c.author, posts.c.local, posts.c.thread, posts.c.deleted
            ).where(or_(posts.c.id == id, posts.c.video == id))
        )
        row = found.first()
        if row is None:
            return None
        return Known(row.id, row.author, row.local, row.thread, row.deleted is not None)

    async def posts_of(self, actor: str) -> list[str]:
        found = await self.connection.execute(select(posts.c.id).where(posts.c.author == actor))
        return list(found.scalars())

    async def author(self, actor: str) -> Author:
        found = await self.connection.execute(
            select(actors.c.followers, actors.c.friends).where(actors.c.id == actor)
        )
        row = found.first()
        return Author(actor, row.followers, row.friends) if row else Author(actor)

    async def sees(self, actor: str, post: str) -> bool:
        """The one rule `may_see`, on the facts about `actor` and this post."""
        found = await self.connection.execute(
            select(posts.c.author, audiences.c.kind, audiences.c.ref)
            .join(audiences, audiences.c.post == posts.c.id, isouter=True)
            .where(posts.c.id == post)
        )
        rows = found.all()
        if not rows:
            return False
        audience = [Audience(AudienceKind(row.kind), row.ref) for row in rows if row.kind]
        graph = GraphUnit(self.connection, self.desk)
        return await graph.may_see(actor, rows[0].author, audience)

    async def readers(self, author: str, audience: Iterable[Audience]) -> list[str]:
        """Accounts here whose feed shows it: friends, followers, and who is named."""
        meant = list(audience)
        kinds = {one.kind for one in meant}
        ways: list[ColumnElement[bool]] = []
        if kinds & {AudienceKind.PUBLIC, AudienceKind.FRIENDS, AudienceKind.FOLLOWERS}:
            ways.append(
                exists().where(
                    friendships.c.actor == accounts.c.actor,
                    friendships.c.other == author,
                    friendships.c.ours == "accepted",
                    friendships.c.theirs == "accepted",
                )
            )
        if kinds & {AudienceKind.PUBLIC, AudienceKind.FOLLOWERS}:
            ways.append(
                exists().where(
                    follows.c.follower == accounts.c.actor,
                    follows.c.followed == author,
                    follows.c.state == "accepted",
                )
            )
        if named := [one.ref for one in meant if one.kind is AudienceKind.ACTOR]:
            ways.append(accounts.c.actor.in_(named))
        if not ways:
            return []
        blocked = exists().where(
            friendships.c.actor == accounts.c.actor,
            friendships.c.other == author,
            or_(friendships.c.ours == "blocked", friendships.c.theirs == "blocked"),
        )
        found = await self.connection.execute(
            select(accounts.c.id).where(
                or_(*ways), ~blocked, accounts.c.actor != author, accounts.c.state == "active"
            )
        )
        return list(found.scalars())

    async def recipients(self, author: str, audience: Iterable[Audience]) -> list[str]:
        """The actors to whom a post of ours for `audience` is sent."""
        meant = list(audience)
        kinds = {one.kind for one in meant}
        found = {one.ref for one in meant if one.kind is AudienceKind.ACTOR}
        if kinds & {AudienceKind.PUBLIC, AudienceKind.FRIENDS, AudienceKind.FOLLOWERS}:
            rows = await self.connection.execute(
                select(friendships.c.other).where(
                    friendships.c.actor == author,
                    friendships.c.ours == "accepted",
                    friendships.c.theirs == "accepted",
                )
            )
            found |= set(rows.scalars())
        if kinds & {AudienceKind.PUBLIC, AudienceKind.FOLLOWERS}:
            rows = await self.connection.execute(
                select(follows.c.follower).where(
                    follows.c.followed == author, follows.c.state == "accepted"
                )
            )
            found |= set(rows.scalars())
        return sorted(found - {author})

    async def reached(self, post: str) -> list[str]:
        """Everyone to whom it was sent, and everyone who answered it."""
        found = await self.connection.execute(
            select(posts.c.author, audiences.c.kind, audiences.c.ref)
            .join(audiences, audiences.c.post == posts.c.id)
            .where(posts.c.id == post)
        )
        rows = found.all()
        if not rows:
            return []
        audience = [Audience(AudienceKind(row.kind), row.ref) for row in rows]
        answered = await self.connection.execute(
            select(posts.c.author).where(posts.c.thread == post, posts.c.id != post)
        )
        sent = await self.recipients(rows[0].author, audience)
        return sorted({*sent, *answered.scalars()} - {rows[0].author})

    # -- writing ---------------------------------------------------------------------------------

    async def put_post(
        self, note: Note, kind: str, thread: str, audience: Iterable[Audience]
    ) -> None:
        local = await self.account_of(note.author) is not None
        await self.connection.execute(
            insert_ignore(self.connection, posts).values(
                id=note.id,
                author=note.author,
                local=local,
                kind=kind,
                thread=thread,
                in_reply_to=note.in_reply_to,
                video=note.video,
                published=micros(note.published),
                **_words(note),
            )
        )
        for one in audience:
            await self.connection.execute(
                insert_ignore(self.connection, audiences).values(
                    post=note.id, kind=one.kind, ref=one.ref
                )
            )

    async def change_post(self, note: Note) -> None:
        """Replace the words unless what is stored is newer (updates may overtake each other)."""
        at = micros(note.updated or self.now)
        await self.connection.execute(
            update(posts)
            .where(
                posts.c.id == note.id,
                posts.c.deleted.is_(None),
                or_(posts.c.updated.is_(None), posts.c.updated < at),
            )
            .values(updated=at, **_words(note))
        )

    async def erase_post(self, id: str) -> None:
        """Remove the words and every trace in feeds; the row stays so that replies keep a root."""
        await self.connection.execute(
            update(posts)
            .where(posts.c.id == id)
            .values(
                content="",
                content_map="{}",
                name="",
                summary="",
                attachments="[]",
                deleted=micros(self.now),
            )
        )
        told = await self.connection.execute(
            delete(timeline).where(timeline.c.post == id).returning(timeline.c.account)
        )
        for account in told.scalars().all():
            await self.tell(account, "post_deleted", {"id": id})
        await self.connection.execute(delete(reactions).where(reactions.c.object == id))
        await self.connection.execute(delete(notices).where(notices.c.object == id))

    async def buried(self, id: str) -> bool:
        found = await self.connection.execute(select(tombstones.c.id).where(tombstones.c.id == id))
        return found.first() is not None

    async def bury(self, id: str, actor: str) -> None:
        await self.connection.execute(
            insert_ignore(self.connection, tombstones).values(
                id=id, actor=actor, deleted=micros(self.now)
            )
        )

    async def show(self, account: str, note: Note) -> None:
        """Into the feed, once; the event carries only the id (the feed has the rest)."""
        added = await self.connection.execute(
            insert_ignore(self.connection, timeline)
            .values(account=account, post=note.id, published=micros(note.published))
            .returning(timeline.c.post)
        )
        if added.first() is not None:
            await self.tell(account, "post", {"id": note.id, "author": note.author})

    async def reaction(self, actor: str, object: str, kind: str) -> str | None:
        found = await self.connection.execute(
            select(reactions.c.activity).where(
                reactions.c.actor == actor, reactions.c.object == object, reactions.c.kind == kind
            )
        )
        activity: str | None = found.scalar_one_or_none()
        return activity

    async def react(self, actor: str, object: str, kind: str, activity: str) -> bool:
        added = await self.connection.execute(
            insert_ignore(self.connection, reactions)
            .values(
                actor=actor, object=object, kind=kind, activity=activity, created=micros(self.now)
            )
            .returning(reactions.c.actor)
        )
        return added.first() is not None

    async def unreact(self, actor: str, object: str, kind: str) -> None:
        await self.connection.execute(
            delete(reactions).where(
                reactions.c.actor == actor, reactions.c.object == object, reactions.c.kind == kind
            )
        )

    async def unreact_by_id(self, actor: str, activity: str) -> None:
        await self.connection.execute(
            delete(reactions).where(reactions.c.actor == actor, reactions.c.activity == activity)
        )

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None:
        """A notice and its event; the same one again is silence."""
        same = await self.connection.execute(
            select(notices.c.id).where(
                notices.c.account == account,
                notices.c.kind == kind,
                notices.c.actor == actor,
                notices.c.object == object,
            )
        )
        if same.first() is not None:
            return
        id = self.fresh()
        await self.connection.execute(
            notices.insert().values(
                id=id,
                account=account,
                kind=kind,
                actor=actor,
                object=object,
                created=micros(self.now),
            )
        )
        await self.tell(
            account, "notice", {"id": id, "kind": kind, "actor": actor, "object": object}
        )

    async def forget_between(self, one: str, other: str) -> None:
        """Feeds, notices and reactions that tie the two; whoever of them is ours loses them."""
        for ours, theirs in ((one, other), (other, one)):
            written = select(posts.c.id).where(posts.c.author == theirs)
            mine = select(posts.c.id).where(posts.c.author == ours)
            account = await self.account_of(ours)
            await self.connection.execute(
                delete(reactions).where(reactions.c.actor == theirs, reactions.c.object.in_(mine))
            )
            if account is None:
                continue
            await self.connection.execute(
                delete(timeline).where(timeline.c.account == account, timeline.c.post.in_(written))
            )
            await self.connection.execute(
                delete(notices).where(notices.c.account == account, notices.c.actor == theirs)
            )
            # A resumed stream must not bring back what the block removed.
            await self.connection.execute(
                delete(events).where(
                    events.c.account == account,
                    events.c.kind.in_(("post", "notice")),
                    events.c.data.contains(json.dumps(theirs)),
                )
            )


def _words(note: Note) -> dict[str, object]:
    return {
        "content": note.content,
        "content_map": json.dumps(dict(note.content_map)),
        "lang": note.lang,
        "name": note.name,
        "summary": note.summary,
        "sensitive": note.sensitive,
        "url": note.url or note.id,
        "attachments": attachments_json(note.attachments),
    }
