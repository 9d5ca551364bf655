"""The queries of sealed files: by their address, by their account, and which are to go (ATT-3)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from node.store.paging import older
from node.store.tables import accounts, attachments
from node.store.upserts import put
from node.store.video import VideoUnit
from node.video.attachments import Attachment
from node.wire.api.cursor import Cursor
from node.wire.times import from_micros, micros

_A = attachments.c
BY_ID = select(attachments).where(_A.id == bindparam("attachment"))
BY_DIGEST = select(attachments).where(_A.digest == bindparam("digest"))
ACTIVE = select(accounts.c.id).where(
    accounts.c.id == bindparam("account"), accounts.c.state == "active"
)
LATE = (
    select(_A.id)
    .where(_A.expires <= bindparam("now"), _A.blob != "")
    .order_by(_A.expires, _A.id)
    .limit(bindparam("most"))
)
OF_ACTOR = (
    select(attachments)
    .join_from(attachments, accounts, accounts.c.id == _A.account)
    .where(accounts.c.actor == bindparam("actor"), _A.expires > bindparam("now"))
    .limit(bindparam("most"))
)


class AttachmentsUnit(VideoUnit):
    """A transaction of sealed files."""

    async def attachment(self, id: str) -> Attachment | None:
        return _one(await self.connection.fetch(BY_ID, {"attachment": id}))

    async def attachment_by(self, digest: bytes) -> Attachment | None:
        return _one(await self.connection.fetch(BY_DIGEST, {"digest": digest}))

    async def is_active(self, account: str) -> bool:
        return bool(await self.connection.fetch(ACTIVE, {"account": account}))

    async def put_attachment(self, attachment: Attachment) -> None:
        await self.connection.execute(put(self.connection, attachments, **_row(attachment)))

    async def attachments_of(
        self, account: str, limit: int, after: Cursor | None
    ) -> tuple[list[Attachment], Cursor | None]:
        """Those of the account that stand, the newest first."""
        found = await self.connection.execute(
            select(attachments)
            .where(
                _A.account == account,
                _A.expires > micros(self.now),
                _A.blob != "",
                older(_A.created, _A.id, after),
            )
            .order_by(_A.created.desc(), _A.id.desc())
            .limit(limit + 1)
        )
        rows = found.all()
        last = rows[limit - 1] if len(rows) > limit else None
        more = None if last is None else Cursor(last.created, last.id)
        return [_attachment(row) for row in rows[:limit]], more

    async def attachments_of_actor(self, actor: str, most: int) -> Sequence[Attachment]:
        given = {"actor": actor, "now": micros(self.now), "most": most}
        return [_attachment(row) for row in await self.connection.fetch(OF_ACTOR, given)]

    async def late_attachments(self, most: int) -> list[str]:
        """Those whose time is over, and whose bytes are here."""
        rows = await self.connection.fetch(LATE, {"now": micros(self.now), "most": most})
        return [str(row.id) for row in rows]

    async def emptied(self, id: str) -> None:
        """The bytes of this attachment are gone."""
        await self.connection.execute(update(attachments).where(_A.id == id).values(blob=""))


def _row(attachment: Attachment) -> dict[str, Any]:
    return {
        "id": attachment.id,
        "account": attachment.account,
        "digest": attachment.digest,
        "blob": attachment.blob,
        "bytes": attachment.size,
        "sha256": attachment.sha256,
        "created": micros(attachment.created),
        "expires": micros(attachment.expires),
    }


def _one(rows: Sequence[Any]) -> Attachment | None:
    return _attachment(rows[0]) if rows else None


def _attachment(row: "Row[Any]") -> Attachment:
    return Attachment(
        id=row.id,
        account=row.account,
        digest=row.digest,
        blob=row.blob,
        size=row.bytes,
        sha256=row.sha256,
        created=from_micros(row.created),
        expires=from_micros(row.expires),
    )
