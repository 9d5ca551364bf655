"""Pictures of our people: made of an upload, kept for a day, hung on posts or worn (spec PIC)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Conflict, Malformed, Missing, TooMuch
from node.federation.activities.shapes import Attachment, Delete
from node.video import intake, quotas
from node.video.intake import IntakeUnit, UploadLimits, UploadRecord, mine
from node.video.playing import absent as unseen
from node.video.records import SHA256_MULTIHASH, MediaFileRecord, MediaUrls
from node.video.uploads import Stage, failed
from node.wire import multibase
from node.wire.html import line
from node.wire.picture_formats import format_said

DROP = "picture_drop"  # the kind of a job; its subject is the picture's id
DROP_ALL = "pictures_drop"  # its subject is an actor who is gone
PATIENCE = timedelta(days=1)
LARGEST_FILE = 64 * 1024 * 1024
LONGEST_SIDE = 20_000
MOST_POINTS = 100_000_000
MOST_FRAMES = 1_000
MOST_DRAWN = 1_000_000_000  # points of all pictures of an animation
MOST_IN_POST = 10
LONGEST_DESCRIPTION = 1_500
LOOP = "loop.mp4"
LARGE, MEDIUM, SMALL = "large", "medium", "small"
NAMES = (LOOP, *(f"{size}.{end}" for size in (LARGE, MEDIUM, SMALL) for end in ("jpg", "png")))
TYPES = {"mp4": "video/mp4", "jpg": "image/jpeg", "png": "image/png"}


def format_of(head: bytes) -> str:
    """The decoder that a file is given, by its first bytes. Raises `Malformed` (PIC-1.1)."""
    found = format_said(head)
    if not found:
        raise Malformed(
            "PIC-1.1", "this is not a picture: JPEG, PNG, WebP, GIF, AVIF and HEIC are taken"
        )
    return found


class Stands(StrEnum):
    """Where a picture stands."""

    MAKING = "making"
    READY = "ready"
    DROPPED = "dropped"


class Use(StrEnum):
    """What a picture is used for."""

    NOTHING = ""
    POST = "post"
    AVATAR = "avatar"
    HEADER = "header"


class Made(Struct, frozen=True):
    """What came of a file. `files` are named as they are served; `milliseconds` of an animation."""

    files: tuple[MediaFileRecord, ...]
    blurhash: str
    milliseconds: int = 0


class Picture(Struct, frozen=True):
    """A picture of ours. `expires` is when it goes unless it is used until then."""

    id: str
    account: str
    upload: str
    created: datetime
    expires: datetime | None
    stands: Stands = Stands.MAKING
    use: Use = Use.NOTHING
    post: str = ""
    blurhash: str = ""
    milliseconds: int = 0
    files: tuple[MediaFileRecord, ...] = ()

    @property
    def folder(self) -> str:
        return f"picture/{self.id}"

    @property
    def animated(self) -> bool:
        return self.file(LOOP) is not None

    @property
    def shown(self) -> MediaFileRecord:
        """What is shown first: the animation, or the largest."""
        return self.file(LOOP) or self.still(LARGE)

    @property
    def size(self) -> int:
        return sum(one.size for one in self.files)

    def file(self, name: str) -> MediaFileRecord | None:
        return next((one for one in self.files if one.name == name), None)

    def still(self, size: str) -> MediaFileRecord:
        """The picture in `size`, or the next larger one where it is small itself."""
        stills = [one for one in self.files if one.name != LOOP]
        fits = (one for one in stills if one.name.partition(".")[0] == size)
        larger = MEDIUM if size == SMALL else LARGE
        return next(fits, None) or (stills[0] if size == LARGE else self.still(larger))


class PictureUrls(Struct, frozen=True):
    """Where the files of pictures are, as of videos (`MediaUrls`)."""

    of: MediaUrls

    def open(self, picture: Picture, file: str) -> str:
        return f"{self.of.media_origin}/media/public/{picture.id}/{file}"

    def told(self, picture: Picture, file: str, public: bool) -> str:
        """The address that peers are told."""
        signed = f"{self.of.origin}/media/signed/{picture.id}/{file}"
        return self.open(picture, file) if public else signed


class Wanted(Struct, frozen=True):
    """A picture as somebody puts it on a post."""

    id: str
    description: str = ""


class PicturesUnit(IntakeUnit, Protocol):
    """What this page asks of its transaction."""

    async def picture(self, id: str) -> Picture | None: ...

    async def picture_of_upload(self, upload: str) -> Picture | None: ...

    async def pictures_of_post(self, post: str) -> Sequence[Picture]: ...

    async def face(self, account: str, use: Use) -> Picture | None:
        """The picture that the account has as its avatar or header."""
        ...

    async def actor_of(self, account: str) -> str:
        """The Person of the account."""
        ...

    async def account_of(self, actor: str) -> str | None:
        """The account of one of ours."""
        ...

    async def put_picture(self, picture: Picture) -> None: ...

    async def add_job(self, kind: str, subject: str) -> None: ...


class RemovingUnit(PicturesUnit, Protocol):
    """What removing a picture asks besides."""

    async def forget_picture(self, id: str) -> None: ...


def absent() -> Missing:
    """One answer for what is not there and for what is another's (PIC-2.1)."""
    return Missing("PIC-2.1", "there is no such picture, or it is not kept any more: send it again")


async def begin(unit: PicturesUnit, account: str, upload: str) -> Picture:
    """The picture that a whole upload becomes, or became already. Raises `Conflict` (VID-5.4)."""
    record = await mine(unit, account, upload)
    known = await unit.picture_of_upload(upload)
    if known is not None and known.stands is not Stands.DROPPED:
        return known
    if record.used or record.upload.stage is not Stage.SEALED:
        raise Conflict("VID-5.4", "the upload was used already: send the file again")
    if record.upload.size > LARGEST_FILE:
        raise TooMuch(
            "PIC-1.3",
            f"the file is larger than {LARGEST_FILE // 2**20} MiB: no picture is taken that is",
            longest=LARGEST_FILE,
        )
    await unit.put_upload_record(replace(record, used=True))
    picture = Picture(unit.fresh(), account, upload, unit.now, unit.now + PATIENCE)
    await unit.put_picture(picture)
    return picture


async def finished(unit: PicturesUnit, id: str, made: Made, room: UploadLimits) -> Picture:
    """It is made, and a job removes what it was made of. Raises `Missing` (PIC-2.1) when it was
    given up meanwhile, `Full` (VID-1.9, VID-5.3) when there is no room for its files."""
    picture = await unit.picture(id)
    if picture is None or picture.stands is Stands.DROPPED:
        raise absent()
    if picture.stands is Stands.READY:
        return picture
    await _fits(unit, picture, sum(one.size for one in made.files), room)
    picture = replace(
        picture,
        stands=Stands.READY,
        blurhash=made.blurhash,
        milliseconds=made.milliseconds,
        files=made.files,
        expires=unit.now + PATIENCE,
    )
    await unit.put_picture(picture)
    await unit.add_job(DROP, id)
    return picture


async def _fits(unit: PicturesUnit, picture: Picture, size: int, room: UploadLimits) -> None:
    """A file may be far smaller than what is made of it; it goes itself (PIC-2.3)."""
    record = await unit.upload_record(picture.upload)
    more = size - (record.upload.size if record is not None and record.blob else 0)
    if more > 0:
        quota = await intake.quota_of(unit, picture.account, room)
        quotas.grow(quota, await unit.use_of(picture.account), more)
        quotas.fit(room.free_bytes, room.reserve_bytes, await unit.promised(), more)


async def refused(unit: PicturesUnit, id: str) -> None:
    """It cannot be made: nothing of it stays (PIC-1.6). Its upload's bytes are the caller's."""
    picture = await unit.picture(id)
    if picture is None:
        return
    await drop(unit, picture)
    record = await unit.upload_record(picture.upload)
    if record is not None:
        await unit.put_upload_record(replace(record, used=False, upload=failed(record.upload)))


async def own(unit: PicturesUnit, account: str, id: str) -> Picture:
    """One's own picture. Raises `Missing` (PIC-2.1)."""
    picture = await unit.picture(id)
    if picture is None or picture.account != account or picture.stands is Stands.DROPPED:
        raise absent()
    return picture


async def give_up(unit: PicturesUnit, account: str, id: str) -> None:
    """Remove a picture that is not used. Raises `Conflict` (PIC-2.2) for one that is."""
    picture = await own(unit, account, id)
    if picture.use is not Use.NOTHING:
        raise Conflict("PIC-2.2", "the picture is in use: delete its post, or choose another face")
    await drop(unit, picture)


async def withdraw(unit: PicturesUnit, account: str, upload: str) -> UploadRecord:
    """Give an upload up, with the picture that it is becoming or became. Raises `Conflict`: PIC-2.2
    once that is used, VID-5.4 once it is a video."""
    record = await mine(unit, account, upload)
    picture = await unit.picture_of_upload(upload)
    if picture is None:
        return await intake.cancel(unit, account, upload)
    if picture.stands is not Stands.DROPPED:
        await give_up(unit, account, picture.id)
    record = replace(record, used=False, upload=failed(record.upload))
    await unit.put_upload_record(record)
    return record


async def take(unit: PicturesUnit, account: str, wanted: Sequence[Wanted]) -> list[Picture]:
    """The pictures that a post is to have, in their order. Raises PIC-2.4."""
    if len(wanted) > MOST_IN_POST:
        raise TooMuch("PIC-2.4", f"a post has at most {MOST_IN_POST} pictures", most=MOST_IN_POST)
    if len({one.id for one in wanted}) < len(wanted):
        raise Malformed("PIC-2.4", "a picture stands twice on this post")
    if any(len(line(one.description)) > LONGEST_DESCRIPTION for one in wanted):
        raise Malformed(
            "PIC-2.4", f"a picture's description has at most {LONGEST_DESCRIPTION} characters"
        )
    return [await _unused(unit, account, one.id, "PIC-2.4") for one in wanted]


async def _unused(unit: PicturesUnit, account: str, id: str, clause: str) -> Picture:
    picture = await own(unit, account, id)
    if picture.use is not Use.NOTHING:
        raise Conflict(clause, "this picture is in use already: send its file again")
    if picture.stands is not Stands.READY:
        raise Conflict(clause, "this picture is still being made: ask for it again first")
    if picture.expires is not None and picture.expires <= unit.now:
        raise absent()
    return picture


async def hang(unit: PicturesUnit, pictures: Iterable[Picture], post: str) -> None:
    """They are of this post from now on."""
    for one in pictures:
        await unit.put_picture(replace(one, use=Use.POST, post=post, expires=None))


def attachment_of(
    picture: Picture, description: str, urls: PictureUrls, public: bool
) -> Attachment:
    """The picture as it hangs on the Note (PIC-2.7); its poster is a smaller one of it."""
    shown = picture.shown
    smaller = picture.still(LARGE if picture.animated else MEDIUM)
    return Attachment(
        kind="Document",
        media_type=shown.media_type,
        url=urls.told(picture, shown.name, public),
        name=line(description),
        width=shown.width,
        height=shown.height,
        duration_ms=picture.milliseconds,
        size=shown.size,
        blurhash=picture.blurhash,
        poster="" if smaller is shown else urls.told(picture, smaller.name, public),
        digest=multibase.encode(SHA256_MULTIHASH + shown.sha256),
    )


async def wear(unit: PicturesUnit, account: str, id: str, use: Use) -> Picture | None:
    """A new face or header, or none for an empty `id`; the old one goes (PIC-3.1)."""
    new = None
    if id:
        new = await _unused(unit, account, id, "PIC-3.1")
        if new.animated:
            raise Malformed("PIC-3.1", "a face is no animation: choose a picture that stands still")
    old = await unit.face(account, use)
    if old is not None:
        await drop(unit, old)
    if new is not None:
        new = replace(new, use=use, expires=None)
        await unit.put_picture(new)
    return new


class LookingUnit(Protocol):
    """What looking at a picture asks of its transaction."""

    async def plays(self, actor: str, post: str) -> bool:
        """Whether the post stands and `actor` ("": anybody) may see it."""
        ...

    async def actor_of(self, account: str) -> str: ...

    async def hidden(self, actor: str) -> bool: ...


async def opened(unit: LookingUnit, picture: Picture, viewer: str, file: str) -> MediaFileRecord:
    """The file for `viewer`. Raises `Missing` (VID-7.1) for all who may not (PIC-2.5)."""
    found = picture.file(file)
    if found is None or not await _may_look(unit, picture, viewer):
        raise unseen()
    return found


async def _may_look(unit: LookingUnit, picture: Picture, viewer: str) -> bool:
    if picture.stands is not Stands.READY:
        return False
    if picture.use is Use.POST:
        return await unit.plays(viewer, picture.post)
    if picture.use is Use.NOTHING:
        return False
    return not await unit.hidden(await unit.actor_of(picture.account))


async def drop(unit: PicturesUnit, picture: Picture) -> None:
    """No more access; a job removes the files, which count until then (PIC-2.3, PIC-2.6)."""
    if picture.stands is Stands.DROPPED:
        return
    await unit.put_picture(replace(picture, stands=Stands.DROPPED, expires=unit.now, post=""))
    await unit.add_job(DROP, picture.id)


async def forget(unit: RemovingUnit, picture: Picture) -> None:
    """Its files are gone, and so are the bytes that it was made of (PIC-1.6)."""
    record = await unit.upload_record(picture.upload)
    if record is not None:
        gone = replace(record, used=False, blob="", upload=failed(record.upload))
        await unit.put_upload_record(gone)
    await unit.forget_picture(picture.id)


async def on_delete(activity: Delete, unit: PicturesUnit) -> None:
    """A post, or a whole actor, is gone: so are the pictures (PIC-2.6). Twice is once."""
    if activity.object == activity.actor:
        if await unit.account_of(activity.actor) is not None:
            await unit.add_job(DROP_ALL, activity.actor)
        return
    for one in await unit.pictures_of_post(activity.object):
        if await unit.actor_of(one.account) == activity.actor:
            await drop(unit, one)
