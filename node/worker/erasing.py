"""The jobs that remove what posts and actors left: slice by slice, others in between."""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from node.store.erasing import ERASE_ACTOR, ERASE_ARCHIVE, ERASE_POST, ERASE_SHARED, Erasing
from node.store.unit import Unit, Units
from node.worker.jobs import JobKind


class Eraser(Struct, frozen=True):
    """Does the jobs. Stopped at any instant, the next try goes on with what is left."""

    units: Units

    def kinds(self) -> Mapping[str, JobKind]:
        """What the worker's table of jobs gets."""
        return {
            ERASE_ACTOR: JobKind(self.actor),
            ERASE_POST: JobKind(self.post),
            ERASE_ARCHIVE: JobKind(self.archive),
            ERASE_SHARED: JobKind(self.shared),
        }

    async def actor(self, id: str) -> None:
        """All that an actor who is gone wrote, liked and was shown."""
        await self._all(lambda unit: Erasing(unit).actor_slice(id))

    async def post(self, id: str) -> None:
        """What tells of a post that was deleted."""
        await self._all(lambda unit: Erasing(unit).traces_slice(id))

    async def archive(self, account: str) -> None:
        """The sealed records of an account that switched its archive off."""
        await self._all(lambda unit: Erasing(unit).archive_slice(account))

    async def shared(self, id: str) -> None:
        """The lines of a post that nobody shares any more."""
        await self._all(lambda unit: Erasing(unit).shared_slice(id))

    async def _all(self, some: Callable[[Unit], Awaitable[bool]]) -> None:
        while await self.units.run(Unit, some):
            pass
