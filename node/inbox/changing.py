"""Our own people change what they said, and everyone finds what it said before (spec INB-13)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Conflict, Forbidden, Malformed
from node.federation.activities.shapes import PUBLIC, Note, UpdateNote
from node.federation.priority import Priority
from node.inbox import fan_out, mentions
from node.inbox.known import Known
from node.inbox.publishing import MOST_NAMED, Draft, PublishUnit, mentioned, seen, worded

# What is sent is dated in thousandths: of two changes in one the later one would be lost.
NEXT = timedelta(milliseconds=1)


class Version(Struct, frozen=True):
    """What a post said from `said` on. `content` is clean HTML."""

    said: datetime
    content: str
    summary: str
    sensitive: bool
    lang: str


class Change(Struct, frozen=True):
    """What is new about a post; None: it stays. `content` is plain text, or HTML when `markup`."""

    content: str | None = None
    summary: str | None = None
    sensitive: bool | None = None
    lang: str | None = None
    markup: bool = False


class ChangeUnit(PublishUnit, Protocol):
    """What changing asks of its transaction."""

    async def own_words(self, id: str) -> Note | None:
        """Our post as it would be sent now; None when it is deleted, or not ours."""
        ...

    async def name_also(self, post: str, actors: Iterable[str]) -> None:
        """The post names these actors too."""
        ...

    async def versions(self, id: str) -> Sequence[Version]:
        """All that is known of what the post said, as it is now first."""
        ...


async def change(unit: ChangeUnit, actor: str, id: str, new: Change) -> str:
    """Change the words of one's own post everywhere it was sent; its id.

    Raises `Missing` (INB-4.1), `Forbidden` or `Conflict` (INB-13.1), and `Malformed` (INB-4.2,
    INB-4.5, INB-4.6).
    """
    post = await seen(unit, actor, id)
    if post.author != actor:
        raise Forbidden("INB-13.1", "only its author may change a post")
    before = await unit.own_words(post.id)
    if before is None or before.video:
        raise Conflict("INB-13.1", "the words of a video cannot be changed: delete it, post anew")
    people = await _new_people(unit, post, new)
    note = _changed(before, actor, new, people)
    if _words(note) == _words(before):
        return post.id
    fresh = set(people.values()) - {*before.mentions, actor}
    if len({*before.mentions, *fresh}) > MOST_NAMED:
        raise Malformed("INB-4.6", f"a post names at most {MOST_NAMED} people")
    last = before.updated or before.published
    note = replace(
        note,
        updated=max(unit.now, last + NEXT),
        mentions=tuple(sorted({*before.mentions, *fresh})),
    )
    await unit.change_post(note)
    await _tell(unit, post, note, fresh)
    return post.id


async def edits(unit: ChangeUnit, actor: str, id: str) -> Sequence[Version]:
    """What the post says and said, the newest first. Raises `Missing` (INB-4.1)."""
    post = await seen(unit, actor, id)
    return await unit.versions(post.id)


async def _new_people(unit: ChangeUnit, post: Known, new: Change) -> dict[str, str]:
    """Whom the new words mention, by handle: of those only who may see the post."""
    if new.content is None or new.markup:
        return {}
    people = await mentioned(unit, new.content)
    return {handle: one for handle, one in people.items() if await unit.sees(one, post.id)}


def _changed(before: Note, actor: str, new: Change, people: dict[str, str]) -> Note:
    draft = Draft(
        content=before.content if new.content is None else new.content,
        summary=before.summary if new.summary is None else new.summary,
        sensitive=before.sensitive if new.sensitive is None else new.sensitive,
        lang=before.lang if new.lang is None else new.lang,
        markup=new.markup or new.content is None,
        attachments=before.attachments,
    )
    said = worded(draft, actor, people)
    return replace(
        before,
        content=said.content,
        content_map={},
        summary=said.summary,
        sensitive=said.sensitive,
        lang=said.lang,
    )


def _words(note: Note) -> tuple[str, str, bool, str]:
    return (note.content, note.summary, note.sensitive, note.lang)


async def _tell(unit: ChangeUnit, post: Known, note: Note, fresh: set[str]) -> None:
    """Everyone for whom it is now; who answered hears new words only where all may read them."""
    public = PUBLIC in (*note.to, *note.cc)
    if public and fresh:
        await unit.name_also(post.id, fresh)
        note = replace(note, cc=tuple(dict.fromkeys((*note.cc, *sorted(fresh)))))
    update = UpdateNote(unit.mint_activity(), note.author, note)
    unit.say(update, public=public)
    await fan_out.elsewhere(unit, post, update.id)
    if public:
        others = await unit.respondents(post.id)
        unit.deliver(update.id, note.author, Priority.POSTS, others)
    await mentions.tell(unit, post, fresh)
