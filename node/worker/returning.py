"""The jobs that return words which no device takes to who said them, slice by slice."""

from collections.abc import Mapping

from msgspec import Struct

from node.e2ee import returning
from node.store.e2ee import E2eeUnit
from node.store.sessions import RETURN_MAIL
from node.store.unit import Units
from node.worker.jobs import JobKind


class Returner(Struct, frozen=True):
    """Does the jobs. Stopped at any instant, the next try goes on with what is left."""

    units: Units

    def kinds(self) -> Mapping[str, JobKind]:
        """What the worker's table of jobs gets."""
        return {RETURN_MAIL: JobKind(self.of_device)}

    async def of_device(self, device: str) -> None:
        """What waits for a device that was revoked."""
        while await self.units.run(E2eeUnit, lambda unit: returning.of_device(unit, device)):
            pass

    async def unfetched(self) -> None:
        """What nobody has fetched for days."""
        while await self.units.run(E2eeUnit, returning.unfetched):
            pass

    async def expired(self) -> None:
        """What has waited for 30 days: to be called before that is purged."""
        while await self.units.run(E2eeUnit, returning.expired):
            pass
