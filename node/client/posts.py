"""The verbs of posts: write, read the feed, like, comment, delete, and what happened lately."""

from collections.abc import AsyncIterator

from node.client.api_client import ApiClient
from node.client.written import Written
from node.wire.api.inbox import (
    AudienceView,
    FeedPart,
    NewComment,
    NewPost,
    Notice,
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


class Posts:
    """Posts and videos are named by their id."""

    def __init__(self, api: ApiClient, written: Written) -> None:
        self._api = api
        self._written = written

    async def post_text(self, text: str, audience: str = "friends") -> Post:
        """Publish a text for `friends`, `followers` or `public`; once, where an answer is lost and
        it is called again. Raises `Conflict` (API-6.2) when an earlier text was posted instead."""
        body = NewPost(content=text, audience=audience)
        async with self._written.posting("/posts", text) as key:
            return await self._api.ask("POST", "/posts", Post, body, key=key)

    async def unreached(self, audience: str = "friends") -> list[Person]:
        """Whom a post for `audience` would not reach: their servers cannot show it."""
        query = {"audience": audience}
        return (await self._api.ask("GET", "/posts/audience", AudienceView, query=query)).unreached

    async def feed(self, of: FeedPart | None = None) -> AsyncIterator[Post]:
        """What friends and those whom we follow posted, the newest first, to the end.

        `of` chooses a part: `friends`, `following`, or `local`, what people of our node posted to
        all.
        """
        async for post in self._posts("/feed", {"of": of} if of else {}):
            yield post

    async def posts(self, author: str = "") -> AsyncIterator[Post]:
        """What the actor `author` posted, as we may see it; our own when left out."""
        async for post in self._posts("/posts", {"author": author} if author else {}):
            yield post

    async def post(self, id: str) -> Post:
        """One post."""
        return await self._api.ask("GET", "/posts/one", Post, query={"id": id})

    async def like(self, id: str) -> Post:
        """Like a post or video."""
        return await self._api.ask("POST", "/posts/like", Post, ObjectRef(object=id))

    async def unlike(self, id: str) -> Post:
        """Take a like back."""
        return await self._api.ask("POST", "/posts/unlike", Post, ObjectRef(object=id))

    async def comment(self, id: str, text: str) -> Post:
        """Comment on a post or video; once, as `post_text`."""
        body = NewComment(in_reply_to=id, content=text)
        async with self._written.posting("/comments", text) as key:
            return await self._api.ask("POST", "/comments", Post, body, key=key)

    async def comments(self, id: str) -> AsyncIterator[Post]:
        """The comments on a post or video."""
        async for post in self._posts("/comments", {"of": id}):
            yield post

    async def edit_post(
        self, id: str, text: str | None = None, warning: str | None = None, lang: str | None = None
    ) -> Post:
        """Change the words of a post or comment of ours, its content `warning` ("" takes it away)
        or its language; what is None stays. For whom it is never changes."""
        sensitive = None if warning is None else bool(warning)
        body = PostChange(content=text, summary=warning, sensitive=sensitive, lang=lang)
        return await self._api.ask("PATCH", "/posts/one", Post, body, query={"id": id})

    async def post_edits(self, id: str) -> list[PostVersion]:
        """What a post says and said before, the newest first."""
        return (await self._api.ask("GET", "/posts/edits", PostVersionList, query={"of": id})).items

    async def delete(self, id: str) -> None:
        """Delete a post of ours, here and at peers."""
        await self._api.ask("DELETE", "/posts/one", object, query={"id": id})

    async def notices(self, requests: bool = False) -> AsyncIterator[Notice]:
        """What happened lately, the newest first; or the mentions that are kept as `requests`."""
        query = {"which": "requests"} if requests else {}
        async for page in self._api.pages("/notices", NoticeList, query):
            for notice in page.items:
                yield notice

    async def read_notices(self, newest: str) -> None:
        """The notice `newest` and all older ones were seen."""
        await self._api.ask("POST", "/notices/read", object, ReadUpTo(id=newest))

    async def _posts(self, path: str, query: dict[str, str]) -> AsyncIterator[Post]:
        async for page in self._api.pages(path, PostList, query):
            for post in page.items:
                yield post
