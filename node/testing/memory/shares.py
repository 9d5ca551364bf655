"""Who stands near whom, and how many shares of somebody were taken, over a `MemoryTables`."""

from datetime import datetime

from node.graph.friendship_states import FRIENDS
from node.graph.friendship_unit import FollowState
from node.testing.memory.unit import Unit


class SharesUnit(Unit):
    """What the inbox's unit asks about those who share."""

    def is_near(self, reader: str, other: str) -> bool:
        """Whether what `other` says stands in the feed of `reader`."""
        return self.is_friend(reader, other) or self.is_followed(reader, other)

    def is_friend(self, reader: str, other: str) -> bool:
        found = self.tables.friendships.get((reader, other))
        return found is not None and found[0].pair == FRIENDS

    def is_followed(self, reader: str, other: str) -> bool:
        found = self.tables.follows.get((reader, other))
        return found is not None and found[0].state is FollowState.ACCEPTED

    async def take_share(self, actor: str, activity: str) -> None:
        self.tables.shares_taken[actor, activity] = self.now

    async def taken_since(self, actor: str, since: datetime, most: int) -> int:
        mine = (at for (who, _), at in self.tables.shares_taken.items() if who == actor)
        return min(most, sum(at > since for at in mine))
