"""Routes of posts: publish, comment, like, read feeds and notices (spec INB-4, INB-5)."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec.structs import replace

from node.errors import Malformed, Missing
from node.federation.activities.shapes import Note
from node.inbox import changing, publishing
from node.inbox.audiences import Choice
from node.inbox.changing import Change
from node.inbox.publishing import Draft
from node.store.edits import EditsUnit
from node.store.feeds import FeedUnit, Page
from node.store.friends import FriendsUnit
from node.store.inbox import InboxUnit
from node.store.pictures import PicturesUnit
from node.store.unit import Units
from node.video import pictures
from node.video.pictures import PictureUrls, Wanted
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.wire.api.inbox import (
    AudienceView,
    NewComment,
    NewPost,
    NoticeList,
    ObjectRef,
    Person,
    Post,
    PostChange,
    PostList,
    PostVersion,
    PostVersionList,
    ReadUpTo,
)


def _choice(text: str) -> Choice | None:
    if not text:
        return None
    try:
        return Choice(text)
    except ValueError:
        raise Malformed("INB-4.3", "audience is public, followers, friends or empty") from None


class Posts:
    """The verbs of posts, as the routes call them."""

    def __init__(self, units: Units, urls: PictureUrls) -> None:
        self._units = units
        self._urls = urls

    async def _shown(self, id: str, reader: str) -> Post:
        async def look(unit: FeedUnit) -> Post:
            known = await publishing.seen(unit, reader, id)
            post = await unit.one(known.id, reader)
            if post is None:
                raise Missing("INB-4.1", "there is no such post")
            return post

        return await self._units.look(FeedUnit, look)

    async def publish(self, call: Call) -> Reply:
        new: NewPost = call.body
        draft = Draft(
            content=new.content,
            choice=_choice(new.audience),
            actors=tuple(new.actors),
            summary=new.summary,
            sensitive=new.sensitive,
            lang=new.lang,
            markup=new.format == "html",
        )
        if not new.pictures:
            return await self._said(call, draft)
        wanted = [Wanted(one.id, one.description) for one in new.pictures]
        return await self._shows(call, draft, wanted)

    async def _shows(self, call: Call, draft: Draft, wanted: list[Wanted]) -> Reply:
        """A post with pictures: they are of it in the same transaction (PIC-2.4)."""
        who, public = call.caller, draft.choice is Choice.PUBLIC

        async def work(unit: PicturesUnit) -> Note:
            taken = await pictures.take(unit, who.account, wanted)
            hung = zip(taken, wanted, strict=True)
            attachments = (
                pictures.attachment_of(one, said.description, self._urls, public)
                for one, said in hung
            )
            post = replace(draft, attachments=tuple(attachments))
            note = await publishing.publish(unit.posts, who.actor, post)
            await pictures.hang(unit, taken, note.id)
            return note

        note = await self._units.run(PicturesUnit, work, once=call.once)
        return Reply(await self._shown(note.id, who.actor))

    async def audience(self, call: Call) -> Reply:
        actor, choice = call.caller.actor, _choice(call.query.get("audience", Choice.FRIENDS))
        unreached: list[Person] = []
        if choice is Choice.FRIENDS:
            unreached = await self._units.look(FriendsUnit, lambda unit: unit.unreached(actor))
        return Reply(AudienceView(audience=choice or "", unreached=unreached))

    async def comment(self, call: Call) -> Reply:
        new: NewComment = call.body
        if not new.in_reply_to:
            raise Malformed("INB-4.3", "say which post this comment is for")
        draft = Draft(
            content=new.content,
            in_reply_to=new.in_reply_to,
            lang=new.lang,
            markup=new.format == "html",
        )
        return await self._said(call, draft)

    async def _said(self, call: Call, draft: Draft) -> Reply:
        actor = call.caller.actor

        async def work(unit: InboxUnit) -> Note:
            return await publishing.publish(unit, actor, draft)

        await self._units.rehearse(InboxUnit, work, (draft.choice, not draft.in_reply_to))
        note = await self._units.run(InboxUnit, work, once=call.once)
        return Reply(await self._shown(note.id, actor))

    async def show(self, call: Call) -> Reply:
        return Reply(await self._shown(call.query.get("id", ""), call.caller.actor))

    async def delete(self, call: Call) -> Reply:
        actor, id = call.caller.actor, call.query.get("id", "")
        await self._units.run(InboxUnit, lambda unit: publishing.delete(unit, actor, id))
        return Reply()

    async def change(self, call: Call) -> Reply:
        actor, id, new = call.caller.actor, call.query.get("id", ""), call.body
        wanted = Change(new.content, new.summary, new.sensitive, new.lang, new.format == "html")
        changed = await self._units.run(
            EditsUnit, lambda unit: changing.change(unit, actor, id, wanted)
        )
        return Reply(await self._shown(changed, actor))

    async def edits(self, call: Call) -> Reply:
        actor, id = call.caller.actor, call.query.get("of", "")
        found = await self._units.look(EditsUnit, lambda unit: changing.edits(unit, actor, id))
        return Reply(
            PostVersionList(
                items=[
                    PostVersion(
                        said=one.said,
                        content=one.content,
                        summary=one.summary,
                        sensitive=one.sensitive,
                        lang=one.lang,
                    )
                    for one in found
                ]
            )
        )

    async def like(self, call: Call) -> Reply:
        actor, ref = call.caller.actor, call.body
        await self._units.run(
            InboxUnit, lambda unit: publishing.like(unit, actor, ref.object), once=call.once
        )
        return Reply(await self._shown(ref.object, actor))

    async def unlike(self, call: Call) -> Reply:
        actor, ref = call.caller.actor, call.body
        await self._units.run(
            InboxUnit, lambda unit: publishing.unlike(unit, actor, ref.object), once=call.once
        )
        return Reply(await self._shown(ref.object, actor))

    async def feed(self, call: Call) -> Reply:
        who, part = call.caller, call.query.get("of", "")
        mine = (who.account, who.actor, call.limit, call.after)
        looks: Mapping[str, Callable[[FeedUnit], Awaitable[Page]]] = {
            "": lambda unit: unit.feed(*mine),
            "friends": lambda unit: unit.by_friends(*mine),
            "following": lambda unit: unit.by_followed(*mine),
            "local": lambda unit: unit.local(who.actor, call.limit, call.after),
        }
        if part not in looks:
            raise Malformed("INB-5.6", "of is friends, following or local, or left out")
        items, after = await self._units.look(FeedUnit, looks[part])
        return Reply(PostList(items=items), after=after)

    async def by_author(self, call: Call) -> Reply:
        reader = call.caller.actor
        author = call.query.get("author", reader)
        items, after = await self._units.look(
            FeedUnit, lambda unit: unit.by_author(author, reader, call.limit, call.after)
        )
        return Reply(PostList(items=items), after=after)

    async def comments(self, call: Call) -> Reply:
        reader = call.caller.actor

        async def look(unit: FeedUnit) -> Reply:
            post = await publishing.seen(unit, reader, call.query.get("of", ""))
            items, after = await unit.comments(post.id, reader, call.limit, call.after)
            return Reply(PostList(items=items), after=after)

        return await self._units.look(FeedUnit, look)

    async def notices(self, call: Call) -> Reply:
        account, which = call.caller.account, call.query.get("which", "")
        if which not in ("", "requests"):
            raise Malformed("INB-8.3", "which is requests, or left out")
        requests = which == "requests"
        items, after = await self._units.look(
            FeedUnit, lambda unit: unit.noticed(account, call.limit, call.after, requests)
        )
        return Reply(NoticeList(items=items), after=after)

    async def read(self, call: Call) -> Reply:
        account, upto = call.caller.account, call.body
        await self._units.run(
            FeedUnit, lambda unit: unit.read_up_to(account, upto.id), once=call.once
        )
        return Reply()


def routes(units: Units, urls: PictureUrls) -> tuple[Route, ...]:
    """The routes of this room."""
    posts = Posts(units, urls)
    read, write = Scope.READ, Scope.WRITE
    one = {"id": "the id of the post or video"}
    return (
        Route("POST", "/posts", posts.publish, "Publish a post.", write, NewPost, Post, 201),
        Route(
            "GET",
            "/posts",
            posts.by_author,
            "What an author posted, as you may see it.",
            read,
            answers=PostList,
            paged=True,
            query={"author": "an actor's id; you, if left out"},
        ),
        Route(
            "GET",
            "/posts/audience",
            posts.audience,
            "Whom a post will not reach, before it is made.",
            read,
            answers=AudienceView,
            query={"audience": "public, followers or friends; friends, if left out"},
        ),
        Route("GET", "/posts/one", posts.show, "One post.", read, answers=Post, query=one),
        Route(
            "PATCH",
            "/posts/one",
            posts.change,
            "Change the words of a post of yours, here and at peers.",
            write,
            PostChange,
            Post,
            query=one,
        ),
        Route(
            "GET",
            "/posts/edits",
            posts.edits,
            "What a post says and said before, the newest first.",
            read,
            answers=PostVersionList,
            query={"of": "the id of the post"},
        ),
        Route(
            "DELETE",
            "/posts/one",
            posts.delete,
            "Delete a post of yours, here and at peers.",
            write,
            status=204,
            query=one,
        ),
        Route("POST", "/posts/like", posts.like, "Like a post or video.", write, ObjectRef, Post),
        Route("POST", "/posts/unlike", posts.unlike, "Take a like back.", write, ObjectRef, Post),
        Route(
            "POST",
            "/comments",
            posts.comment,
            "Comment on a post or video.",
            write,
            NewComment,
            Post,
            201,
        ),
        Route(
            "GET",
            "/comments",
            posts.comments,
            "The comments on a post.",
            read,
            answers=PostList,
            paged=True,
            query={"of": "the id of the post or video"},
        ),
        Route(
            "GET",
            "/feed",
            posts.feed,
            "What friends and those whom you follow posted: finite, the newest first.",
            read,
            answers=PostList,
            paged=True,
            query={
                "of": "friends, following (whom you follow) or local (posts to all by people of"
                " this node): that alone"
            },
        ),
        Route(
            "GET",
            "/notices",
            posts.notices,
            "Your notices, the newest first.",
            read,
            answers=NoticeList,
            paged=True,
            query={"which": "requests: who mentioned you and is not heard at once"},
        ),
        Route(
            "POST",
            "/notices/read",
            posts.read,
            "Mark notices as read.",
            write,
            ReadUpTo,
            status=204,
        ),
    )
