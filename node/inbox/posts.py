"""Posts as they arrive: notes, comments, likes, shares, and their taking back (spec INB-1, INB-3).

Every handler may see the same activity twice, early or late, and leaves the same state.
"""

from collections.abc import Iterable
from typing import Protocol

from node.errors import Forbidden
from node.federation.activities.shapes import (
    PUBLIC,
    Announce,
    Block,
    CreateNote,
    Delete,
    Like,
    Note,
    Undo,
    UpdateNote,
)
from node.inbox import fan_out, passed_on, sharing
from node.inbox import mentions as mentioning
from node.inbox.audiences import audience_of
from node.inbox.known import Known, own_words
from node.inbox.mentions import MentionsUnit
from node.inbox.sharing import SharingUnit
from node.wire.ids import same_origin


class PostUnit(SharingUnit, MentionsUnit, Protocol):
    """What these handlers ask of the transaction they run in."""

    async def add_tombstone(self, id: str, actor: str) -> None: ...

    async def change_post(self, note: Note) -> None: ...

    async def erase_post(self, id: str) -> None: ...

    async def erase_actor(self, actor: str) -> None:
        """All that the actor wrote and liked; of one of ours feed and notices too."""
        ...

    async def sees(self, actor: str, post: str) -> bool:
        """The one rule `may_see`, with the facts about `actor` and `post`."""
        ...

    async def unreact_by_id(self, actor: str, activity: str) -> bool:
        """Take back what `activity` said. False when that is not known."""
        ...

    async def account_of(self, actor: str) -> str | None: ...

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None:
        """Tell the account once: the same notice again is silence."""
        ...

    async def forget_between(self, one: str, other: str) -> None:
        """Remove from feeds, notices and reactions what ties these two actors."""
        ...


async def on_create_note(activity: CreateNote, unit: PostUnit) -> None:
    """A post or a comment. What concerns nobody here is not kept (INB-1.2)."""
    note = own_words(activity.note)
    if await unit.has_tombstone(note.id, note.author) or await unit.hidden(note.author):
        return
    known = await unit.post(note.id)
    if known is None:
        await (_comment if note.in_reply_to else _post)(note, unit)
        known = await unit.post(note.id)
    elif known.author != note.author:
        raise Forbidden("INB-1.5", "only its author may change a post")
    if known is not None and not known.deleted:
        # Again on a repeat: our own people's posts come here with their row made.
        await tell(known, unit, note.mentions)


async def _post(note: Note, unit: PostUnit) -> None:
    audience = audience_of(await unit.author(note.author), (*note.to, *note.cc))
    readers = await fan_out.has_reader(unit, note.author, audience)
    if readers or await mentioning.has_listener(unit, note.author, _addressed(note)):
        await unit.put_post(note, "video" if note.video else "note", note.id, audience)


def _addressed(note: Note) -> set[str]:
    """Whom it mentions and is for: who only stands in the words cannot see it."""
    meant = {*note.to, *note.cc}
    return set(note.mentions) if PUBLIC in meant else meant.intersection(note.mentions)


async def _comment(note: Note, unit: PostUnit) -> None:
    parent = await unit.post(note.in_reply_to)
    if parent is None or parent.deleted:
        return
    if not await unit.sees(note.author, parent.id):
        raise Forbidden("INB-1.3", "a comment on what its author may not see")
    root = await unit.post(parent.thread) or parent
    host = await unit.author(root.author)
    audience = audience_of(await unit.author(note.author), (*note.to, *note.cc), host)
    await unit.put_post(note, "comment", root.id, audience)


async def tell(post: Known, unit: PostUnit, mentions: Iterable[str] = ()) -> None:
    """Whoever is to find it in a feed or among notices does, once."""
    answered: set[str] = set()
    if not post.in_reply_to:
        await fan_out.into_feeds(unit, post)
    else:
        above = [await unit.post(id) for id in (post.in_reply_to, post.thread)]
        answered = {one.author for one in above if one is not None} - {post.author}
        await _notify(unit, post, "comment", answered)
    await mentioning.tell(unit, post, {*mentions} - answered - {post.author})


async def _notify(unit: PostUnit, post: Known, kind: str, actors: Iterable[str]) -> None:
    for actor in sorted(actors):
        account = await unit.account_of(actor)
        if account is not None and await unit.sees(actor, post.id):
            await unit.notify(account, kind, post.author, post.id)


async def on_update_note(activity: UpdateNote, unit: PostUnit) -> None:
    """A newer text of a post we know. An unknown one is taken as new (INB-1.4)."""
    known = await unit.post(activity.note.id)
    if known is None:
        await on_create_note(CreateNote(activity.id, activity.actor, activity.note), unit)
        return
    if known.author != activity.actor:
        raise Forbidden("INB-1.5", "only its author may change a post")
    await unit.change_post(activity.note)


async def on_like(activity: Like, unit: PostUnit) -> None:
    """A like, on the Note or on its Video: it counts once (INB-3.1)."""
    await _reacted(activity, "like", unit)


async def on_announce(activity: Announce, unit: PostUnit) -> None:
    """A share; what is not known here is looked for where it stands (INB-9, INB-12)."""
    post = await unit.post(activity.object)
    if post is None:
        await passed_on.look_for(activity, unit)
    else:
        await sharing.shared(activity, post, unit)
        await _reacted(activity, sharing.SHARE, unit)


async def _reacted(said: Like | Announce, kind: str, unit: PostUnit) -> None:
    post = await unit.post(said.object)
    if post is None or not post.local or post.deleted:
        return  # how often a post of theirs was liked is for its own server to say (INB-3.4)
    if await unit.has_tombstone(said.id, said.actor) or await unit.hidden(said.actor):
        return
    if not await unit.sees(said.actor, post.id):
        raise Forbidden("INB-3.2", f"a {kind} of what its actor may not see")
    await unit.react(said.actor, post.id, kind, said.id)
    account = await unit.account_of(post.author)
    if account is not None and post.author != said.actor:
        await unit.notify(account, kind, said.actor, post.id)


async def on_undo(activity: Undo, unit: PostUnit) -> None:
    """A like or share taken back, by its id or by what it enclosed (INB-3.3)."""
    said = activity.of
    if said is not None and not isinstance(said, Like | Announce):
        return
    if activity.object:
        if not same_origin(activity.object, activity.actor):
            raise Forbidden("INB-3.3", "only who said it may take it back")
        if await unit.unreact_by_id(activity.actor, activity.object) or said is not None:
            # The Undo may overtake what it undoes, and a copy may come after it.
            await unit.add_tombstone(activity.object, activity.actor)
    elif said is not None:
        post = await unit.post(said.object)
        kind = "like" if isinstance(said, Like) else "share"
        # What is shared and not here yet stands under the id by which it was shared.
        await unit.unreact(activity.actor, post.id if post else said.object, kind)


async def on_delete(activity: Delete, unit: PostUnit) -> None:
    """A post is gone, also one that has not come yet; or its author with all they wrote."""
    if activity.object == activity.actor:
        await unit.erase_actor(activity.actor)
        return
    known = await unit.post(activity.object)
    if known is not None and known.author != activity.actor:
        raise Forbidden("INB-1.5", "only its author may delete a post")
    if not same_origin(activity.object, activity.actor):
        raise Forbidden("INB-1.5", "an actor may delete only what is of its own origin")
    await unit.add_tombstone(activity.object, activity.actor)
    if known is not None:
        await unit.add_tombstone(known.id, activity.actor)  # its Video may have been named
        await unit.erase_post(known.id)


async def on_block(activity: Block, unit: PostUnit) -> None:
    """Whoever of the two is ours loses what ties them to the other (GRA-4)."""
    await unit.forget_between(activity.actor, activity.object)
