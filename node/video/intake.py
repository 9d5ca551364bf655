"""Uploads as an account has them: announced, continued, sealed, dropped (spec VID-1, VID-5)."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Conflict, Malformed, Missing
from node.video import quotas, uploads
from node.video.quotas import Quota, Use
from node.video.uploads import Stage, Upload
from node.wire.html import line

LONGEST_FILENAME = 200


class UploadRecord(Struct, frozen=True):
    """An upload with its owner and the blob that takes its bytes. `used`: it became a video.

    `video` is the id of that one, where it was read with it.
    """

    upload: Upload
    account: str
    blob: str
    filename: str = ""
    used: bool = False
    video: str = ""

    @property
    def state(self) -> str:
        """As it is told to its owner."""
        return "used" if self.used else self.upload.stage.value


class UploadLimits(Struct, frozen=True):
    """What the node grants: the largest file, one account's quota, the disk as it is now."""

    largest_bytes: int
    quota_bytes: int
    reserve_bytes: int
    free_bytes: int


class UploadUnit(Protocol):
    """What looking at an upload asks of its transaction."""

    async def upload_record(self, id: str) -> UploadRecord | None: ...


class IntakeUnit(UploadUnit, Protocol):
    """What uploads ask of their transaction."""

    now: datetime

    def fresh(self) -> str: ...

    async def put_upload_record(self, upload_record: UploadRecord) -> None: ...

    async def use_of(self, account: str) -> Use: ...

    async def quota_of(self, account: str) -> int | None:
        """What this account was granted; None: the node's default."""
        ...

    async def promised(self) -> int:
        """The bytes that were announced here and have not come yet."""
        ...


async def quota_of(unit: IntakeUnit, account: str, room: UploadLimits) -> Quota:
    """What the account was granted, or else what all are."""
    granted = await unit.quota_of(account)
    return Quota(room.quota_bytes if granted is None else granted)


async def announce(
    unit: IntakeUnit, account: str, size: int, digest: bytes, filename: str, room: UploadLimits
) -> UploadRecord:
    """A new upload. Raises `Malformed` (VID-1.1), `TooMuch` (VID-1.2, VID-1.9, VID-5.3)."""
    id = unit.fresh()
    upload = uploads.announce(id, size, digest, room.largest_bytes, unit.now)
    quotas.admit(await quota_of(unit, account, room), await unit.use_of(account), size)
    quotas.fit(room.free_bytes, room.reserve_bytes, await unit.promised(), size)
    upload_record = UploadRecord(upload, account, f"upload/{id}", line(filename)[:LONGEST_FILENAME])
    await unit.put_upload_record(upload_record)
    return upload_record


async def mine(unit: UploadUnit, account: str, id: str) -> UploadRecord:
    """The account's upload. Raises `Missing` (VID-5.1), also for that of another account."""
    upload_record = await unit.upload_record(id)
    if upload_record is None or upload_record.account != account:
        raise Missing("VID-5.1", "there is no such upload")
    return upload_record


def with_disk(upload_record: UploadRecord, on_disk: int | None) -> UploadRecord:
    """The upload as the disk has it (VID-1.6)."""
    return replace(upload_record, upload=uploads.found(upload_record.upload, on_disk))


async def arrived(unit: IntakeUnit, account: str, after: Upload) -> UploadRecord:
    """Keep that the bytes up to `after.received` lie on disk. Never goes back."""
    upload_record = await mine(unit, account, after.id)
    if upload_record.upload.stage is not Stage.OPEN:
        raise Conflict("VID-1.5", f"the upload is {upload_record.state}: announce a new one")
    received = max(upload_record.upload.received, after.received)
    upload_record = replace(upload_record, upload=replace(after, received=received))
    await unit.put_upload_record(upload_record)
    return upload_record


async def seal(unit: IntakeUnit, account: str, id: str, digest: bytes) -> UploadRecord:
    """The whole file is here: sealed, or failed when `digest` is not the announced one (VID-1.7).

    What failed is kept, so the caller asks the stage and drops the bytes.
    """
    upload_record = await mine(unit, account, id)
    # The disk said that all is here; the row may be behind by one stop.
    whole = upload_record.upload
    if whole.stage is Stage.OPEN:
        whole = replace(whole, received=whole.size)
    try:
        upload = uploads.seal(whole, digest, unit.now)
    except Malformed:
        upload = uploads.failed(whole)
    if upload.stage is Stage.SEALED and whole.stage is Stage.OPEN:
        # A sealed file that becomes no video is given up after the same span as an open one.
        upload = replace(upload, expires=unit.now + uploads.PATIENCE)
    upload_record = replace(upload_record, upload=upload)
    await unit.put_upload_record(upload_record)
    return upload_record


async def cancel(unit: IntakeUnit, account: str, id: str) -> UploadRecord:
    """Give an upload up. Raises `Conflict` (VID-5.4) once it is a video."""
    upload_record = await mine(unit, account, id)
    if upload_record.used and not upload_record.video:
        raise Conflict("VID-5.4", "the upload was used: remove what was made of it")
    if upload_record.used:
        raise Conflict(
            "VID-5.4", "the upload has become a video: delete that", video=upload_record.video
        )
    upload_record = replace(upload_record, upload=uploads.failed(upload_record.upload))
    await unit.put_upload_record(upload_record)
    return upload_record
