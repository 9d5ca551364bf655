"""The queries of uploads: their rows, what an account keeps, what may be dropped."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, ScalarSelect, and_, func, or_, select, update

from node.store.paging import older
from node.store.tables import accounts, archives, attachments, pictures, uploads, videos
from node.store.unit import Unit
from node.store.upserts import put
from node.video.intake import UploadRecord
from node.video.quotas import Use
from node.video.uploads import Stage, Upload
from node.wire.api.cursor import Cursor
from node.wire.times import from_micros, micros

USED = "used"
ATTACHMENT_BYTES = (
    4096  # that a sealed file takes besides: else a quota would hold millions of them
)


class Leftover(Struct, frozen=True):
    """A blob of an upload that nobody will ask for again."""

    id: str
    blob: str


class IntakeUnit(Unit):
    """A transaction of uploads."""

    async def upload_record(self, id: str) -> UploadRecord | None:
        found = await self.connection.execute(select(uploads).where(uploads.c.id == id))
        row = found.first()
        return None if row is None else (await self._with_videos([row]))[0]

    async def going_on(
        self, account: str, digest: bytes, limit: int, after: Cursor | None
    ) -> tuple[list[UploadRecord], Cursor | None]:
        """The account's uploads that take bytes, wait to become a video, or are made into one,
        newest first (VID-5.5).

        With a `digest` only those of that file, also those that are a video by now.
        """
        u, v = uploads.c, videos.c
        waits = and_(u.state.in_(("open", "sealed")), u.expires > micros(self.now), u.blob != "")
        states = ("processing", "ready") if digest else ("processing",)
        made = select(v.upload).where(
            v.author == _actor_of(account), v.state.in_(states), v.deleted.is_(None)
        )
        going = or_(waits, and_(u.state == USED, u.id.in_(made)))
        query = select(uploads).where(u.account == account, going, older(u.created, u.id, after))
        if digest:
            query = query.where(u.sha256 == digest)
        found = await self.connection.execute(
            query.order_by(u.created.desc(), u.id.desc()).limit(limit + 1)
        )
        rows = found.all()
        last = rows[limit - 1] if len(rows) > limit else None
        more = None if last is None else Cursor(last.created, last.id)
        return await self._with_videos(rows[:limit]), more

    async def _with_videos(self, rows: Sequence[Any]) -> list[UploadRecord]:
        """Uploads of one account, each with the video that it became."""
        used = [row.id for row in rows if row.state == USED]
        became = await self.made_of(rows[0].account, used) if used else {}
        return [_upload_record(row, became.get(row.id, "")) for row in rows]

    async def made_of(self, account: str, ids: Sequence[str]) -> Mapping[str, str]:
        """The ids of the videos that these uploads of the account became."""
        v = videos.c
        found = await self.connection.execute(
            select(v.upload, v.id).where(v.author == _actor_of(account), v.upload.in_(ids))
        )
        return {row.upload: row.id for row in found.all()}

    async def put_upload_record(self, upload_record: UploadRecord) -> None:
        upload = upload_record.upload
        known = await self.connection.execute(
            select(uploads.c.created).where(uploads.c.id == upload.id)
        )
        created = known.scalar_one_or_none()
        await self.connection.execute(
            put(
                self.connection,
                uploads,
                id=upload.id,
                account=upload_record.account,
                size=upload.size,
                sha256=upload.digest,
                offset=upload.received,
                state=upload_record.state,
                filename=upload_record.filename,
                blob=upload_record.blob,
                created=micros(self.now) if created is None else created,
                expires=micros(upload.expires),
            )
        )

    async def use_of(self, account: str) -> Use:
        """What the account keeps: videos, pictures, sealed files, originals whose bytes lie here,
        its archive."""
        kept = await self._sum(videos.c.bytes, videos.c.author == _actor_of(account))
        mine = and_(uploads.c.account == account, uploads.c.blob != "")
        whole = await self._sum(uploads.c.size, mine, uploads.c.state.in_(("sealed", USED)))
        shown = await self._sum(pictures.c.bytes, pictures.c.account == account)
        sealed = await self._sum(archives.c.bytes, archives.c.account == account)
        lies_here = and_(attachments.c.account == account, attachments.c.blob != "")
        sealed += await self._sum(attachments.c.bytes + ATTACHMENT_BYTES, lies_here)
        under_way = and_(mine, self._open())
        announced = await self._sum(uploads.c.size, under_way)
        count = await self.connection.execute(select(func.count()).where(under_way))
        return Use(kept + shown + whole + sealed, announced, int(count.scalar_one()))

    async def quota_of(self, account: str) -> int | None:
        found = await self.connection.execute(
            select(accounts.c.quota_bytes).where(accounts.c.id == account)
        )
        granted: int | None = found.scalar_one_or_none()
        return granted

    async def promised(self) -> int:
        return await self._sum(uploads.c.size - uploads.c.offset, self._open())

    async def leftovers(self, most: int) -> list[Leftover]:
        """Blobs of uploads that failed or that nobody continued or used in time (VID-1.8)."""
        late = and_(uploads.c.state.in_(("open", "sealed")), uploads.c.expires <= micros(self.now))
        found = await self.connection.execute(
            select(uploads.c.id, uploads.c.blob)
            .where(uploads.c.blob != "", or_(uploads.c.state == "failed", late))
            .limit(most)
        )
        return [Leftover(row.id, row.blob) for row in found.all()]

    async def fail_late(self) -> None:
        """What nobody continued is over, before its bytes go: no chunk comes between."""
        late = and_(uploads.c.state.in_(("open", "sealed")), uploads.c.expires <= micros(self.now))
        await self.connection.execute(update(uploads).where(late).values(state="failed"))

    async def dropped(self, id: str) -> None:
        """The blob of this upload is gone."""
        await self.connection.execute(update(uploads).where(uploads.c.id == id).values(blob=""))

    def _open(self) -> ColumnElement[bool]:
        return and_(uploads.c.state == "open", uploads.c.expires > micros(self.now))

    async def _sum(self, column: Any, *conditions: ColumnElement[bool]) -> int:
        found = await self.connection.execute(
            select(func.coalesce(func.sum(column), 0)).where(*conditions)
        )
        return int(found.scalar_one())


def _actor_of(account: str) -> ScalarSelect[str]:
    return select(accounts.c.actor).where(accounts.c.id == account).scalar_subquery()


def _upload_record(row: Any, video: str) -> UploadRecord:
    used = row.state == USED
    stage = Stage.SEALED if used else Stage(row.state)
    upload = Upload(row.id, row.size, row.sha256, row.offset, stage, from_micros(row.expires))
    return UploadRecord(upload, row.account, row.blob, row.filename, used, video)
