"""As `store.circles`."""

from collections.abc import Iterable, Sequence

from node.federation.copies import Copy, copy_for
from node.federation.telling import Page
from node.graph.friendship_states import FRIENDS
from node.graph.friendship_unit import FollowState
from node.testing.memory.tables import Arrived, Task
from node.testing.memory.unit import Unit


class Circles:
    """The unit of `federation.telling`, over any unit."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._tables = unit.tables

    async def circle(self, of: Sequence[str], followers: bool, after: str, most: int) -> Page:
        found: set[str] = set()
        for (follower, followed), (row, _) in self._tables.follows.items():
            if followed in of and (not followers or row.state is FollowState.ACCEPTED):
                found.add(follower)
            if follower in of and not followers:
                found.add(followed)
        if not followers:
            found |= {other for actor, other in self._tables.friendships if actor in of}
        page = sorted(id for id in found if id > after)[:most]
        known = (self._tables.actors.get(id) for id in page)
        return [one.id for one in known if one and not one.gone], (
            page[-1] if len(page) == most else ""
        )

    async def reading(self, actors: Sequence[str], copy: Copy, author: str) -> Sequence[str]:
        return [id for id in actors if self._copy_for(id, author) is copy]

    def _copy_for(self, id: str, author: str) -> Copy | None:
        friendship = self._tables.friendships.get((author, id))
        follow = self._tables.follows.get((id, author))
        hears = friendship is not None and friendship[0].pair == FRIENDS
        hears |= follow is not None and follow[0].state is FollowState.ACCEPTED
        return copy_for(self._tables.actors[id].capabilities, hears)

    async def send_on(self, activity: str, actor: str, to: Iterable[str], priority: int) -> None:
        await self._unit.send_on(activity, actor, to, priority)

    async def come_home(self, activity: str, actor: str, priority: int) -> None:
        body, now = self._tables.outbox[activity].body, self._unit.now
        if (actor, activity) not in self._tables.arrivals:
            arrived = Arrived(self._tables.number(), body, now, now, priority=priority)
            self._tables.arrivals[actor, activity] = arrived
        self._unit.wakes.add("arrivals")

    async def add_job(self, kind: str, subject: str) -> None:
        self._tables.jobs[self._unit.fresh()] = Task(kind, subject, self._unit.now)
        self._unit.wakes.add("jobs")
