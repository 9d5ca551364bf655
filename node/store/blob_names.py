"""Which blobs the database names: what a node looks for when it asks whether all are there."""

import msgspec
from msgspec import Struct
from sqlalchemy import select, tuple_

from node.store.tables import attachments, pictures, renditions
from node.store.unit import Unit
from node.video.pictures import Stands
from node.video.records import MediaFileRecord

_FILES = msgspec.json.Decoder(tuple[MediaFileRecord, ...])


class NamedBlob(Struct, frozen=True):
    """A file of a video, picture or message of ours. `of` and `name` are its place in the order."""

    of: str
    name: str
    blob: str
    size: int


class BlobNamesUnit(Unit):
    """A look at the files of all videos, pictures and messages, a page at a time."""

    async def named_blobs(
        self, video: str = "", name: str = "", limit: int = 100
    ) -> list[NamedBlob]:
        """Those behind (`video`, `name`); some of them may be peers', without a blob here."""
        r = renditions.c
        found = await self.connection.execute(
            select(r.video, r.name, r.blob, r.size)
            .where(tuple_(r.video, r.name) > (video, name))
            .order_by(r.video, r.name)
            .limit(limit)
        )
        return [NamedBlob(row.video, row.name, row.blob, row.size) for row in found]

    async def picture_blobs(self, picture: str = "", limit: int = 100) -> list[NamedBlob]:
        """The files of `limit` pictures behind `picture`; those of dropped ones are to go."""
        p = pictures.c
        found = await self.connection.execute(
            select(p.id, p.files)
            .where(p.id > picture, p.stands == Stands.READY)
            .order_by(p.id)
            .limit(limit)
        )
        return [
            NamedBlob(row.id, file.name, file.blob, file.size)
            for row in found
            for file in _FILES.decode(row.files)
        ]

    async def attachment_blobs(self, attachment: str = "", limit: int = 100) -> list[NamedBlob]:
        """The sealed files behind `attachment`."""
        a = attachments.c
        found = await self.connection.execute(
            select(a.id, a.blob, a.bytes)
            .where(a.id > attachment, a.blob != "")
            .order_by(a.id)
            .limit(limit)
        )
        return [NamedBlob(row.id, "", row.blob, row.bytes) for row in found]
