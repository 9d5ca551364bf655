"""Posts as they arrive: notes, comments, likes, shares, and their taking back (spec INB-1, INB-3).

Every handler may see the same activity twice and leaves the same state.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from node.errors import Forbidden
from node.federation.activities.shapes import (
    Announce,
    Block,
    CreateNote,
    Delete,
    Like,
    Note,
    Undo,
    UpdateNote,
)
from node.graph.visibility import Audience
from node.inbox.audiences import Author, audience_of
from node.wire.ids import same_origin


@dataclass(frozen=True, slots=True)
class Known:
    """What the rules need of a post that is stored here."""

    id: str
    author: str
    local: bool
    thread: str
    deleted: bool = False


class PostUnit(Protocol):
    """What these handlers ask of the transaction they run in."""

    async def post(self, id: str) -> Known | None:
        """The post with this id, or the post of the Video with this id."""
        ...

    async def buried(self, id: str) -> bool: ...

    async def bury(self, id: str, actor: str) -> None: ...

    async def author(self, actor: str) -> Author: ...

    async def put_post(
        self, note: Note, kind: str, thread: str, audience: Iterable[Audience]
    ) -> None: ...

    async def change_post(self, note: Note) -> None: ...

    async def erase_post(self, id: str) -> None: ...

    async def posts_of(self, actor: str) -> list[str]: ...

    async def readers(self, author: str, audience: Iterable[Audience]) -> list[str]:
        """The accounts here whose feed shows what `author` says to `audience`."""
        ...

    async def show(self, account: str, note: Note) -> None:
        """Put the post into the account's feed and tell its devices; silence on a repeat."""
        ...

    async def sees(self, actor: str, post: str) -> bool:
        """The one rule `may_see`, with the facts about `actor` and `post`."""
        ...

    async def react(self, actor: str, object: str, kind: str, activity: str) -> bool: ...

    async def unreact(self, actor: str, object: str, kind: str) -> None: ...

    async def unreact_by_id(self, actor: str, activity: str) -> None: ...

    async def account_of(self, actor: str) -> str | None: ...

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None:
        """Tell the account once: the same notice again is silence."""
        ...

    async def forget_between(self, one: str, other: str) -> None:
        """Remove from feeds, notices and reactions what ties these two actors."""
        ...


async def on_create_note(activity: CreateNote, unit: PostUnit) -> None:
    """A post or a comment. What concerns nobody here is not kept (INB-1.2)."""
    note = _own_words(activity.note)
    if await unit.buried(note.id) or await unit.post(note.id):
        return await _show(note, unit)
    author = await unit.author(note.author)
    audience = audience_of(author, (*note.to, *note.cc))
    parent = await unit.post(note.in_reply_to) if note.in_reply_to else None
    if parent is not None and not await unit.sees(note.author, parent.id):
        raise Forbidden("INB-1.3", "a comment on what its author may not see")
    readers = await unit.readers(note.author, audience)
    mine = await unit.account_of(note.author) is not None
    if not mine and not readers and parent is None:
        return None
    kind = "comment" if note.in_reply_to else ("video" if note.video else "note")
    await unit.put_post(note, kind, parent.thread if parent else note.id, audience)
    if parent is not None:
        return await _tell_author(unit, parent, "comment", note.author, note.id)
    return await _show(note, unit)


def _own_words(note: Note) -> Note:
    """Nobody links another server's video to their own words: likes of it would be theirs."""
    if note.video and not same_origin(note.video, note.id):
        return replace(note, video="")
    return note


async def _show(note: Note, unit: PostUnit) -> None:
    if note.in_reply_to or await unit.buried(note.id):
        return
    author = await unit.author(note.author)
    for account in await unit.readers(note.author, audience_of(author, (*note.to, *note.cc))):
        await unit.show(account, note)


async def _tell_author(unit: PostUnit, post: Known, kind: str, actor: str, object: str) -> None:
    account = await unit.account_of(post.author)
    if account is not None and post.author != actor:
        await unit.notify(account, kind, actor, object)


async def on_update_note(activity: UpdateNote, unit: PostUnit) -> None:
    """A newer text of a post we know. An unknown one is taken as new (INB-1.4)."""
    known = await unit.post(activity.note.id)
    if known is None:
        return await on_create_note(CreateNote(activity.id, activity.actor, activity.note), unit)
    if known.author != activity.actor:
        raise Forbidden("INB-1.5", "only its author may change a post")
    await unit.change_post(activity.note)
    return None


async def on_like(activity: Like, unit: PostUnit) -> None:
    """A like, on the Note or on its Video: it counts once (INB-3.1)."""
    await _reacted(activity.actor, activity.object, "like", activity.id, unit)


async def on_announce(activity: Announce, unit: PostUnit) -> None:
    """A share of a post we know. We fetch nothing for it."""
    await _reacted(activity.actor, activity.object, "share", activity.id, unit)


async def _reacted(actor: str, object: str, kind: str, activity: str, unit: PostUnit) -> None:
    post = await unit.post(object)
    if post is None or post.deleted or await unit.buried(activity):
        return
    if not await unit.sees(actor, post.id):
        raise Forbidden("INB-3.2", f"a {kind} of what its actor may not see")
    await unit.react(actor, post.id, kind, activity)
    await _tell_author(unit, post, kind, actor, post.id)


async def on_undo(activity: Undo, unit: PostUnit) -> None:
    """A like or share taken back, by its id or by what it enclosed (INB-3.3)."""
    if activity.object:
        await unit.unreact_by_id(activity.actor, activity.object)
        if isinstance(activity.of, Like | Announce):
            # The Undo may overtake what it undoes.
            await unit.bury(activity.object, activity.actor)
    if isinstance(activity.of, Like | Announce):
        kind = "like" if isinstance(activity.of, Like) else "share"
        post = await unit.post(activity.of.object)
        if post is not None:
            await unit.unreact(activity.actor, post.id, kind)


async def on_delete(activity: Delete, unit: PostUnit) -> None:
    """A post is gone, also one that has not come yet; or its author with all they wrote."""
    if activity.object == activity.actor:
        for id in await unit.posts_of(activity.actor):
            await unit.erase_post(id)
        return
    known = await unit.post(activity.object)
    if known is not None and known.author != activity.actor:
        raise Forbidden("INB-1.5", "only its author may delete a post")
    if not same_origin(activity.object, activity.actor):
        raise Forbidden("INB-1.5", "an actor may delete only what is of its own origin")
    await unit.bury(activity.object, activity.actor)
    if known is not None:
        await unit.erase_post(known.id)


async def on_block(activity: Block, unit: PostUnit) -> None:
    """Whoever of the two is ours loses what ties them to the other (GRA-4)."""
    await unit.forget_between(activity.actor, activity.object)
