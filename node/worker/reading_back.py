"""The jobs that read outboxes after a restore: one request after the other (spec FED-13.7)."""

from collections.abc import Mapping
from functools import partial

import msgspec
from msgspec import Struct

from node.errors import Refused
from node.federation.discovery import Discovery
from node.federation.fetched import Said
from node.federation.peers import Actor
from node.federation.reading_back import MOST_ACTORS, READ_BACK, ReadBack, posts_since
from node.ports import Clock
from node.store.catching_up import CatchingUpUnit
from node.store.directory import Directory
from node.store.queue import QueueUnit
from node.store.unit import Units
from node.wire.ids import origin
from node.worker.handlers import Handlers
from node.worker.jobs import JobKind


class OutboxReader(Struct, frozen=True):
    """Does the jobs. A server that is silent is asked again a few times, then left."""

    units: Units
    discovery: Discovery
    directory: Directory
    heard: Handlers
    clock: Clock

    def kinds(self) -> Mapping[str, JobKind]:
        """What the worker's table of jobs gets."""
        return {READ_BACK: JobKind(self.go_on)}

    async def go_on(self, subject: str) -> None:
        """One outbox; a job does the next one of that server."""
        left = msgspec.json.decode(subject, type=ReadBack)
        actor = await self.units.look(
            CatchingUpUnit, lambda unit: unit.next_awaited(left.after or left.at, left.at)
        )
        if actor is None or left.read >= MOST_ACTORS:
            return
        if not await self.directory.suspended(actor.id, origin(actor.id).authority):
            await self._read(actor, left)
        rest = msgspec.structs.replace(left, after=actor.id, read=left.read + 1)
        await self.units.run(
            CatchingUpUnit, lambda unit: unit.add_job(READ_BACK, msgspec.json.encode(rest).decode())
        )

    async def _read(self, actor: Actor, left: ReadBack) -> None:
        if not actor.outbox:
            return
        now = self.clock.now()
        async for said in posts_since(actor, left.since, self.discovery, now):
            try:
                if said.actor != actor.id:
                    await self.discovery.actor(said.actor)
                await self.units.run(QueueUnit, partial(self._hear, said))
            except Refused:
                continue  # as its arrival would have been

    async def _hear(self, said: Said, unit: QueueUnit) -> None:
        for handler in self.heard.of(said):
            await handler.hear(said, unit.beside(handler.unit))
