"""The unit over a `MemoryTables`: what every room's unit has in common."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from node.errors import Broken
from node.federation.activities.shapes import (
    Activity,
    CreateNote,
    CreateVideo,
    UpdateNote,
    UpdateVideo,
)
from node.federation.priority import of_activity
from node.store.unit import VOID, UnitContext
from node.testing.memory.tables import Arrived, Debt, Delivery, Event, MemoryTables
from node.wire.ids import uuid7
from node.wire.numbers import CHANCE_BYTES
from node.wire.times import micros


class Unit:
    """One transaction at one instant."""

    def __init__(self, tables: MemoryTables, context: UnitContext) -> None:
        self.tables = tables
        self.context = context
        self.now: datetime = context.clock.now()
        self.wakes: set[str] = set()

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
        known = [self.tables.actors.get(id) for id in set(to)]
        found = [actor for actor in known if actor is not None]
        if len(found) < len(known):
            raise Broken("recipients were not discovered before the unit")
        body, rank = self.context.render(activity), int(of_activity(activity))
        debt = Debt(activity, activity.actor, body, _words_of(activity), public)
        self.tables.outbox.setdefault(activity.id, debt)
        key = (activity.actor, activity.id)
        if any(actor.local for actor in found) and key not in self.tables.arrivals:
            self.tables.arrivals[key] = Arrived(
                self.tables.number(), body, self.now, self.now, priority=rank
            )
            self.wakes.add("arrivals")
        told = {(d.activity, d.inbox) for d in self.tables.deliveries.values()}
        wanted = [actor for actor in found if not actor.local and not actor.suspended]
        for inbox in sorted({actor.shared_inbox or actor.inbox for actor in wanted}):
            self.wakes.add("deliveries")
            if (activity.id, inbox) not in told:
                self.tables.deliveries[self.tables.number()] = Delivery(
                    activity.id,
                    urlsplit(inbox).netloc,
                    inbox,
                    activity.actor,
                    self.now,
                    priority=rank,
                )

    async def tell(
        self, account: str, kind: str, data: Mapping[str, object], device: str = ""
    ) -> None:
        line = json.dumps(data, separators=(",", ":"))
        event = Event(account, device, kind, line, micros(self.now))
        self.tables.events[self.tables.number()] = event
        self.wakes.add(f"events:{account}")

    async def retract_event(self, account: str, kinds: Iterable[str], word: str) -> None:
        for seq, one in list(self.tables.events.items()):
            if one.account == account and one.kind in kinds and json.dumps(word) in one.data:
                self.tables.events[seq] = Event(account, one.device, VOID, "{}", one.at)

    async def account_of(self, actor: str) -> str | None:
        found = self.tables.actors.get(actor)
        return found.account if found is not None and found.local else None


def _words_of(activity: Activity) -> str:
    if isinstance(activity, CreateNote | UpdateNote):
        return activity.note.id
    return activity.video.id if isinstance(activity, CreateVideo | UpdateVideo) else ""
