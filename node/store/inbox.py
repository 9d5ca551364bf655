"""The queries of posts: what handlers and commands of `node.inbox` read and write."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy import (
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from node.federation.activities.shapes import Activity, Attachment, CreateNote, Note
from node.federation.capabilities import FRIENDSHIP
from node.federation.priority import Priority
from node.federation.telling import Page
from node.graph.visibility import Audience, AudienceKind
from node.inbox.audiences import Author
from node.inbox.known import Known, still_warning
from node.inbox.mentions import MOST_WAITING, REQUEST, Mentioning, WhoMentions
from node.inbox.reports import NOTICE
from node.inbox.sharing import SHARE
from node.store.erasing import Erasing
from node.store.friends import SPEAKING
from node.store.graph import GraphUnit
from node.store.jobs import add_job
from node.store.notices import Notices
from node.store.pipeline import Pipeline
from node.store.post_facts import PostFacts, read_facts
from node.store.shares_taken import SharesUnit
from node.store.showing import showing
from node.store.tables import (
    accounts,
    actors,
    audiences,
    friendships,
    notices,
    posts,
    reactions,
    timeline,
)
from node.store.tombstones import Tombstones
from node.store.unit import UnitContext
from node.store.upserts import insert_ignore, insert_new
from node.store.versions import Versions
from node.wire.ids import origin
from node.wire.times import micros

OPEN = Audience(AudienceKind.PUBLIC)
MOST_SAID = 16  # activities by one actor that say the same of one post; the newest are kept

WHO_MENTIONS = select(accounts.c.mentions).where(accounts.c.id == bindparam("account"))
REQUESTS = (
    select(notices.c.actor)
    .where(
        notices.c.account == bindparam("account"),
        notices.c.kind == REQUEST,
        notices.c.read.is_(None),
    )
    .limit(MOST_WAITING)
)
_F, _A = friendships.c, actors.c
_BOX = func.coalesce(func.nullif(_A.shared_inbox, ""), _A.inbox)
UNTAUGHT = (
    select(_A.id, _BOX.label("box"))
    .join_from(friendships, actors, _A.id == _F.other)
    .where(
        _F.actor == bindparam("actor"),
        _F.ours == "accepted",
        _F.theirs == "accepted",
        _A.local.is_(False),
        _A.gone.is_(None),
        _A.suspended.is_(None),
        ~_A.capabilities.contains(FRIENDSHIP, autoescape=True),
        _BOX.in_(bindparam("inboxes", expanding=True)),
    )
    .order_by(_A.id)
)


def attachments_json(attachments: Iterable[Attachment]) -> str:
    """The attachments as they are kept in `posts.attachments`."""
    return msgspec.json.encode(list(attachments)).decode()


class InboxUnit(SharesUnit):
    """A transaction of the inbox room."""

    _facts: PostFacts | None = None

    def __init__(self, connection: Pipeline, context: UnitContext) -> None:
        super().__init__(connection, context)
        self._meant: dict[str, list[Audience]] = {}  # of the posts that this unit has put

    async def prepare(self, activities: Sequence[Activity]) -> None:
        notes = [one.note for one in activities if isinstance(one, CreateNote)]
        if len(notes) > 1:
            self._facts = await read_facts(self.connection, notes)

    def read_anew(self) -> None:
        self._facts = None
        self._meant = {}

    async def post(self, id: str) -> Known | None:
        facts = self._facts
        return facts.posts[id] if facts and id in facts.posts else await super().post(id)

    async def author(self, actor: str) -> Author:
        known = self._facts.authors.get(actor) if self._facts else None
        return known or await super().author(actor)

    async def hidden(self, actor: str) -> bool:
        facts = self._facts
        return (
            facts.hidden[actor] if facts and actor in facts.hidden else await super().hidden(actor)
        )

    async def audience(self, post: str) -> list[Audience]:
        known = self._meant.get(post)
        return known if known is not None else await super().audience(post)

    async def readers(
        self, author: str, audience: Iterable[Audience], after: str, most: int
    ) -> Page:
        meant = tuple(audience)
        asked = (author, meant, after, most)
        if self._facts is None:
            return await super().readers(*asked)
        found = self._facts.readers.get(asked)
        if found is None:
            found = self._facts.readers[asked] = await super().readers(*asked)
        return found

    # -- writing ---------------------------------------------------------------------------------

    async def put_post(
        self, note: Note, kind: str, thread: str, audience: Iterable[Audience]
    ) -> None:
        local = await self._is_local(note.author)
        meant = list(audience)
        self.connection.later(
            insert_new(self.connection, posts),
            {
                "id": note.id,
                "number": self.fresh_number(note.published),
                "author": note.author,
                "local": local,
                "kind": kind,
                "thread": thread,
                "in_reply_to": note.in_reply_to,
                "video": note.video,
                "local_feed": 1 if local and not note.in_reply_to and OPEN in meant else None,
                "published": micros(note.published),
                "updated": micros(note.updated) if note.updated else None,
                **_words(note),
            },
        )
        for one in meant:
            row = {"post": note.id, "kind": str(one.kind), "ref": one.ref}
            self.connection.later(insert_ignore(self.connection, audiences), row)
        self._meant[note.id] = meant
        facts = self._facts
        if facts is not None and note.id in facts.posts and facts.posts[note.id] is None:
            facts.posts[note.id] = Known(
                note.id, note.author, local, thread, in_reply_to=note.in_reply_to
            )

    async def _is_local(self, actor: str) -> bool:
        # Ours all begin with our origin: of what others write nothing is asked.
        ours = actor.startswith(f"{self.context.origin}/")
        return ours and await self.account_of(actor) is not None

    async def change_post(self, note: Note) -> None:
        """Replace the words unless what is stored is newer (updates may overtake each other).

        Of two versions of one instant (many servers count in seconds) the later arrival stays, with
        the content warning that either of them had.
        """
        found = await self.connection.execute(
            select(posts).where(posts.c.id == note.id, posts.c.deleted.is_(None))
        )
        row = found.first()
        at = micros(note.updated or self.now)
        if row is None or (row.updated is not None and row.updated > at):
            return
        if row.updated == at:
            note = still_warning(note, row.summary, row.sensitive)
        words = _words(note)
        await Versions(self).keep(note.id, row, words)
        await self.connection.execute(
            update(posts).where(posts.c.id == note.id).values(updated=at, **words)
        )

    async def erase_post(self, id: str) -> None:
        """Remove the words and every trace in feeds; the row stays so that replies keep a root."""
        await Erasing(self).post(id)

    async def erase_actor(self, actor: str) -> None:
        """Everything of an actor who is gone; of one of ours also what was shown to them."""
        await Erasing(self).actor(actor)

    async def has_tombstone(self, id: str, actor: str = "") -> bool:
        """Whether `actor` (or, when left out, anyone) is known to have ended the thing `id`."""
        facts = self._facts
        if facts and id in facts.posts and actor:
            return (id, actor) in facts.ended
        return await Tombstones(self).has(id, actor)

    async def add_tombstone(self, id: str, actor: str) -> None:
        await Tombstones(self).add(id, actor)

    async def show(
        self, accounts: Sequence[str], post: Note | Known, shared: int | None = None
    ) -> None:
        """Into these feeds, once; the events carry only the id (the feed has the rest)."""
        if not accounts:
            return
        for account in accounts:
            self._in_order(account)
        statements = showing(self.connection, shared is not None)
        many = {"people": json.dumps(list(accounts))}
        told = json.dumps({"id": post.id, "author": post.author}, separators=(",", ":"))
        event = {"told": told, "by": post.author, "now": micros(self.now), "of": post.id}
        self.connection.later(statements.events, {**many, **event})
        at = {} if shared is None else {"at": shared}
        self.connection.later(statements.lines, {**many, "of": post.id, **at})

    async def send_to_friends(self, activity: str, actor: str, to: Iterable[str]) -> None:
        """As `send_on`; see `inbox.fan_out`."""
        inboxes = self._inboxes(await self._addresses(list(to)))
        named = await self._friends_behind(actor, inboxes)
        self.deliver(activity, actor, Priority.POSTS, inboxes, named)

    async def _friends_behind(self, actor: str, inboxes: Iterable[str]) -> dict[str, list[str]]:
        """By inbox: the friends of `actor` there whose servers know no friendship."""
        asked = {"actor": actor, "inboxes": sorted(set(inboxes))}
        rows = await self.connection.fetch(UNTAUGHT, asked) if asked["inboxes"] else []
        hosts = sorted({origin(row.id).authority for row in rows})
        able = {row.host for row in await self.connection.fetch(SPEAKING, {"hosts": hosts})}
        found: dict[str, list[str]] = {}
        for row in rows:
            if origin(row.id).authority not in able:
                found.setdefault(row.box, []).append(row.id)
        return found

    async def add_job(self, kind: str, subject: str) -> None:
        await add_job(self, kind, subject)

    async def reaction(self, actor: str, object: str, kind: str) -> tuple[str, ...]:
        """The activities that say it and were not taken back; none if nothing says it."""
        found = await self.connection.execute(
            select(reactions.c.activity).where(
                reactions.c.actor == actor, reactions.c.object == object, reactions.c.kind == kind
            )
        )
        return tuple((found.scalar_one_or_none() or "").split())

    async def react(
        self, actor: str, object: str, kind: str, activity: str, at: int | None = None
    ) -> None:
        """Said once or more often: it counts once, until all that say it are taken back."""
        said = await self.reaction(actor, object, kind)
        if activity in said:
            return
        row = {"actor": actor, "object": object, "kind": kind}
        if said:
            kept = " ".join([*said, activity][-MOST_SAID:])
            await self.connection.execute(update(reactions).filter_by(**row).values(activity=kept))
            return
        created = micros(self.now) if at is None else at
        await self.connection.execute(
            reactions.insert().values(activity=activity, created=created, **row)
        )

    async def unreact(self, actor: str, object: str, kind: str) -> None:
        """However often it was said: no more. Its notice goes with it."""
        await self.connection.execute(
            delete(reactions).where(
                reactions.c.actor == actor, reactions.c.object == object, reactions.c.kind == kind
            )
        )
        await Notices(self).take_back(
            notices.c.actor == actor, notices.c.object == object, notices.c.kind == kind, rests=True
        )
        if kind == SHARE:
            await Erasing(self).shared(object)

    async def unreact_by_id(self, actor: str, activity: str) -> bool:
        found = await self.connection.execute(
            select(reactions.c.object, reactions.c.kind, reactions.c.activity).where(
                reactions.c.actor == actor,
                reactions.c.activity.contains(activity, autoescape=True),
            )
        )
        for row in found.all():
            said = row.activity.split()
            if activity not in said:
                continue
            if len(said) == 1:
                await self.unreact(actor, row.object, row.kind)
            else:
                said.remove(activity)
                await self.connection.execute(
                    update(reactions)
                    .filter_by(actor=actor, object=row.object, kind=row.kind)
                    .values(activity=" ".join(said))
                )
            return True
        return False

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None:
        """A notice and its event; the same one again is silence."""
        await Notices(self).add(account, kind, actor, object, once=True)

    async def note_quietly(self, account: str, kind: str, actor: str, object: str) -> None:
        """A notice without an event."""
        await Notices(self).add(account, kind, actor, object, once=True, quiet=True)

    async def mentioning(self, account: str, actor: str, author: str) -> Mentioning:
        """How one of ours stands to who mentions them."""
        rows, waiting = await self.connection.fetch_all(
            (WHO_MENTIONS, {"account": account}), (REQUESTS, {"account": account})
        )
        choice = WhoMentions(rows[0].mentions) if rows else WhoMentions.NOBODY
        viewer = await self.beside(GraphUnit).viewer(actor, author)
        neighbour = author.startswith(f"{self.context.origin}/")
        theirs = self.context.suffixes.of_id(author)
        same = sum(self.context.suffixes.of_id(row.actor) == theirs for row in waiting)
        return Mentioning(choice, viewer, neighbour, len(waiting), same)

    async def notify_anew(self, account: str, kind: str, actor: str, object: str) -> None:
        """A notice in place of those of this kind and actor: who tells much fills no list."""
        await Notices(self).take_back(
            notices.c.account == account, notices.c.kind == kind, notices.c.actor == actor
        )
        await Notices(self).add(account, kind, actor, object)

    async def keep_move(self, actor: str, target: str, often: timedelta) -> bool:
        a = actors.c
        theirs = (
            a.id == actor, a.local.is_(False), a.gone.is_(None), a.suspended.is_(None),
        )  # fmt: skip
        await self.connection.execute(update(actors).where(*theirs).values(moved_to=target))
        rested = or_(a.move_told_at.is_(None), a.move_told_at <= micros(self.now - often))
        told = await self.connection.execute(
            update(actors)
            .where(*theirs, a.move_told != target, rested)
            .values(move_told=target, move_told_at=micros(self.now))
        )
        return bool(told.rowcount)

    async def moved_to(self, actor: str) -> str:
        found = await self.connection.execute(select(actors.c.moved_to).where(actors.c.id == actor))
        return found.scalar_one_or_none() or ""

    async def forget_between(self, one: str, other: str) -> None:
        """Feeds, notices and reactions between the two; whichever of them is ours loses them."""
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
            # A resumed stream must not bring back what the block removed.
            await Notices(self).take_back(
                notices.c.account == account,
                notices.c.actor == theirs,
                notices.c.kind != NOTICE,  # it is the administrator's (INB-10.4)
            )
            self.retract_events(account, "post", [theirs])


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
