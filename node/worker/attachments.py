"""The jobs of sealed files: remove the bytes of those whose time is over (spec ATT-3)."""

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct

from node.ports import Blobs
from node.store.attachments import AttachmentsUnit
from node.store.unit import Units
from node.video import attachments
from node.worker.jobs import JobKind

SWEEP = "attachment_sweep"
SWEEP_EVERY = timedelta(hours=1)
GROUP = 200


class AttachmentRemover(Struct, frozen=True):
    """Does the jobs. Each may be stopped at any instant and done again."""

    units: Units
    blobs: Blobs

    def kinds(self) -> Mapping[str, JobKind]:
        """What the worker's table of jobs gets."""
        return {
            attachments.DROP: JobKind(self.drop),
            attachments.DROP_ALL: JobKind(self.drop_all),
            SWEEP: JobKind(self.sweep, every=SWEEP_EVERY),
        }

    async def drop(self, id: str) -> None:
        """The bytes first: a row without them says that nothing is left to do."""
        found = await self.units.look(AttachmentsUnit, lambda unit: unit.attachment(id))
        if found is not None and found.blob:
            await self.blobs.delete(found.blob)
            await self.units.run(AttachmentsUnit, lambda unit: unit.emptied(id))

    async def drop_all(self, actor: str) -> None:
        """All of somebody who is gone."""

        async def some(unit: AttachmentsUnit) -> int:
            found = await unit.attachments_of_actor(actor, GROUP)
            for one in found:
                await attachments.drop(unit, one)
            return len(found)

        while await self.units.run(AttachmentsUnit, some) == GROUP:
            pass

    async def sweep(self, _subject: str) -> None:
        """What nobody is to have any more."""
        while late := await self.units.look(
            AttachmentsUnit, lambda unit: unit.late_attachments(GROUP)
        ):
            for id in late:
                await self.drop(id)
