"""Which blobs the database names: what a node looks for when it asks whether all are there."""

import msgspec
from msgspec import Struct
from sqlalchemy import select, tuple_

from node.store.tables import pictures, renditions
from node.store.unit import Unit
from node.video.records import MediaFileRecord


class NamedBlob(Struct, frozen=True):
    """A file of a video or picture of ours. `video` (or the picture's id) and `name` are its place
    in the order."""

    video: str
    name: str
    blob: str
    size: int


class BlobNamesUnit(Unit):
    """A look at the files of all videos and pictures, a page at a time."""

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

    async def named_pictures(self, after: str = "", limit: int = 100) -> dict[str, list[NamedBlob]]:
        """By the ids of pictures behind `after`: the files of each."""
        p = pictures.c
        found = await self.connection.execute(
            select(p.id, p.files).where(p.id > after).order_by(p.id).limit(limit)
        )
        return {row.id: _of_picture(row.id, row.files) for row in found}


def _of_picture(id: str, files: str) -> list[NamedBlob]:
    kept = msgspec.json.decode(files, type=list[MediaFileRecord])
    return [NamedBlob(id, one.name, one.blob, one.size) for one in kept]
