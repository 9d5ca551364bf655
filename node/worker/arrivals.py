"""Applies what arrived: every handler of an activity in one unit with the mark "applied"."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import structlog

from node.errors import Refused
from node.federation.activities import parse
from node.federation.backoff import next_attempt
from node.federation.sending import PATIENCE
from node.ports import Clock
from node.store.queue import Arrival, QueueUnit, Waiting
from node.store.unit import Unit, Units
from node.wire import json

LOG = structlog.get_logger("node.worker")

Handler: TypeAlias = tuple[type[Unit], Callable[[Any, Any], Awaitable[None]]]
Handlers: TypeAlias = Mapping[type, Sequence[Handler]]

GROUP = 100
TRIES = PATIENCE + 2  # about 21 minutes; what fails for longer is a fault of ours


class Applier:
    """The worker's hand for arrivals."""

    def __init__(self, waiting: Waiting, units: Units, handlers: Handlers, clock: Clock) -> None:
        self._waiting = waiting
        self._units = units
        self._handlers = handlers
        self._clock = clock

    async def step(self) -> list[str]:
        """Apply a group of what is due, in order; the actors whose activities were looked at."""
        due = await self._waiting.due(GROUP)
        for arrival in due:
            await self._apply(arrival)
        return [arrival.actor for arrival in due]

    async def next_due(self) -> datetime | None:
        return await self._waiting.next_due()

    async def _apply(self, arrival: Arrival) -> None:
        try:
            await self._units.run(QueueUnit, lambda unit: self._handle(arrival, unit))
        except Refused as refusal:
            LOG.info("arrival refused", activity=arrival.activity, clause=refusal.clause)
            await self._mark(arrival, "refused", str(refusal))
        except Exception as error:
            await self._failed(arrival, error)

    async def _handle(self, arrival: Arrival, unit: QueueUnit) -> None:
        if not await unit.claim(arrival):
            return
        activity = parse(json.document(arrival.body), arrival.received)
        for kind, handler in self._handlers.get(type(activity), ()):
            await handler(activity, unit.beside(kind))
        await unit.mark(arrival, "applied")

    async def _failed(self, arrival: Arrival, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        now = self._clock.now()
        at = next_attempt(arrival.failures + 1, now, now, 0.0)
        if arrival.failures + 1 >= TRIES or at is None:
            LOG.error("arrival broken", activity=arrival.activity, exc_info=error)
            await self._mark(arrival, "broken", reason)
            return
        LOG.warning("arrival failed", activity=arrival.activity, error=type(error).__name__)
        await self._units.run(QueueUnit, lambda unit: unit.again(arrival, at, reason))

    async def _mark(self, arrival: Arrival, state: str, reason: str) -> None:
        await self._units.run(QueueUnit, lambda unit: unit.mark(arrival, state, reason))
