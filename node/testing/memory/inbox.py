"""The inbox room's unit over a `MemoryTables`, and the pages of feeds and notices."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from msgspec.structs import replace

from node.accounts.account import State
from node.federation.activities.shapes import Delete, Note
from node.federation.priority import Priority
from node.federation.telling import Page
from node.graph.friendship_states import FRIENDS
from node.graph.friendship_unit import FollowState
from node.graph.visibility import Audience, AudienceKind, may_see
from node.inbox.audiences import Author
from node.inbox.known import Known, still_warning
from node.inbox.mentions import MOST_WAITING, REQUEST, Mentioning, WhoMentions
from node.inbox.reports import NOTICE
from node.inbox.sharing import SHARE
from node.store.inbox import MOST_SAID
from node.store.visibility import GROUPS
from node.testing.memory.graph import GraphUnit
from node.testing.memory.notices import Notices
from node.testing.memory.shares import SharesUnit
from node.testing.memory.tables import Notice, Task, Written
from node.testing.memory.tombstones import Tombstones
from node.testing.memory.unit import Unit
from node.testing.memory.versions import keep_version
from node.wire.ids import covering, origin
from node.wire.times import micros


class VisibilityUnit(Unit):
    """Looks only."""

    async def post(self, id: str) -> Known | None:
        found = self.tables.posts.get(id) or next(
            (one for _, one in sorted(self.tables.posts.items()) if id and one.note.video == id),
            None,
        )
        if found is None:
            return None
        note = found.note
        facts = (found.local, found.thread, found.deleted, note.in_reply_to)
        return Known(note.id, note.author, *facts)

    async def named(self, name: str, domain: str) -> str | None:
        return await GraphUnit(self.tables, self.context).named(name, domain)

    async def named_here(self, name: str) -> str | None:
        return await GraphUnit(self.tables, self.context).named_here(name)

    async def author(self, actor: str) -> Author:
        found = self.tables.actors.get(actor)
        return Author(actor, found.followers, found.friends) if found else Author(actor)

    async def audience(self, post: str) -> list[Audience]:
        return list(self.tables.audiences.get(post, ()))

    async def sees(self, actor: str, post: str) -> bool:
        found = self.tables.posts.get(post)
        if found is None:
            return False
        if found.thread in ("", post):
            return await self._judge(actor, found, None)
        root = self.tables.posts.get(found.thread)
        sees_root = root is not None and not root.deleted and await self._judge(actor, root, None)
        return await self._judge(actor, found, sees_root)

    async def _judge(self, actor: str, post: Written, root: bool | None) -> bool:
        author = post.note.author
        if not (post.deleted or author == actor) and await self.hidden(author):
            return False
        viewer = await GraphUnit(self.tables, self.context).viewer(actor, author)
        return may_see(replace(viewer, root=root), await self.audience(post.note.id))

    async def hidden(self, actor: str) -> bool:
        found = self.tables.actors.get(actor)
        above = (self.tables.hosts.get(name) for name in covering(origin(actor).authority))
        if any(host is not None and host.suspended for host in above):
            return True
        if found is None:
            return False
        account = self.tables.accounts.get(found.account or "") if found.local else None
        inactive = account is not None and account.state is not State.ACTIVE
        return found.gone or found.suspended or inactive

    async def readers(
        self, author: str, audience: Iterable[Audience], after: str, most: int
    ) -> Page:
        ids = {one.actor: one.id for one in self.tables.accounts.values()}
        people, place = _page(sorted(self._readers(author, audience)), after, most)
        return [ids[actor] for actor in people], place

    def _readers(self, author: str, audience: Iterable[Audience]) -> set[str]:
        meant = list(audience)
        kinds = {one.kind for one in meant}
        named = {one.ref for one in meant if one.kind is AudienceKind.ACTOR}
        found = set()
        for account in self.tables.accounts.values():
            actor = account.actor
            friendship = self.tables.friendships.get((actor, author))
            row = self.tables.follows.get((actor, author))
            friend = friendship is not None and friendship[0].pair == FRIENDS
            near = friend or (row is not None and row[0].state is FollowState.ACCEPTED)
            barred = actor == author or (friendship is not None and friendship[0].barred)
            shown = near and (kinds & GROUPS or actor in named)
            if (shown or (friend and AudienceKind.FRIENDS in kinds)) and not barred:
                found |= {actor} if account.state is State.ACTIVE else set()
        return found

    async def recipients(
        self, author: str, audience: Iterable[Audience], after: str, most: int
    ) -> Page:
        meant = list(audience)
        kinds = {one.kind for one in meant}
        found = {one.ref for one in meant if one.kind is AudienceKind.ACTOR}
        friendships = [
            friendship
            for friendship, _ in self.tables.friendships.values()
            if friendship.actor == author
        ]
        if kinds & {*GROUPS, AudienceKind.FRIENDS}:
            found |= {friendship.other for friendship in friendships if friendship.pair == FRIENDS}
        if kinds & GROUPS:
            found |= {
                row.follower
                for row, _ in self.tables.follows.values()
                if row.followed == author and row.state is FollowState.ACCEPTED
            }
        barred = {friendship.other for friendship in friendships if friendship.barred}
        there = await self.reachable(found - barred - {author})
        page, place = _page(sorted(there), after, most)
        return [id for id in page if not self.tables.actors[id].local], place

    async def reachable(self, ids: Iterable[str]) -> set[str]:
        known = ((id, self.tables.actors.get(id)) for id in ids)
        return {id for id, actor in known if actor is not None and not actor.gone}

    async def respondents(self, post: str) -> list[str]:
        written = self.tables.posts.values()
        found = {one.note.author for one in written if post in (one.thread, one.note.in_reply_to)}
        found |= {actor for actor, object, _ in self.tables.reactions if object == post}
        known = [self.tables.actors[id] for id in await self.reachable(found)]
        abroad = [one for one in known if not one.local and not one.suspended]
        return sorted({one.shared_inbox or one.inbox for one in abroad})


class InboxUnit(VisibilityUnit, SharesUnit):
    """A transaction of the inbox room."""

    async def put_post(
        self, note: Note, kind: str, thread: str, audience: Iterable[Audience]
    ) -> None:
        local = await self.account_of(note.author) is not None
        at = micros(note.published)
        updated = micros(note.updated) if note.updated else None
        number = self.fresh_number(note.published)
        self.tables.posts.setdefault(
            note.id,
            Written(note, kind, thread, local, at, updated, number=number),
        )
        meant = (*self.tables.audiences.get(note.id, ()), *audience)
        self.tables.audiences[note.id] = tuple(dict.fromkeys(meant))

    async def change_post(self, note: Note) -> None:
        found = self.tables.posts.get(note.id)
        at = micros(note.updated or self.now)
        if found is None or found.deleted:
            return
        if found.updated is not None and found.updated > at:
            return
        old = found.note
        if found.updated == at:
            note = still_warning(note, old.summary, old.sensitive)
        changed = replace(
            note,
            author=old.author,
            in_reply_to=old.in_reply_to,
            video=old.video,
            published=old.published,
        )
        keep_version(self.tables, found, changed)
        self.tables.posts[note.id] = replace(found, note=changed, updated=at)

    async def erase_post(self, id: str) -> None:
        found = self.tables.posts.get(id)
        if found is not None and not found.deleted:
            bare = replace(
                found.note, content="", content_map={}, name="", summary="", attachments=()
            )
            self.tables.posts[id] = replace(found, note=bare, deleted=True)
            self.tables.post_versions.pop(id, None)
        if found is not None:
            self._unsay(found)
        for account, post in list(self.tables.timeline):
            if post == id:
                del self.tables.timeline[account, post]
                await self.tell(account, "post_deleted", {"id": id})
        for key in [key for key in self.tables.reactions if key[1] == id]:
            del self.tables.reactions[key]
            self.tables.shares.pop(key[:2], None)
        below = {one for one, post in self.tables.posts.items() if post.thread == id}
        await Notices(self).take_back(lambda one: one.object in {id, *below})

    def _unsay(self, post: Written) -> None:
        author, id = post.note.author, post.note.id
        for key, kept in self.tables.arrivals.items():
            if key[0] == author and kept.state == "applied" and id.encode() in kept.body:
                self.tables.arrivals[key] = replace(kept, body=b"")
        if not post.local:
            return
        gone = self.context.render(Delete(self.mint_activity(), author, id))
        named = {one for one in (id, post.note.video) if one}
        for activity, debt in self.tables.outbox.items():
            if debt.actor == author and debt.object in named:
                bare = replace(debt, activity=None, body=gone, public=False)
                self.tables.outbox[activity] = bare

    async def erase_actor(self, actor: str) -> None:
        for id, post in list(self.tables.posts.items()):
            if post.note.author == actor and not post.deleted:
                await self.erase_post(id)
        for key in [key for key in self.tables.reactions if key[0] == actor]:
            del self.tables.reactions[key]
            self.tables.shares.pop(key[:2], None)
        await Notices(self).take_back(lambda one: one.actor == actor and one.kind != NOTICE)
        account = await self.account_of(actor)
        if account is not None:
            self._out_of_feed(account, set(self.tables.posts))
            self._out_of_reports(actor)
            self.tables.notices = {
                id: one for id, one in self.tables.notices.items() if one.account != account
            }

    def _out_of_reports(self, reporter: str) -> None:
        for id, one in list(self.tables.reports.items()):
            if one.reporter == reporter:
                self.tables.reports[id] = replace(one, reporter="", text="")
                self.tables.outbox.pop(one.flag, None)
                for seq, owed in list(self.tables.deliveries.items()):
                    if one.flag and owed.activity == one.flag:
                        del self.tables.deliveries[seq]

    def _out_of_feed(self, account: str, posts: set[str]) -> None:
        for key in [key for key in self.tables.timeline if key[0] == account and key[1] in posts]:
            del self.tables.timeline[key]

    async def has_tombstone(self, id: str, actor: str = "") -> bool:
        return await Tombstones(self).has(id, actor)

    async def add_tombstone(self, id: str, actor: str) -> None:
        await Tombstones(self).add(id, actor)

    async def show(
        self, accounts: Sequence[str], post: Note | Known, shared: int | None = None
    ) -> None:
        for account in accounts:
            if (account, post.id) not in self.tables.timeline:
                at = self.tables.posts[post.id].at if shared is None else shared
                self.tables.timeline[account, post.id] = at
                if shared is not None:
                    self.tables.shared[account, post.id] = None
                told = {"id": post.id, "author": post.author}
                self.tell_each([account], "post", told, about=post.author)

    async def send_to_friends(self, activity: str, actor: str, to: Iterable[str]) -> None:
        graph, named = GraphUnit(self.tables, self.context), dict[str, list[str]]()
        for friendship, _ in self.tables.friendships.values():
            other = self.tables.actors.get(friendship.other)
            if friendship.actor != actor or friendship.pair != FRIENDS or other is None:
                continue
            away = not (other.local or other.gone or other.suspended)
            if away and not await graph.speaks_friendship(other.id):
                named.setdefault(other.shared_inbox or other.inbox, []).append(other.id)
        there = [one for one in self._addresses(to) if not one.local and not one.suspended]
        inboxes = {one.shared_inbox or one.inbox for one in there}
        named = {inbox: sorted(people) for inbox, people in named.items()}
        self.deliver(activity, actor, Priority.POSTS, inboxes, named)

    async def add_job(self, kind: str, subject: str) -> None:
        self.tables.jobs[self.fresh()] = Task(kind, subject, self.now)
        self.wakes.add("jobs")

    # -- reactions and notices -------------------------------------------------------------------

    async def reaction(self, actor: str, object: str, kind: str) -> tuple[str, ...]:
        return self.tables.reactions.get((actor, object, kind), ())

    async def react(
        self, actor: str, object: str, kind: str, activity: str, at: int | None = None
    ) -> None:
        said = await self.reaction(actor, object, kind)
        if activity not in said:
            self.tables.reactions[actor, object, kind] = (*said, activity)[-MOST_SAID:]
            if kind == SHARE:
                self.tables.shares.setdefault(
                    (actor, object), micros(self.now) if at is None else at
                )

    async def unreact(self, actor: str, object: str, kind: str) -> None:
        self.tables.reactions.pop((actor, object, kind), None)
        self.tables.shares.pop((actor, object), None)
        gone = (actor, object, kind)
        await Notices(self).take_back(
            lambda one: (one.actor, one.object, one.kind) == gone, rests=True
        )
        if kind == SHARE and not any(shared == object for _, shared in self.tables.shares):
            await self._shared_no_more(object)

    async def _shared_no_more(self, post: str) -> None:
        for account, id in [key for key in self.tables.shared if key[1] == post]:
            reader, found = self.tables.accounts.get(account), self.tables.posts.get(post)
            if reader and found and self.is_near(reader.actor, found.note.author):
                continue
            del self.tables.shared[account, id]
            self.tables.timeline.pop((account, id), None)
            await self.tell(account, "post_deleted", {"id": id})

    async def unreact_by_id(self, actor: str, activity: str) -> bool:
        for key, said in list(self.tables.reactions.items()):
            if key[0] == actor and activity in said:
                if len(said) == 1:
                    await self.unreact(*key)
                else:
                    self.tables.reactions[key] = tuple(one for one in said if one != activity)
                return True
        return False

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None:
        await Notices(self).add(account, kind, actor, object, once=True)

    async def note_quietly(self, account: str, kind: str, actor: str, object: str) -> None:
        await Notices(self).add(account, kind, actor, object, once=True, quiet=True)

    async def mentioning(self, account: str, actor: str, author: str) -> Mentioning:
        found = self.tables.accounts.get(account)
        choice = WhoMentions(found.mentions) if found is not None else WhoMentions.NOBODY
        viewer = await GraphUnit(self.tables, self.context).viewer(actor, author)
        waiting = [
            one
            for one in self.tables.notices.values()
            if (one.account, one.kind, one.read) == (account, REQUEST, False)
        ]
        neighbour = author.startswith(f"{self.origin}/")
        of_id = self.context.suffixes.of_id
        same = [one for one in waiting if of_id(one.actor) == of_id(author)]
        return Mentioning(choice, viewer, neighbour, len(waiting[:MOST_WAITING]), len(same))

    async def notify_anew(self, account: str, kind: str, actor: str, object: str) -> None:
        same = (account, kind, actor)
        await Notices(self).take_back(lambda one: (one.account, one.kind, one.actor) == same)
        await Notices(self).add(account, kind, actor, object)

    async def keep_move(self, actor: str, target: str, often: timedelta) -> bool:
        found = self.tables.actors.get(actor)
        if found is None or found.local or found.gone or found.suspended:
            return False
        lately = found.move_told_at is not None and found.move_told_at > self.now - often
        news = found.move_told != target and not lately
        told = {"move_told": target, "move_told_at": self.now} if news else {}
        self.tables.actors[actor] = replace(found, moved_to=target, **told)
        return news

    async def moved_to(self, actor: str) -> str:
        found = self.tables.actors.get(actor)
        return found.moved_to if found is not None else ""

    async def forget_between(self, one: str, other: str) -> None:
        for ours, theirs in ((one, other), (other, one)):
            written = {id for id, p in self.tables.posts.items() if p.note.author == theirs}
            mine = {id for id, p in self.tables.posts.items() if p.note.author == ours}
            for key in [k for k in self.tables.reactions if k[0] == theirs and k[1] in mine]:
                del self.tables.reactions[key]
                self.tables.shares.pop(key[:2], None)
            account = await self.account_of(ours)
            if account is not None:
                await Notices(self).take_back(_of(account, theirs))
                self._out_of_feed(account, written)
                self.retract_events(account, "post", [theirs])


def _of(account: str, actor: str) -> Callable[[Notice], bool]:
    return lambda one: (one.account, one.actor) == (account, actor) and one.kind != NOTICE


def _page(people: Sequence[str], after: str, most: int) -> Page:
    page = [one for one in people if one > after][:most]
    return page, page[-1] if len(page) == most else ""
