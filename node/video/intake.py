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


class Parcel(Struct, frozen=True):
    """An upload with its owner and the blob that takes its bytes. `used`: it became a video."""

    upload: Upload
    account: str
    blob: str
    filename: str = ""
    used: bool = False

    @property
    def state(self) -> str:
        """As it is told to its owner."""
        return "used" if self.used else self.upload.stage.value


class Room(Struct, frozen=True):
    """What the node grants: the largest file, one account's quota, the disk as it is now."""

    largest_bytes: int
    quota_bytes: int
    reserve_bytes: int
    free_bytes: int


class ParcelUnit(Protocol):
    """What looking at an upload asks of its transaction."""

    async def parcel(self, id: str) -> Parcel | None: ...


class IntakeUnit(ParcelUnit, Protocol):
    """What uploads ask of their transaction."""

    now: datetime

    def fresh(self) -> str: ...

    async def put_parcel(self, parcel: Parcel) -> None: ...

    async def use_of(self, account: str) -> Use: ...

    async def quota_of(self, account: str) -> int | None:
        """What this account was granted; None: the node's default."""
        ...

    async def promised(self) -> int:
        """The bytes that were announced here and have not come yet."""
        ...


async def announce(
    unit: IntakeUnit, account: str, size: int, digest: bytes, filename: str, room: Room
) -> Parcel:
    """A new upload. Raises `Malformed` (VID-1.1), `TooMuch` (VID-1.2, VID-1.9, VID-5.3)."""
    id = unit.fresh()
    upload = uploads.announce(id, size, digest, room.largest_bytes, unit.now)
    granted = await unit.quota_of(account)
    quota = Quota(room.quota_bytes if granted is None else granted)
    quotas.admit(quota, await unit.use_of(account), size)
    quotas.fit(room.free_bytes, room.reserve_bytes, await unit.promised(), size)
    parcel = Parcel(upload, account, f"upload/{id}", line(filename)[:LONGEST_FILENAME])
    await unit.put_parcel(parcel)
    return parcel


async def mine(unit: ParcelUnit, account: str, id: str) -> Parcel:
    """The account's upload. Raises `Missing` (VID-5.1), also for that of another account."""
    parcel = await unit.parcel(id)
    if parcel is None or parcel.account != account:
        raise Missing("VID-5.1", "there is no such upload")
    return parcel


def with_disk(parcel: Parcel, on_disk: int | None) -> Parcel:
    """`parcel` as the disk has it (VID-1.6)."""
    return replace(parcel, upload=uploads.found(parcel.upload, on_disk))


async def arrived(unit: IntakeUnit, account: str, after: Upload) -> Parcel:
    """Keep that the bytes up to `after.received` lie on disk. Never goes back."""
    parcel = await mine(unit, account, after.id)
    if parcel.upload.stage is not Stage.OPEN:
        raise Conflict("VID-1.5", f"the upload is {parcel.state}: announce a new one")
    received = max(parcel.upload.received, after.received)
    parcel = replace(parcel, upload=replace(after, received=received))
    await unit.put_parcel(parcel)
    return parcel


async def seal(unit: IntakeUnit, account: str, id: str, digest: bytes) -> Parcel:
    """The whole file is here: sealed, or failed when `digest` is not the announced one (VID-1.7).

    What failed is kept, so the caller asks the stage and drops the bytes.
    """
    parcel = await mine(unit, account, id)
    # The disk said that all is here; the row may be behind by one stop.
    whole = parcel.upload
    if whole.stage is Stage.OPEN:
        whole = replace(whole, received=whole.size)
    try:
        upload = uploads.seal(whole, digest, unit.now)
    except Malformed:
        upload = uploads.failed(whole)
    if upload.stage is Stage.SEALED and whole.stage is Stage.OPEN:
        # A sealed file that becomes no video is given up after the same span as an open one.
        upload = replace(upload, expires=unit.now + uploads.PATIENCE)
    parcel = replace(parcel, upload=upload)
    await unit.put_parcel(parcel)
    return parcel


async def cancel(unit: IntakeUnit, account: str, id: str) -> Parcel:
    """Give an upload up. Raises `Conflict` (VID-5.4) once it is a video."""
    parcel = await mine(unit, account, id)
    if parcel.used:
        raise Conflict("VID-5.4", "the upload has become a video: delete that")
    parcel = replace(parcel, upload=uploads.failed(parcel.upload))
    await unit.put_parcel(parcel)
    return parcel
