"""The jobs that return words which no device takes to who said them, slice by slice."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from msgspec import Struct

from node.e2ee import returning
from node.store.e2ee import E2eeUnit
from node.store.sessions import RETURN_MAIL
from node.store.unit import Units
from node.worker.jobs import JobKind

TELL_UNFETCHED = "tell_unfetched"
UNFETCHED_EVERY = timedelta(hours=1)


class Returner(Struct, frozen=True):
    """Does the jobs. Stopped at any instant, the next try goes on with what is left."""

    units: Units

    def kinds(self) -> Mapping[str, JobKind]:
        """What the worker's table of jobs gets."""
        return {
            RETURN_MAIL: JobKind(self.of_device),
            # Of its own: whatever fails in it, what waited for 30 days is returned and purged.
            TELL_UNFETCHED: JobKind(self.unfetched, every=UNFETCHED_EVERY),
        }

    async def of_device(self, device: str) -> None:
        """What waits for a device that was revoked."""
        while await self.units.run(E2eeUnit, lambda unit: returning.of_device(unit, device)):
            pass

    async def unfetched(self, _subject: str) -> None:
        """What nobody has fetched for days. It is looked for in a read; each notice is a short
        transaction of its own."""
        most = returning.MOST_UNFETCHED
        for one in await self.units.look(E2eeUnit, lambda unit: unit.unfetched_mail(most)):
            await self.units.run(E2eeUnit, partial(returning.tell_unfetched, one=one))

    async def expired(self) -> None:
        """What has waited for 30 days: to be called before that is purged."""
        while await self.units.run(E2eeUnit, returning.expired):
            pass
