"""What people wait for is applied as it comes, in the transaction that stores it (FED-7.18)."""

import logging
from collections.abc import Callable

from node.errors import Refused
from node.federation.activities import Activity, parse
from node.federation.activities.shapes import CreateSealed
from node.federation.priority import Priority
from node.federation.receiving import Log
from node.federation.trust import ProvenActivity
from node.ports import Clock
from node.store.queue import QueueUnit
from node.store.unit import Units
from node.wire.ids import origin
from node.worker.handlers import Handlers

LOG = logging.getLogger("node.worker")


class NotAtOnceError(Exception):
    """Something that the actor said before waits to be applied: this waits behind it."""


class AtOnce:
    """The door's log: sealed messages are applied at once; all else, and what fails, is queued.

    The queue judges what failed as if it had not been tried. `spoke` hears which host is there.
    """

    def __init__(
        self,
        queue: Log,
        units: Units,
        handlers: Handlers,
        clock: Clock,
        spoke: Callable[[str], None],
    ) -> None:
        self._queue = queue
        self._units = units
        self._handlers = handlers
        self._clock = clock
        self._spoke = spoke

    async def add(self, activity: ProvenActivity, again: bool, priority: Priority) -> None:
        """Keep an activity; on disk when this returns. `again`: apply it anew if it came before."""
        said = None if again else self._sealed(activity, priority)
        if said is None or not await self._apply(activity, said, priority):
            await self._queue.add(activity, again, priority)

    def _sealed(self, activity: ProvenActivity, priority: Priority) -> CreateSealed | None:
        if activity.verb != "Create" or priority is not Priority.PEOPLE:
            return None
        try:
            said = parse(activity.document, self._clock.now())
        except Refused:
            return None  # the queue keeps the reason
        if not isinstance(said, CreateSealed) or said.actor != activity.actor:
            return None
        return said

    async def _apply(
        self, activity: ProvenActivity, said: CreateSealed, priority: Priority
    ) -> bool:
        async def work(unit: QueueUnit) -> None:
            may = await unit.may_apply(activity, priority)
            if may is None:
                return
            if not may:
                raise NotAtOnceError
            await self._hear(said, unit)
            await unit.applied(activity, priority)

        try:
            await self._units.join(QueueUnit, work)
        except Exception as error:
            LOG.debug("not at once", extra={"activity": activity.id}, exc_info=error)
            return False
        self._spoke(origin(activity.actor).authority)
        return True

    async def _hear(self, activity: Activity, unit: QueueUnit) -> None:
        for handler in self._handlers.of(activity):
            await handler.hear(activity, unit.beside(handler.unit))
