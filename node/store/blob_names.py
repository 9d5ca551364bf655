"""Which blobs the database names: what a node looks for when it asks whether all are there."""

from msgspec import Struct
from sqlalchemy import select, tuple_

from node.store.tables import renditions
from node.store.unit import Unit


class NamedBlob(Struct, frozen=True):
    """A file of a video of ours. `video` and `name` are its place in the order."""

    video: str
    name: str
    blob: str
    size: int


class BlobNamesUnit(Unit):
    """A look at the files of all videos, a page at a time."""

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
