"""The queries of pictures: their rows, and which of them are to go (spec PIC)."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, bindparam, delete, select, update

from node.store.tables import accounts, pictures
from node.store.upserts import put
from node.store.video import VideoUnit
from node.video.pictures import Picture, Stands, Use
from node.video.records import MediaFileRecord
from node.wire.times import from_micros, micros

_P = pictures.c
BY_ID = select(pictures).where(_P.id == bindparam("picture"))
BY_UPLOAD = select(pictures).where(_P.upload == bindparam("upload"))
BY_POST = select(pictures).where(_P.post == bindparam("post"))
FACE = select(pictures).where(
    _P.account == bindparam("account"), _P.use == bindparam("use"), _P.stands != Stands.DROPPED
)
LATE = (
    select(_P.id)
    .where(_P.expires <= bindparam("now"), _P.stands == Stands.DROPPED)
    .order_by(_P.expires, _P.id)
    .limit(bindparam("most"))
)
OF_ACTOR = (
    select(pictures)
    .join_from(pictures, accounts, accounts.c.id == _P.account)
    .where(accounts.c.actor == bindparam("actor"), _P.stands != Stands.DROPPED)
    .limit(bindparam("most"))
)
ACTOR = select(accounts.c.actor).where(accounts.c.id == bindparam("account"))


class PicturesUnit(VideoUnit):
    """A transaction of pictures; publishing puts posts with it."""

    async def picture(self, id: str) -> Picture | None:
        return _one(await self.connection.fetch(BY_ID, {"picture": id}))

    async def picture_of_upload(self, upload: str) -> Picture | None:
        return _one(await self.connection.fetch(BY_UPLOAD, {"upload": upload}))

    async def pictures_of_post(self, post: str) -> Sequence[Picture]:
        return [_picture(row) for row in await self.connection.fetch(BY_POST, {"post": post})]

    async def face(self, account: str, use: Use) -> Picture | None:
        return _one(await self.connection.fetch(FACE, {"account": account, "use": use.value}))

    async def pictures_of_actor(self, actor: str, most: int) -> list[Picture]:
        """Some of those that are not dropped, whatever they are used for."""
        rows = await self.connection.fetch(OF_ACTOR, {"actor": actor, "most": most})
        return [_picture(row) for row in rows]

    async def actor_of(self, account: str) -> str:
        rows = await self.connection.fetch(ACTOR, {"account": account})
        return str(rows[0].actor) if rows else ""

    async def put_picture(self, picture: Picture) -> None:
        await self.connection.execute(put(self.connection, pictures, **_row(picture)))

    async def late_pictures(self, most: int) -> list[str]:
        """Those that were dropped, as `end_late_pictures` does to those whose time is over."""
        rows = await self.connection.fetch(LATE, {"now": micros(self.now), "most": most})
        return [str(row.id) for row in rows]

    async def end_late_pictures(self) -> None:
        """Before their files go: no post takes one in between."""
        await self.connection.execute(
            update(pictures).where(_P.expires <= micros(self.now)).values(stands=Stands.DROPPED)
        )

    async def forget_picture(self, id: str) -> None:
        """Its files are gone."""
        await self.connection.execute(
            delete(pictures).where(_P.id == id, _P.stands == Stands.DROPPED)
        )


def _row(picture: Picture) -> dict[str, Any]:
    return {
        "id": picture.id,
        "account": picture.account,
        "upload": picture.upload,
        "stands": picture.stands.value,
        "use": picture.use.value,
        "post": picture.post,
        "blurhash": picture.blurhash,
        "milliseconds": picture.milliseconds,
        "files": msgspec.json.encode(picture.files).decode(),
        "bytes": picture.size,
        "created": micros(picture.created),
        "expires": micros(picture.expires) if picture.expires else None,
    }


def _one(rows: Sequence[Any]) -> Picture | None:
    return _picture(rows[0]) if rows else None


def _picture(row: "Row[Any]") -> Picture:
    return Picture(
        id=row.id,
        account=row.account,
        upload=row.upload,
        created=from_micros(row.created),
        expires=from_micros(row.expires) if row.expires is not None else None,
        stands=Stands(row.stands),
        use=Use(row.use),
        post=row.post,
        blurhash=row.blurhash,
        milliseconds=row.milliseconds,
        files=msgspec.json.decode(row.files, type=tuple[MediaFileRecord, ...]),
    )
