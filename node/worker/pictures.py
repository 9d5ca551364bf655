"""The jobs of pictures: remove the files of those that are dropped or were never used (PIC-2)."""

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from node.ports import Blobs
from node.store.pictures import PicturesUnit
from node.store.unit import Units
from node.video import pictures
from node.worker.jobs import JobKind

SWEEP = "picture_sweep"
SWEEP_EVERY = timedelta(hours=1)
GROUP = 200


class PictureRemover(Struct, frozen=True):
    """Does the jobs. Each may be stopped at any instant and done again."""

    units: Units
    blobs: Blobs

    def kinds(self) -> Mapping[str, JobKind]:
        """What the worker's table of jobs gets."""
        return {
            pictures.DROP: JobKind(self.drop),
            pictures.DROP_ALL: JobKind(self.drop_all),
            SWEEP: JobKind(self.sweep, every=SWEEP_EVERY),
        }

    async def drop(self, id: str) -> None:
        """Remove what a picture was made of; of one that is dropped the files as well, and its row.

        Who makes it removes its upload too, but may be stopped before.
        """
        found = await self.units.look(PicturesUnit, lambda unit: unit.picture(id))
        if found is None or found.stands is pictures.Stands.MAKING:
            return
        await self._drop_source(found.upload)
        if found.stands is not pictures.Stands.DROPPED:
            return
        # By name, not by the list: a making that was stopped left files that no list has.
        for name in pictures.NAMES:
            await self.blobs.delete(f"{found.folder}/{name}")
        await self.units.run(PicturesUnit, lambda unit: pictures.forget(unit, found))

    async def _drop_source(self, upload: str) -> None:
        record = await self.units.look(PicturesUnit, lambda unit: unit.upload_record(upload))
        if record is not None and record.blob:
            await self.blobs.delete(record.blob)
            await self.units.run(PicturesUnit, lambda unit: unit.dropped(upload))

    async def drop_all(self, actor: str) -> None:
        """All pictures of somebody who is gone."""

        async def some(unit: PicturesUnit) -> int:
            found = await unit.pictures_of_actor(actor, GROUP)
            for one in found:
                await pictures.drop(unit, one)
            return len(found)

        while await self.units.run(PicturesUnit, some) == GROUP:
            pass

    async def sweep(self, _subject: str) -> None:
        """What nobody used in time, and what a job for it did not remove."""
        await self.units.run(PicturesUnit, lambda unit: unit.end_late_pictures())
        while late := await self.units.look(PicturesUnit, lambda unit: unit.late_pictures(GROUP)):
            for id in late:
                await self.drop(id)
