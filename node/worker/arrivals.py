"""Applies what arrived: many activities in one unit, each with its handlers or not at all.

People come before bulk (decision 0010): a batch of sealed messages and friendship first, then one
of posts and reactions, which is as large as the writer is held by it for a fiftieth of a second.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias

from msgspec import Struct

from node.errors import Forbidden, NoRoom, Refused, Unreachable
from node.federation.activities import Activity, parse
from node.federation.activities.shapes import Announce, CreateNote, CreateSealed, Like
from node.federation.backoff import next_attempt
from node.federation.priority import Priority
from node.federation.sending import PATIENCE
from node.ports import Clock
from node.store.queue import Arrival, QueueUnit, Waiting
from node.store.unit import Unit, Units
from node.wire import json
from node.worker.fitting import Fitting
from node.worker.handlers import Handlers

LOG = logging.getLogger("node.worker")

PEOPLE_AT_ONCE = 100
SMALLEST_BATCH, LARGEST_BATCH = 8, 400
BATCH_SECONDS = 0.02  # a message that comes meanwhile waits no longer than this
REACTIONS_SHARE = 4  # of a batch of bulk: never starved, and never before posts
# Whatever others do in between, of what was read for the batch they change nothing.
ADDING = (CreateNote, CreateSealed, Like, Announce)
TRIES = PATIENCE + 2  # about 21 minutes; what fails for longer is a fault of ours


Ended: TypeAlias = tuple[Arrival, Exception | None]


class Heard(Struct, frozen=True):
    """An arrival, and what it says; or why it says nothing that may be applied."""

    arrival: Arrival
    activity: Activity | None = None
    refusal: Refused | None = None


class Applier:
    """The worker's hand for arrivals."""

    def __init__(self, waiting: Waiting, units: Units, handlers: Handlers, clock: Clock) -> None:
        self._waiting = waiting
        self._units = units
        self._handlers = handlers
        self._clock = clock
        self._bulk = Fitting(SMALLEST_BATCH, LARGEST_BATCH, BATCH_SECONDS)

    async def step(self) -> list[str]:
        """Apply some of what is due, in order; the actors whose activities were looked at.

        What another worker is at is left to it: its actors are not among them.
        """
        reactions = max(1, self._bulk.count // REACTIONS_SHARE)
        shares = {
            Priority.PEOPLE: PEOPLE_AT_ONCE,
            Priority.POSTS: self._bulk.count,
            Priority.REACTIONS: reactions,
        }
        due = await self._waiting.due(shares)
        looked_at = await self._apply(due[Priority.PEOPLE])
        bulk = [*due[Priority.POSTS], *due[Priority.REACTIONS]]
        began = self._clock.ticks()
        looked_at += await self._apply(bulk)
        if len(bulk) >= self._bulk.count:
            self._bulk.took(self._clock.ticks() - began)
        return looked_at

    async def next_due(self) -> datetime | None:
        return await self._waiting.next_due()

    async def _apply(self, arrivals: Sequence[Arrival]) -> list[str]:
        if not arrivals:
            return []
        heard = [_heard(arrival) for arrival in arrivals]
        try:
            ended = await self._units.run(QueueUnit, lambda unit: self._handle(heard, unit))
        except Exception as error:
            if len(arrivals) > 1:
                # One that the database does not take must not keep the others from being applied.
                return [actor for one in arrivals for actor in await self._apply([one])]
            if isinstance(error, NoRoom):
                raise  # it waits for room, and this was no try of it (FED-12.8)
            ended = [(arrivals[0], error)]
            await self._units.run(QueueUnit, lambda unit: _record(ended, unit))
        for arrival, outcome in ended:
            _log(arrival, outcome)
        return [arrival.actor for arrival, _ in ended]

    async def _handle(self, heard: Sequence[Heard], unit: QueueUnit) -> list[Ended]:
        ours = {one.seq for one in await unit.claim([one.arrival for one in heard])}
        mine = [one for one in heard if one.arrival.seq in ours]
        await self._prepare([one.activity for one in mine if one.activity is not None], unit)
        ended: list[Ended] = []
        for one in mine:
            outcome: Exception | None = one.refusal
            if one.activity is not None:
                adds = isinstance(one.activity, ADDING)
                outcome = await unit.attempt(partial(self._hear, one.activity, unit), adds)
            ended.append((one.arrival, outcome))
        await _record(ended, unit)
        return ended

    async def _prepare(self, activities: Iterable[Activity], unit: QueueUnit) -> None:
        wanted: dict[type[Unit], list[Activity]] = {}
        for activity in activities:
            for handler in self._handlers.of(activity):
                wanted.setdefault(handler.unit, []).append(activity)
        for kind, those in wanted.items():
            await unit.beside(kind).prepare(those)

    async def _hear(self, activity: Activity, unit: QueueUnit) -> None:
        for handler in self._handlers.of(activity):
            await handler.hear(activity, unit.beside(handler.unit))


def _heard(arrival: Arrival) -> Heard:
    try:
        activity = parse(json.document(arrival.body), arrival.received)
        if activity.actor != arrival.actor:
            # A sealed object without its Create names its author itself: the proof was another's.
            raise Forbidden("FED-7.3", "what arrived speaks for another than whose key signed it")
    except Refused as refusal:
        # Without where it was raised: those frames hold what is made here, which would hold them.
        return Heard(arrival, refusal=refusal.with_traceback(None))
    return Heard(arrival, activity)


async def _record(ended: Iterable[Ended], unit: QueueUnit) -> None:
    """How each went: applied, refused, broken, or again later."""
    for arrival, outcome in ended:
        if outcome is None:
            await unit.mark(arrival, "applied")
            continue
        if isinstance(outcome, Refused):
            await unit.mark(arrival, "refused", str(outcome))
            continue
        at, reason = _again(arrival, unit.now), f"{type(outcome).__name__}: {outcome}"
        if at is None:
            # What it waits for never came: that is no fault of ours.
            waited = isinstance(outcome, Unreachable)
            await unit.mark(arrival, "refused" if waited else "broken", reason)
        else:
            await unit.again(arrival, at, reason)


def _again(arrival: Arrival, now: datetime) -> datetime | None:
    """When what failed is tried again; None for what failed for the last time."""
    failures = arrival.failures + 1
    return None if failures >= TRIES else next_attempt(failures, now, now, 0.0)


def _log(arrival: Arrival, outcome: Exception | None) -> None:
    about = {"activity": arrival.activity}
    if isinstance(outcome, Refused):
        LOG.info("arrival refused", extra={**about, "clause": outcome.clause})
    elif isinstance(outcome, Unreachable):
        LOG.info("arrival waits", extra={**about, "reason": str(outcome)})
    elif outcome is not None and arrival.failures + 1 >= TRIES:
        LOG.error("arrival broken", extra=about, exc_info=outcome)
    elif outcome is not None:
        LOG.warning("arrival failed", extra={**about, "error": type(outcome).__name__})
