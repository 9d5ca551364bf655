"""What our own people say: publish, comment, like, take back (spec INB-4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from node.errors import Forbidden, Malformed, Missing
from node.federation.activities.shapes import (
    Activity,
    CreateNote,
    Delete,
    Like,
    Note,
    Undo,
)
from node.graph.visibility import Audience
from node.inbox.audiences import Author, Choice, addressing, audience_of
from node.inbox.posts import Known
from node.wire.html import clean

LONGEST_POST = 10_000  # characters of cleaned HTML; Mastodon shows about as much


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person hands in. `content` is HTML or plain text; it is cleaned here."""

    content: str
    choice: Choice | None = Choice.FRIENDS
    actors: tuple[str, ...] = ()
    in_reply_to: str = ""
    summary: str = ""
    sensitive: bool = False
    lang: str = ""


class PublishUnit(Protocol):
    """What publishing asks of its transaction."""

    now: datetime

    def mint_activity(self) -> str: ...

    def mint_object(self) -> str: ...

    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None: ...

    async def post(self, id: str) -> Known | None: ...

    async def author(self, actor: str) -> Author: ...

    async def sees(self, actor: str, post: str) -> bool: ...

    async def put_post(
        self, note: Note, kind: str, thread: str, audience: Iterable[Audience]
    ) -> None: ...

    async def recipients(self, author: str, audience: Iterable[Audience]) -> list[str]:
        """The actors, here and elsewhere, to whom a post for `audience` is sent."""
        ...

    async def reached(self, post: str) -> list[str]:
        """Everyone to whom the post was sent, and who wrote to it."""
        ...

    async def react(self, actor: str, object: str, kind: str, activity: str) -> bool: ...

    async def reaction(self, actor: str, object: str, kind: str) -> str | None: ...

    async def unreact(self, actor: str, object: str, kind: str) -> None: ...

    async def bury(self, id: str, actor: str) -> None: ...

    async def erase_post(self, id: str) -> None: ...


async def seen(unit: PublishUnit, actor: str, id: str) -> Known:
    """The post, if `actor` may see it. Raises `Missing` (INB-4.1): one answer for both reasons."""
    post = await unit.post(id)
    if post is None or post.deleted or not await unit.sees(actor, post.id):
        raise Missing("INB-4.1", "there is no such post")
    return post


def _checked(draft: Draft) -> str:
    content = clean(draft.content)
    if not content.strip():
        raise Malformed("INB-4.2", "a post needs some text")
    if len(content) > LONGEST_POST:
        raise Malformed("INB-4.2", f"a post has at most {LONGEST_POST} characters")
    return content


async def publish(unit: PublishUnit, actor: str, draft: Draft) -> Note:
    """Publish a note or a comment, and owe it to whom it is for."""
    content = _checked(draft)
    author = await unit.author(actor)
    parent = await seen(unit, actor, draft.in_reply_to) if draft.in_reply_to else None
    if parent is None:
        to, cc = addressing(author, draft.choice, draft.actors)
    else:
        # A comment goes to whom the post's author is; they alone know the whole audience.
        to, cc = (parent.author,), draft.actors
    if not (*to, *cc):
        raise Malformed("INB-4.3", "say for whom this is: public, followers, friends or actors")
    note = Note(
        id=unit.mint_object(),
        author=actor,
        content=content,
        published=unit.now,
        in_reply_to=parent.id if parent else "",
        summary=draft.summary,
        sensitive=draft.sensitive,
        lang=draft.lang,
        to=to,
        cc=cc,
        mentions=tuple(sorted({*draft.actors, *((parent.author,) if parent else ())} - {actor})),
    )
    return await send_out(unit, replace(note, url=note.id), parent.thread if parent else note.id)


async def send_out(unit: PublishUnit, note: Note, thread: str) -> Note:
    """Store a finished note of ours and owe its Create to everyone it is for."""
    author = await unit.author(note.author)
    audience: Sequence[Audience] = audience_of(author, (*note.to, *note.cc))
    kind = "comment" if note.in_reply_to else ("video" if note.video else "note")
    await unit.put_post(note, kind, thread, audience)
    recipients = await unit.recipients(note.author, audience)
    public = any(one.kind == "public" for one in audience)
    create = CreateNote(unit.mint_activity(), note.author, note)
    await unit.owe(create, to=recipients, public=public)
    return note


async def like(unit: PublishUnit, actor: str, id: str) -> None:
    """Like a post; a second time changes nothing."""
    post = await seen(unit, actor, id)
    activity = Like(unit.mint_activity(), actor, post.id)
    if await unit.react(actor, post.id, "like", activity.id) and post.author != actor:
        await unit.owe(activity, to=[post.author])


async def unlike(unit: PublishUnit, actor: str, id: str) -> None:
    """Take a like back; silence when there is none."""
    post = await seen(unit, actor, id)
    activity = await unit.reaction(actor, post.id, "like")
    if activity is None:
        return
    await unit.unreact(actor, post.id, "like")
    if post.author != actor:
        undo = Undo(unit.mint_activity(), actor, activity, Like(activity, actor, post.id))
        await unit.owe(undo, to=[post.author])


async def delete(unit: PublishUnit, actor: str, id: str) -> None:
    """Delete one's own post everywhere it was sent."""
    post = await seen(unit, actor, id)
    if post.author != actor:
        raise Forbidden("INB-4.4", "only its author may delete a post")
    reached = await unit.reached(post.id)
    await unit.bury(post.id, actor)
    await unit.erase_post(post.id)
    # Home hears it too: the video room has files to remove.
    await unit.owe(Delete(unit.mint_activity(), actor, post.id), to=[*reached, actor])
