"""What our own people say: publish, comment, like, take back (spec INB-4)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Conflict, Forbidden, Malformed, Missing
from node.federation.activities.linking import handles, linked
from node.federation.activities.prose import plain
from node.federation.activities.reading import is_language
from node.federation.activities.shapes import (
    Activity,
    Attachment,
    CreateNote,
    Delete,
    Like,
    Note,
    Undo,
)
from node.federation.priority import Priority
from node.graph.visibility import AudienceKind
from node.inbox import fan_out, posts
from node.inbox.audiences import Addresses, Choice, addressing, answering, audience_of
from node.inbox.known import Known
from node.inbox.posts import PostUnit
from node.wire.html import clean, line

LONGEST_POST = 10_000  # characters of cleaned HTML; Mastodon shows about as much
LONGEST_SUMMARY = 500
MOST_NAMED = 200
MOST_MENTIONED = 50  # handles that are looked for in one text


class Draft(Struct, frozen=True):
    """What a person hands in: `content` is plain text, or HTML when `markup`."""

    content: str
    choice: Choice | None = Choice.FRIENDS
    actors: tuple[str, ...] = ()
    in_reply_to: str = ""
    summary: str = ""
    sensitive: bool = False
    lang: str = ""
    markup: bool = False
    attachments: tuple[Attachment, ...] = ()


class PublishUnit(PostUnit, Protocol):
    """What publishing asks of its transaction."""

    now: datetime

    def mint_activity(self) -> str: ...

    def mint_object(self) -> str: ...

    def say(self, activity: Activity, public: bool = False) -> bytes:
        """Keep what goes out, for whoever will be owed it."""
        ...

    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None: ...

    async def named(self, name: str, domain: str) -> str | None:
        """The actor who is known here as `name` @ `domain`."""
        ...

    async def named_here(self, name: str) -> str | None:
        """One of our people, by name alone."""
        ...

    async def reachable(self, actors: Iterable[str]) -> set[str]:
        """Those of `actors` who are known here and not gone."""
        ...

    async def respondents(self, post: str) -> Sequence[str]:
        """The inboxes elsewhere of everyone who wrote to the post or liked it."""
        ...

    def deliver(self, activity: str, actor: str, priority: int, inboxes: Iterable[str]) -> None:
        """Owe what was said to `inboxes`."""
        ...

    async def add_tombstone(self, id: str, actor: str) -> None: ...

    async def erase_post(self, id: str) -> None: ...


async def seen(unit: PublishUnit, actor: str, id: str) -> Known:
    """The post, if `actor` may see it. Raises `Missing` (INB-4.1): one answer for both reasons."""
    post = await unit.post(id)
    if post is None or post.deleted or not await unit.sees(actor, post.id):
        raise Missing("INB-4.1", "there is no such post")
    return post


async def mentioned(unit: PublishUnit, text: str) -> dict[str, str]:
    """Those of the handles in `text` who are known here."""
    found: dict[str, str] = {}
    for handle in list(dict.fromkeys(handles(text)))[:MOST_MENTIONED]:
        name, _, domain = handle[1:].partition("@")
        actor = await (unit.named(name, domain) if domain else unit.named_here(name))
        if actor is not None:
            found[handle] = actor
    return found


def worded(draft: Draft, actor: str, people: Mapping[str, str]) -> Draft:
    """The draft with its words made clean, and what is plain text linked: to `people`, by handle.

    Raises `Malformed` (INB-4.2, INB-4.5).
    """
    content = clean(draft.content if draft.markup else linked(draft.content, actor, people))
    if not plain(content) and not draft.attachments:
        raise Malformed("INB-4.2", "a post needs some text, or a picture")
    if len(content) > LONGEST_POST:
        raise Malformed("INB-4.2", f"a post has at most {LONGEST_POST} characters")
    summary = line(draft.summary)
    if len(summary) > LONGEST_SUMMARY:
        raise Malformed("INB-4.2", f"a summary has at most {LONGEST_SUMMARY} characters")
    if draft.lang and not is_language(draft.lang):
        raise Malformed("INB-4.5", "a language is a tag such as de or pt-BR")
    return replace(draft, content=content, summary=summary)


async def publish(unit: PublishUnit, actor: str, draft: Draft) -> Note:
    """Publish a note or a comment, and owe it to whom it is for."""
    people = {} if draft.markup else await mentioned(unit, draft.content)
    draft = worded(draft, actor, people)
    named = {*draft.actors, *people.values()} - {actor}
    if len(named) > MOST_NAMED or named - await unit.reachable(named):
        raise Missing("INB-4.6", "somebody named here is not known: look them up first")
    parent = await seen(unit, actor, draft.in_reply_to) if draft.in_reply_to else None
    if parent is not None:
        to, cc = await _answering(unit, actor, parent, named)
        named.add(parent.author)
    else:
        to, cc = addressing(await unit.author(actor), draft.choice, named)
    if not (*to, *cc):
        raise Malformed("INB-4.3", "say for whom this is: public, followers, friends or actors")
    id = unit.mint_object()
    note = Note(
        id=id,
        author=actor,
        content=draft.content,
        published=unit.now,
        url=id,
        in_reply_to=parent.id if parent else "",
        summary=draft.summary,
        sensitive=draft.sensitive,
        lang=draft.lang,
        to=to,
        cc=cc,
        mentions=tuple(sorted(named - {actor})),
        attachments=draft.attachments,
    )
    return await send_out(unit, note, parent.thread if parent else note.id)


async def _answering(unit: PublishUnit, actor: str, parent: Known, named: set[str]) -> Addresses:
    """A comment is for the people of the post at the root, and goes to those it can name."""
    root = await unit.post(parent.thread) or parent
    audience = await unit.audience(root.id)
    people = {one.ref for one in audience if one.kind is AudienceKind.ACTOR}
    people = await unit.reachable(people | {root.author, parent.author}) | named
    # With nobody left to be told, it is a note to oneself.
    return answering(await unit.author(root.author), audience, people - {actor} or {actor})


async def send_out(unit: PublishUnit, note: Note, thread: str) -> Note:
    """Store a finished note of ours and owe its Create to everyone it is for."""
    author = await unit.author(note.author)
    root = await unit.post(thread) if thread != note.id else None
    host = await unit.author(root.author) if root is not None else None
    audience = audience_of(author, (*note.to, *note.cc), host)
    kind = "comment" if note.in_reply_to else ("video" if note.video else "note")
    await unit.put_post(note, kind, thread, audience)
    public = any(one.kind is AudienceKind.PUBLIC for one in audience)
    create = CreateNote(unit.mint_activity(), note.author, note)
    unit.say(create, public=public)
    known = Known(note.id, note.author, True, thread, in_reply_to=note.in_reply_to)
    await fan_out.elsewhere(unit, known, create.id)
    await posts.tell(known, unit, note.mentions)
    return note


async def like(unit: PublishUnit, actor: str, id: str) -> None:
    """Like a post; a second time changes nothing."""
    post = await seen(unit, actor, id)
    if await unit.reaction(actor, post.id, "like"):
        return
    activity = Like(unit.mint_activity(), actor, post.id)
    await unit.react(actor, post.id, "like", activity.id)
    await unit.owe(activity, to=await unit.reachable({post.author} - {actor}))


async def unlike(unit: PublishUnit, actor: str, id: str) -> None:
    """Take a like back; silence when there is none."""
    post = await seen(unit, actor, id)
    said = await unit.reaction(actor, post.id, "like")
    await unit.unreact(actor, post.id, "like")
    for activity in said:
        await unit.add_tombstone(activity, actor)
        undo = Undo(unit.mint_activity(), actor, activity, Like(activity, actor, post.id))
        await unit.owe(undo, to=await unit.reachable({post.author} - {actor}))


async def delete(unit: PublishUnit, actor: str, id: str) -> None:
    """Delete one's own post everywhere it was sent."""
    post = await seen(unit, actor, id)
    if post.author != actor:
        raise Forbidden("INB-4.4", "only its author may delete a post")
    await _remove(unit, post)


async def delete_for(unit: PublishUnit, id: str) -> None:
    """An administrator deletes a post of one of ours. Raises `Missing`, `Conflict` (INB-10.6)."""
    post = await unit.post(id)
    if post is None or post.deleted:
        raise Missing("INB-10.6", "there is no such post")
    if not post.local:
        raise Conflict(
            "INB-10.6", "this post is another server's: suspend its author, or their server"
        )
    await _remove(unit, post)


async def _remove(unit: PublishUnit, post: Known) -> None:
    actor = post.author
    others = await unit.respondents(post.id)  # before what they said is gone
    await unit.add_tombstone(post.id, actor)
    await unit.erase_post(post.id)
    gone = Delete(unit.mint_activity(), actor, post.id)
    # Home hears it too: the video room has files to remove.
    await unit.owe(gone, to=[actor])
    unit.deliver(gone.id, actor, Priority.POSTS, others)
    await fan_out.elsewhere(unit, post, gone.id)
