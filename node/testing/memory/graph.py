"""The graph room's unit over a `MemoryTables`."""

from collections.abc import Iterable
from datetime import datetime

from node.accounts.account import State
from node.federation.capabilities import FRIENDSHIP
from node.graph.friendship import Friendship
from node.graph.friendship_states import Stance
from node.graph.friendship_unit import Following, FollowState
from node.graph.visibility import STRANGER, Audience, Viewer, may_see
from node.store.graph import KINDS
from node.testing.memory.notices import Notices
from node.testing.memory.tombstones import Tombstones
from node.testing.memory.unit import Unit
from node.wire.ids import origin
from node.wire.times import micros


class GraphUnit(Unit):
    """A transaction of the graph room."""

    # -- who is who ------------------------------------------------------------------------------

    async def person(self, actor: str) -> str | None:
        accounts = self.tables.accounts.values()
        return next(
            (one.id for one in accounts if one.actor == actor and one.state is State.ACTIVE), None
        )

    async def owner(self, actor: str) -> str | None:
        for one in self.tables.accounts.values():
            if actor in (one.actor, one.channel) and one.state is State.ACTIVE:
                return one.actor
        return None

    async def channel(self, actor: str) -> str:
        accounts = self.tables.accounts.values()
        return next((one.channel for one in accounts if one.actor == actor), "")

    async def knows(self, actor: str) -> bool:
        found = self.tables.actors.get(actor)
        return found is not None and not found.gone

    async def named(self, name: str, domain: str) -> str | None:
        wanted = (name.lower(), domain.lower())
        found = [
            (not one.local, one.id)
            for one in self.tables.actors.values()
            if (one.name, one.domain) == wanted and not one.gone
        ]
        return min(found)[1] if found else None

    async def named_here(self, name: str) -> str | None:
        for one in self.tables.actors.values():
            if one.local and one.kind == "Person" and one.name == name.lower() and not one.gone:
                return one.id
        return None

    async def speaks_friendship(self, actor: str) -> bool:
        found = self.tables.actors.get(actor)
        if found is None:
            return False
        host = self.tables.hosts.get(origin(actor).authority)
        said = (*found.capabilities, *(host.capabilities if host else ()))
        return found.local or FRIENDSHIP in said

    # -- pairs ------------------------------------------------------------------------------------

    def _friendships(self) -> list[Friendship]:
        return [friendship for friendship, _ in self.tables.friendships.values()]

    async def friendship(self, actor: str, other: str) -> Friendship:
        kept = self.tables.friendships.get((actor, other))
        return kept[0] if kept else Friendship(actor, other)

    async def friendship_by_offer(self, id: str, other: str) -> Friendship | None:
        found = (
            friendship
            for friendship in self._friendships()
            if friendship.our_offer == id and friendship.other == other
        )
        return next(found, None) if id else None

    async def ties_by_statement(self, id: str, other: str) -> list[Friendship]:
        return [
            friendship
            for friendship in self._friendships()
            if friendship.other == other
            and id in (*friendship.their_offers, *friendship.their_blocks)
        ]

    async def put_friendship(self, friendship: Friendship) -> None:
        self.tables.friendships[friendship.actor, friendship.other] = (friendship, micros(self.now))

    # -- codes -----------------------------------------------------------------------------------

    async def put_code(self, actor: str, digest: bytes, expires: datetime) -> None:
        self.tables.friend_codes[actor] = (digest, expires)

    async def use_code(self, actor: str, digest: bytes) -> bool:
        kept, expires = self.tables.friend_codes.get(actor, (b"", self.now))
        if kept != digest or expires <= self.now:
            return False
        del self.tables.friend_codes[actor]
        return True

    # -- follows ---------------------------------------------------------------------------------

    def _follows(self) -> list[Following]:
        return [row for row, _ in self.tables.follows.values()]

    async def following(self, follower: str, followed: str) -> Following | None:
        kept = self.tables.follows.get((follower, followed))
        return kept[0] if kept else None

    async def following_by_id(self, id: str, follower: str) -> Following | None:
        rows = self._follows()
        return next((one for one in rows if id in one.ids and one.follower == follower), None)

    async def following_to(self, id: str, followed: str) -> Following | None:
        for row in self._follows():
            ours = self.tables.actors.get(row.follower)
            if id in row.ids and row.followed == followed and ours is not None and ours.local:
                return row
        return None

    async def put_following(self, row: Following) -> None:
        self.tables.follows[row.follower, row.followed] = (row, micros(self.now))

    async def drop_following(self, follower: str, followed: str) -> None:
        self.tables.follows.pop((follower, followed), None)

    # -- what ended ------------------------------------------------------------------------------

    async def has_tombstone(self, id: str, actor: str) -> bool:
        return await Tombstones(self).has(id, actor)

    async def add_tombstone(self, id: str, actor: str) -> None:
        await Tombstones(self).add(id, actor)

    async def drop_tombstone(self, id: str, actor: str) -> None:
        await Tombstones(self).drop(id, actor)

    async def forget(self, actor: str) -> None:
        tables = self.tables
        for friendship in self._friendships():
            account = await self._account(friendship.actor)
            if friendship.other == actor and account is not None:
                await self.tell(account, "friendship", {"actor": actor, "state": "none"})
        tables.friendships = {
            pair: kept for pair, kept in tables.friendships.items() if actor not in pair
        }
        tables.friend_codes.pop(actor, None)
        tables.follows = {pair: kept for pair, kept in tables.follows.items() if actor not in pair}
        for id, notice in list(tables.notices.items()):
            if notice.actor == actor and notice.kind in KINDS:
                del tables.notices[id]

    async def _account(self, actor: str) -> str | None:
        accounts = self.tables.accounts.values()
        return next((one.id for one in accounts if one.actor == actor), None)

    # -- notices of this room --------------------------------------------------------------------

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None:
        await Notices(self).add(account, kind, actor, object)

    async def unnotify(self, account: str, kind: str, actor: str) -> None:
        settled = (account, kind, actor)
        await Notices(self).take_back(
            lambda one: (one.account, one.kind, one.actor) == settled, rests=True
        )

    # -- who may see what ------------------------------------------------------------------------

    async def viewer(self, actor: str, author: str) -> Viewer:
        if not actor:
            return STRANGER
        pairs = self.tables.friendships
        theirs, mine = pairs.get((author, actor)), pairs.get((actor, author))
        decides = theirs if author.startswith(f"{self.origin}/") else mine
        row = await self.following(actor, author)
        return Viewer(
            actor=actor,
            is_author=actor == author,
            friend=decides is not None and decides[0].pair.ours is Stance.ACCEPTED,
            follower=row is not None and row.state is FollowState.ACCEPTED,
            blocked=any(kept is not None and kept[0].barred for kept in (theirs, mine)),
        )

    async def may_see(self, actor: str, author: str, audience: Iterable[Audience]) -> bool:
        return may_see(await self.viewer(actor, author), audience)
