"""Applies what arrived: every handler of an activity in one unit with the mark "applied"."""

import asyncio
import logging
from datetime import datetime
from typing import Protocol

from node.errors import Forbidden, Refused
from node.federation.activities import parse
from node.federation.backoff import next_attempt
from node.federation.sending import PATIENCE
from node.ports import Clock
from node.store.queue import Arrival, QueueUnit, Waiting
from node.store.unit import Units
from node.wire import json
from node.worker.handlers import Handlers

LOG = logging.getLogger("node.worker")

GROUP = 100
DOOR_SHARE = 9  # in a crowd the door has nine parts of the time, what is behind it one
LONGEST_PAUSE_SECONDS = 0.1
TRIES = PATIENCE + 2  # about 21 minutes; what fails for longer is a fault of ours


class Door(Protocol):
    """Where deliveries come in: `store.queue.Arrivals` of the same process."""

    @property
    def crowded(self) -> bool: ...


class Applier:
    """The worker's hand for arrivals."""

    def __init__(
        self, waiting: Waiting, units: Units, handlers: Handlers, clock: Clock, door: Door
    ) -> None:
        self._waiting = waiting
        self._door = door
        self._units = units
        self._handlers = handlers
        self._clock = clock

    async def step(self) -> list[str]:
        """Apply a group of what is due, in order; the actors whose activities were looked at."""
        due = await self._waiting.due(GROUP)
        for arrival in due:
            began = self._clock.ticks()
            await self._apply(arrival)
            await self._give_way(self._clock.ticks() - began)
        return [arrival.actor for arrival in due]

    async def next_due(self) -> datetime | None:
        return await self._waiting.next_due()

    async def _give_way(self, seconds: float) -> None:
        """In a crowd the door comes first: what it took is safe on disk and may wait a little."""
        if self._door.crowded:
            await asyncio.sleep(min(seconds * DOOR_SHARE, LONGEST_PAUSE_SECONDS))

    async def _apply(self, arrival: Arrival) -> None:
        try:
            await self._units.run(QueueUnit, lambda unit: self._handle(arrival, unit))
        except Refused as refusal:
            LOG.info(
                "arrival refused", extra={"activity": arrival.activity, "clause": refusal.clause}
            )
            await self._mark(arrival, "refused", str(refusal))
        except Exception as error:
            await self._failed(arrival, error)

    async def _handle(self, arrival: Arrival, unit: QueueUnit) -> None:
        if not await unit.claim(arrival):
            return
        activity = parse(json.document(arrival.body), arrival.received)
        if activity.actor != arrival.actor:
            # A sealed object without its Create names its author itself: the proof was another's.
            raise Forbidden("FED-7.3", "what arrived speaks for another than whose key signed it")
        for handler in self._handlers.of(activity):
            await handler.hear(activity, unit.beside(handler.unit))
        await unit.mark(arrival, "applied")

    async def _failed(self, arrival: Arrival, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        now = self._clock.now()
        at = next_attempt(arrival.failures + 1, now, now, 0.0)
        if arrival.failures + 1 >= TRIES or at is None:
            LOG.error("arrival broken", extra={"activity": arrival.activity}, exc_info=error)
            await self._mark(arrival, "broken", reason)
            return
        LOG.warning(
            "arrival failed", extra={"activity": arrival.activity, "error": type(error).__name__}
        )
        await self._units.run(QueueUnit, lambda unit: unit.again(arrival, at, reason))

    async def _mark(self, arrival: Arrival, state: str, reason: str) -> None:
        await self._units.run(QueueUnit, lambda unit: unit.mark(arrival, state, reason))
