"""The unit over a `MemoryTables`: what every room's unit has in common."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from node.errors import Broken
from node.federation.activities.shapes import (
    Activity,
    CreateNote,
    CreateVideo,
    UpdateActor,
    UpdateNote,
    UpdateVideo,
)
from node.federation.priority import Priority, of_activity
from node.store.unit import NOBODY, VOID, UnitContext
from node.testing.memory.tables import Actor, Arrived, Debt, Delivery, Event, MemoryTables
from node.wire.ids import uuid7
from node.wire.numbers import CHANCE_BYTES
from node.wire.times import micros


class Unit:
    """One transaction at one instant. `stands_for` says which fake stands for which unit."""

    stands_for: ClassVar[Mapping[type[Any], type["Unit"]]] = {}

    def __init__(self, tables: MemoryTables, context: UnitContext) -> None:
        self.tables = tables
        self.context = context
        self.now: datetime = context.clock.now()
        self.wakes: set[str] = set()

    def beside(self, kind: type[Any]) -> Any:
        """The fake of `kind` over the same tables, at the same instant."""
        other = self.stands_for[kind](self.tables, self.context)
        other.now, other.wakes = self.now, self.wakes
        return other

    @property
    def origin(self) -> str:
        return self.context.origin

    def fresh(self) -> str:
        return str(uuid7(self.now, self.context.entropy.draw(10)))

    def mint_activity(self) -> str:
        return f"{self.origin}/t/{self.fresh()}"

    def mint_object(self) -> str:
        return f"{self.origin}/o/{self.fresh()}"

    def fresh_number(self, made: datetime | None = None) -> int:
        chance = self.context.entropy.draw(CHANCE_BYTES)
        return self.context.numbers.draw_for(made or self.now, self.now, chance)

    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None:
        found = self._addresses(to)
        if len(found) < len(set(to)):
            raise Broken("recipients were not discovered before the unit")
        body, priority = self.say(activity, public), of_activity(activity)
        key = (activity.actor, activity.id)
        if any(actor.local for actor in found) and key not in self.tables.arrivals:
            seq = self.tables.number()
            arrived = Arrived(seq, body, self.now, self.now, priority=int(priority))
            self.tables.arrivals[key] = arrived
            self.wakes.add("arrivals")
        self._deliver(activity.id, activity.actor, priority, found)

    def say(self, activity: Activity, public: bool = False) -> bytes:
        body = self.context.render(activity)
        debt = Debt(activity, activity.actor, body, _words_of(activity), public)
        self.tables.outbox.setdefault(activity.id, debt)
        return body

    async def send_on(
        self, activity: str, actor: str, to: Iterable[str], priority: int = Priority.POSTS
    ) -> None:
        self._deliver(activity, actor, priority, self._addresses(to))

    def _addresses(self, to: Iterable[str]) -> list[Actor]:
        known = (self.tables.actors.get(id) for id in set(to))
        return [actor for actor in known if actor is not None]

    def _deliver(self, activity: str, actor: str, priority: int, to: Iterable[Actor]) -> None:
        wanted = [one for one in to if not one.local and not one.suspended]
        inboxes = {one.shared_inbox or one.inbox for one in wanted}
        self.deliver(activity, actor, priority, inboxes)

    def deliver(
        self,
        activity: str,
        actor: str,
        priority: int,
        inboxes: Iterable[str],
        named: Mapping[str, Sequence[str]] = NOBODY,
    ) -> None:
        told = {(d.activity, d.inbox) for d in self.tables.deliveries.values()}
        for inbox in sorted(set(inboxes)):
            self.wakes.add("deliveries")
            if (activity, inbox) not in told:
                host, rank = urlsplit(inbox).netloc, int(priority)
                people = tuple(named.get(inbox, ()))
                owed = Delivery(activity, host, inbox, actor, self.now, priority=rank, named=people)
                self.tables.deliveries[self.tables.number()] = owed

    async def tell(
        self, account: str, kind: str, data: Mapping[str, object], device: str = ""
    ) -> None:
        self.tell_each([account], kind, data, device)

    def tell_each(
        self,
        accounts: Iterable[str],
        kind: str,
        data: Mapping[str, object],
        device: str = "",
        about: str | None = None,
    ) -> None:
        line = json.dumps(data, separators=(",", ":"))
        for account in accounts:
            event = Event(account, device, kind, line, micros(self.now), about=about)
            self.tables.events[self.tables.number()] = event
            self.wakes.add(f"events:{account}")

    def retract_events(self, account: str, kind: str, about: Iterable[str]) -> None:
        gone = set(about)
        for seq, one in list(self.tables.events.items()):
            if one.account == account and one.kind == kind and one.about in gone:
                self.tables.events[seq] = Event(account, one.device, VOID, "{}", one.at)

    async def account_of(self, actor: str) -> str | None:
        found = self.tables.actors.get(actor)
        return found.account if found is not None and found.local else None


def _words_of(activity: Activity) -> str:
    if isinstance(activity, CreateNote | UpdateNote):
        return activity.note.id
    if isinstance(activity, UpdateActor):
        return activity.actor
    return activity.video.id if isinstance(activity, CreateVideo | UpdateVideo) else ""
