"""Friends, requests, blocks and followers as pages, over a `MemoryTables`."""

from collections.abc import Iterable

from node.graph.friendship_states import View, view
from node.graph.friendship_unit import FollowState
from node.store.friends import Page
from node.testing.memory.graph import GraphUnit
from node.testing.memory.paging import page, shown
from node.wire.api.cursor import Cursor
from node.wire.api.graph import Relation
from node.wire.times import from_micros


class FriendsUnit(GraphUnit):
    """Looks; what changes is in `GraphUnit`."""

    async def standing(self, actor: str, state: str, limit: int, after: Cursor | None) -> Page:
        rows = [
            (at, friendship.other)
            for friendship, at in self.tables.friendships.values()
            if friendship.actor == actor and view(friendship.pair) == state
        ]
        return await self._page(actor, rows, limit, after)

    async def mutuals(self, actor: str, limit: int, after: Cursor | None) -> Page:
        rows = [
            (at, row.followed)
            for row, at in self.tables.follows.values()
            if row.follower == actor
            and (await self.relation(actor, row.followed)).state == View.MUTUAL
        ]
        return await self._page(actor, rows, limit, after)

    async def followers(self, actor: str, limit: int, after: Cursor | None) -> Page:
        rows = [
            (at, row.follower)
            for row, at in self.tables.follows.values()
            if row.followed == actor and row.state is FollowState.ACCEPTED
        ]
        return await self._page(actor, rows, limit, after)

    async def followed(self, actor: str, limit: int, after: Cursor | None) -> Page:
        rows = [
            (at, row.followed)
            for row, at in self.tables.follows.values()
            if row.follower == actor and row.state is not FollowState.DECLINED
        ]
        return await self._page(actor, rows, limit, after)

    async def _page(
        self, actor: str, rows: Iterable[tuple[int, str]], limit: int, after: Cursor | None
    ) -> Page:
        ids, cursor = page(rows, limit, after)
        return [await self.relation(actor, id) for id in ids], cursor

    async def relation(self, actor: str, other: str) -> Relation:
        kept = self.tables.friendships.get((actor, other))
        friendship = kept[0] if kept else await self.friendship(actor, other)
        there, back = await self.following(actor, other), await self.following(other, actor)
        follower = back is not None and back.state is FollowState.ACCEPTED
        both = follower and there is not None and there.state is FollowState.ACCEPTED
        state = view(friendship.pair, both and not await self.speaks_friendship(other))
        asked = there is not None and there.state is not FollowState.DECLINED
        return Relation(
            person=shown(self.tables, other),
            state=state.value,
            following=there.state.value if there is not None and asked else "",
            follower=follower,
            text=friendship.text if state is View.INCOMING else "",
            since=from_micros(kept[1]) if kept and view(friendship.pair) is not View.NONE else None,
        )
