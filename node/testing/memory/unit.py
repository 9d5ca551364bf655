"""The unit over a `Shelf`: what every room's unit has in common."""

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
from node.store.unit import VOID, Desk
from node.testing.memory.shelf import Arrived, Debt, Delivery, Event, Shelf
from node.wire.ids import uuid7
from node.wire.times import micros


class Unit:
    """One transaction at one instant."""

    def __init__(self, shelf: Shelf, desk: Desk) -> None:
        self.shelf = shelf
        self.desk = desk
        self.now: datetime = desk.clock.now()
        self.rings: set[str] = set()

    @property
    def origin(self) -> str:
        return self.desk.origin

    def fresh(self) -> str:
        return str(uuid7(self.now, self.desk.entropy.draw(10)))

    def mint_activity(self) -> str:
        return f"{self.origin}/t/{self.fresh()}"

    def mint_object(self) -> str:
        return f"{self.origin}/o/{self.fresh()}"

    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None:
        known = [self.shelf.actors.get(id) for id in set(to)]
        found = [actor for actor in known if actor is not None]
        if len(found) < len(known):
            raise Broken("recipients were not discovered before the unit")
        body = self.desk.render(activity)
        debt = Debt(activity, activity.actor, body, _words_of(activity), public)
        self.shelf.outbox.setdefault(activity.id, debt)
        key = (activity.actor, activity.id)
        if any(actor.local for actor in found) and key not in self.shelf.arrivals:
            self.shelf.arrivals[key] = Arrived(self.shelf.number(), body, self.now, self.now)
            self.rings.add("arrivals")
        told = {(d.activity, d.inbox) for d in self.shelf.deliveries.values()}
        wanted = [actor for actor in found if not actor.local and not actor.suspended]
        for inbox in sorted({actor.shared_inbox or actor.inbox for actor in wanted}):
            self.rings.add("deliveries")
            if (activity.id, inbox) not in told:
                self.shelf.deliveries[self.shelf.number()] = Delivery(
                    activity.id, urlsplit(inbox).netloc, inbox, activity.actor, self.now
                )

    async def tell(
        self, account: str, kind: str, data: Mapping[str, object], device: str = ""
    ) -> None:
        line = json.dumps(data, separators=(",", ":"))
        event = Event(account, device, kind, line, micros(self.now))
        self.shelf.events[self.shelf.number()] = event
        self.rings.add(f"events:{account}")

    async def untell(self, account: str, kinds: Iterable[str], word: str) -> None:
        for seq, one in list(self.shelf.events.items()):
            if one.account == account and one.kind in kinds and json.dumps(word) in one.data:
                self.shelf.events[seq] = Event(account, one.device, VOID, "{}", one.at)

    async def account_of(self, actor: str) -> str | None:
        found = self.shelf.actors.get(actor)
        return found.account if found is not None and found.local else None


def _words_of(activity: Activity) -> str:
    if isinstance(activity, CreateNote | UpdateNote):
        return activity.note.id
    return activity.video.id if isinstance(activity, CreateVideo | UpdateVideo) else ""
