"""The queries of media that are passed through to our people (spec VID-9)."""

import msgspec
from sqlalchemy import bindparam, select

from node.federation.activities.shapes import Attachment
from node.store.pictures import PicturesUnit
from node.store.tables import accounts, actors, posts
from node.video.playing import Shown

ACTIVE = select(accounts.c.actor).where(
    accounts.c.id == bindparam("account"), accounts.c.state == "active"
)
NUMBERED = select(
    posts.c.id, posts.c.video, posts.c.author, posts.c.local, posts.c.attachments
).where(posts.c.number == bindparam("number"), posts.c.deleted.is_(None))
FACES = select(actors.c.id, actors.c.icon, actors.c.header).where(
    actors.c.number == bindparam("number")
)


class ThroughUnit(PicturesUnit):
    """A look at one file through one account's eyes."""

    async def active(self, account: str) -> str:
        found = await self.connection.fetch(ACTIVE, {"account": account})
        return str(found[0].actor) if found else ""

    async def shown_by_number(self, number: int) -> Shown | None:
        found = await self.connection.fetch(NUMBERED, {"number": number})
        if not found:
            return None
        row = found[0]
        attachments = msgspec.json.decode(row.attachments, type=list[Attachment])
        record = await self.record(row.id)
        return Shown(row.id, row.video, row.author, row.local, attachments, record)

    async def face_of(self, number: int, kind: str) -> str:
        found = await self.connection.fetch(FACES, {"number": number})
        if not found or await self.hidden(found[0].id):
            return ""
        return str(found[0].icon if kind == "icon" else found[0].header)
