"""Routes of uploads: announce, send a chunk, ask where it stands, give up (spec VID-5)."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from node.config import Config
from node.errors import Conflict, Malformed, TooMuch
from node.ports import Blobs
from node.store.pictures import PicturesUnit
from node.store.unit import Units
from node.store.uploads import IntakeUnit
from node.video import intake, pictures, uploads
from node.video.intake import UploadLimits, UploadRecord
from node.video.uploads import Stage, Upload
from node.web.api.scopes import Scope
from node.web.paging import read_number
from node.web.routes import Call, Reply, Route
from node.wire.api.video import NewUpload, UploadList, UploadView

LARGEST_OFFSET = 10**15
HEX_DIGEST = re.compile("[0-9a-f]{64}", re.ASCII | re.IGNORECASE)
PIECE_BYTES = 1 << 20  # held while it is written, and safe on the disk afterwards


class Digests(Protocol):
    """`Studio`, as far as an upload needs it."""

    async def digest(self, blob: str) -> bytes: ...


class Intake:
    """Takes bytes in: the blob first, then the row, so that the disk is never behind."""

    def __init__(
        self,
        units: Units,
        blobs: Blobs,
        studio: Digests,
        config: Config,
        free_bytes: Callable[[], int],
    ) -> None:
        self._units = units
        self._blobs = blobs
        self._studio = studio
        self._config = config
        self._free_bytes = free_bytes

    @property
    def chunk_limit_bytes(self) -> int:
        """How long the body of one request may be."""
        return self._config.chunk_limit_bytes

    def room(self) -> UploadLimits:
        """What there is for more bytes, just now."""
        config = self._config
        return UploadLimits(
            config.upload_limit_bytes,
            config.quota_bytes,
            config.disk_reserve_bytes,
            self._free_bytes(),
        )

    async def announce(self, call: Call) -> Reply:
        new: NewUpload = call.body
        account, room = call.caller.account, self.room()
        upload_record = await self._units.run(
            IntakeUnit,
            lambda unit: intake.announce(unit, account, new.size, new.sha256, new.filename, room),
            once=call.once,
        )
        return self._reply(upload_record)

    async def show(self, call: Call) -> Reply:
        upload_record, _ = await self._found(call.caller.account, call.path["id"])
        return self._reply(upload_record)

    async def list(self, call: Call) -> Reply:
        account, digest = call.caller.account, _digest(call, "VID-5.5")
        records, after = await self._units.look(
            IntakeUnit, lambda unit: unit.going_on(account, digest, call.limit, call.after)
        )
        items = [self._view(await self._as_on_disk(record)) for record in records]
        return Reply(UploadList(items=items), after=after)

    async def chunk(self, call: Call) -> Reply:
        """Append; an empty chunk at the end only seals, for who lost the last answer or tells the
        SHA-256 now.

        Nothing is read for who may not send it, and no more is held than one piece. What came of a
        chunk that breaks off stays: the next one begins behind it (VID-1.6).
        """
        account, id = call.caller.account, call.path["id"]
        offset, raw = _offset(call), call.raw
        assert raw is not None
        upload_record, now = await self._found(account, id)
        upload = uploads.told(upload_record.upload, _digest(call, "VID-1.10"))
        if raw.declared == 0 and upload.complete and offset == upload.size:
            if upload.digest != upload_record.upload.digest:
                upload_record = await self._kept(upload_record, upload)
            return self._reply(await self._sealed(upload_record))
        uploads.admit(upload, offset, 1 if raw.declared is None else raw.declared, now)
        after = upload
        async for piece in raw.pieces(PIECE_BYTES):
            at = after.received
            after = uploads.admit(after, at, len(piece), now)
            _check_length(after.received - offset)
            await self._append(upload_record, at, piece)
        if after is upload:
            raise Malformed("VID-1.4", "a chunk has at least one byte")
        return self._reply(await self._sealed(await self._kept(upload_record, after)))

    async def _append(self, upload_record: UploadRecord, at: int, piece: bytes) -> None:
        try:
            await self._blobs.append(upload_record.blob, at, piece)
        except Conflict:
            await self._drop_if_failed(upload_record)
            raise

    async def _kept(self, upload_record: UploadRecord, after: Upload) -> UploadRecord:
        account = upload_record.account
        try:
            return await self._units.run(
                IntakeUnit, lambda unit: intake.arrived(unit, account, after)
            )
        except Conflict:
            await self._drop_if_failed(upload_record)
            raise

    async def _drop_if_failed(self, upload_record: UploadRecord) -> None:
        """Cancelled in between: these bytes must not outlive the blob that was dropped."""
        now, _ = await self._found(upload_record.account, upload_record.upload.id)
        if now.upload.stage is Stage.FAILED:
            await self._drop(upload_record)

    async def cancel(self, call: Call) -> Reply:
        account, id = call.caller.account, call.path["id"]
        upload_record = await self._units.run(
            PicturesUnit, lambda unit: pictures.withdraw(unit, account, id)
        )
        await self._drop(upload_record)
        return Reply()

    async def whole(self, account: str, id: str) -> None:
        """Seal the upload. Raises `Conflict` (VID-1.3 while bytes are missing, VID-1.5)."""
        upload_record, now = await self._found(account, id)
        upload_record = await self._sealed(upload_record)
        uploads.seal(upload_record.upload, upload_record.upload.digest, now)

    async def _sealed(self, upload_record: UploadRecord) -> UploadRecord:
        """The same, sealed if it is whole and its SHA-256 was told.

        Raises `Malformed` (VID-1.7) for the wrong bytes.
        """
        upload = upload_record.upload
        if upload.stage is not Stage.OPEN or not upload.complete or not upload.digest:
            return upload_record
        digest = await self._studio.digest(upload_record.blob)
        upload_record = await self._units.run(
            IntakeUnit, lambda unit: intake.seal(unit, upload_record.account, upload.id, digest)
        )
        if upload_record.upload.stage is Stage.FAILED:
            await self._drop(upload_record)
            raise Malformed(
                "VID-1.7", "the bytes that arrived are not those announced: send it again"
            )
        return upload_record

    async def _found(self, account: str, id: str) -> tuple[UploadRecord, datetime]:
        """The upload with what the disk really holds (VID-1.6), and the time."""

        async def look(unit: IntakeUnit) -> tuple[UploadRecord, datetime]:
            return await intake.mine(unit, account, id), unit.now

        upload_record, now = await self._units.look(IntakeUnit, look)
        return await self._as_on_disk(upload_record), now

    async def _as_on_disk(self, upload_record: UploadRecord) -> UploadRecord:
        if upload_record.upload.stage is not Stage.OPEN:
            return upload_record
        return intake.with_disk(upload_record, await self._blobs.size(upload_record.blob))

    async def _drop(self, upload_record: UploadRecord) -> None:
        if not upload_record.blob:
            return  # dropped already
        await self._blobs.delete(upload_record.blob)
        await self._units.run(IntakeUnit, lambda unit: unit.dropped(upload_record.upload.id))

    def _reply(self, upload_record: UploadRecord) -> Reply:
        return Reply(self._view(upload_record))

    def _view(self, upload_record: UploadRecord) -> UploadView:
        upload = upload_record.upload
        return UploadView(
            id=upload.id,
            size=upload.size,
            offset=upload.received,
            state=upload_record.state,
            expires=upload.expires,
            sha256=upload.digest,
            filename=upload_record.filename,
            video=upload_record.video,
            chunk_limit_bytes=min(self.chunk_limit_bytes, uploads.LONGEST_CHUNK),
        )


def _check_length(length: int) -> None:
    if length > uploads.LONGEST_CHUNK:
        longest = uploads.LONGEST_CHUNK
        raise TooMuch("VID-1.4", f"a chunk has at most {longest} bytes", longest=longest)


def _digest(call: Call, clause: str) -> bytes:
    """The SHA-256 that the query names; empty for none."""
    text = call.query.get("sha256", "")
    if text and not HEX_DIGEST.fullmatch(text):
        raise Malformed(clause, "sha256 is that of a file: 64 hexadecimal digits")
    return bytes.fromhex(text)


def _offset(call: Call) -> int:
    offset = read_number(call.query.get("offset", ""), 0, LARGEST_OFFSET)
    if offset is None:
        raise Malformed("VID-5.2", "offset is a number of bytes: where this chunk begins")
    return offset


def routes(intake: Intake) -> tuple[Route, ...]:
    """The routes of uploads."""
    write, most = Scope.WRITE, intake.chunk_limit_bytes
    at = {
        "offset": "where in the file the chunk begins",
        "sha256": "that of the file, 64 hexadecimal digits, unless it was announced",
    }
    chunk = "Send the next chunk; the last one seals the upload."
    return (
        Route(
            "POST",
            "/uploads",
            intake.announce,
            "Announce a file.",
            write,
            NewUpload,
            UploadView,
            201,
        ),
        Route(
            "GET",
            "/uploads",
            intake.list,
            "Your uploads that go on: under way, whole and no video yet, or being made into one.",
            write,
            answers=UploadList,
            paged=True,
            query={
                "sha256": "only those of this file, with those that are a video by now: 64 "
                "hexadecimal digits"
            },
        ),
        Route(
            "GET",
            "/uploads/{id}",
            intake.show,
            "Where an upload stands.",
            write,
            answers=UploadView,
        ),
        *(
            Route(
                method,
                "/uploads/{id}",
                intake.chunk,
                chunk,
                write,
                bytes,
                UploadView,
                query=at,
                limit_bytes=most,
            )
            for method in ("PUT", "PATCH")
        ),
        Route("DELETE", "/uploads/{id}", intake.cancel, "Give an upload up.", write, status=204),
    )
