"""What an address at our own node opens now: a file of ours, or one to be fetched (spec VID-9)."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from node.video.links import Link
from node.video.pictures import Picture
from node.video.playing import Shown, absent, best_file
from node.video.records import MP4, POSTER, MediaFileRecord
from node.wire.ids import same_origin

SVG = "image/svg+xml"  # a program, and no picture
SHOWN = ("image/", "video/", "audio/")


class Foreign(Struct, frozen=True):
    """A file at another server. `signer` is in whose name it is asked for, "" in nobody's;
    `author` where that name may be told. `media_type` is what its post said of it."""

    url: str
    media_type: str = ""
    author: str = ""
    signer: str = ""


class ThroughUnit(Protocol):
    """What this page asks of its transaction."""

    async def active(self, account: str) -> str:
        """The actor of the account; "" unless it is active."""
        ...

    async def shown_by_number(self, number: int) -> Shown | None: ...

    async def face_of(self, number: int, kind: str) -> str:
        """The icon or header of an actor who is neither gone nor suspended; or nothing."""
        ...

    async def sees(self, actor: str, post: str) -> bool: ...

    async def pictures_of_post(self, post: str) -> Sequence[Picture]: ...


def is_shown(kind: str, media_type: str) -> bool:
    """Whether a file of a post is shown in place: a picture (no SVG), a video or sound."""
    if media_type == SVG:
        return False
    return media_type.startswith(SHOWN) or kind in ("Image", "Video", "Audio")


async def opened(unit: ThroughUnit, link: Link) -> MediaFileRecord | Foreign:
    """What `link` leads to, if its account may see it now. Raises `Missing` (VID-7.1)."""
    viewer = await unit.active(link.account)
    if not viewer:
        raise absent()
    if link.kind in ("icon", "header"):
        icon = await unit.face_of(link.number, link.kind)
        if not icon.startswith("https://"):
            raise absent()
        return Foreign(icon)
    shown = await unit.shown_by_number(link.number)
    if shown is None or not await unit.sees(viewer, shown.post):
        raise absent()
    if not shown.local:
        return await _theirs(unit, viewer, shown, link)
    if shown.record is not None:
        return _ours(shown, link)
    return await _drawn(unit, shown, link)


async def _drawn(unit: ThroughUnit, shown: Shown, link: Link) -> MediaFileRecord:
    """One of the pictures of a post of ours: by the address that the attachment names."""
    if not 0 <= link.place < len(shown.attachments):
        raise absent()
    attachment = shown.attachments[link.place]
    url = attachment.url if link.kind == "file" else attachment.poster
    id, _, name = url.rpartition("/")
    id = id.rpartition("/")[2]
    for picture in await unit.pictures_of_post(shown.post):
        found = picture.file(name) if picture.id == id else None
        if found is not None:
            return found
    raise absent()


def _ours(shown: Shown, link: Link) -> MediaFileRecord:
    record = shown.record
    found = record.file(MP4 if link.kind == "file" else POSTER) if record else None
    if record is None or not record.playable or found is None or link.place:
        raise absent()
    return found


async def _theirs(unit: ThroughUnit, viewer: str, shown: Shown, link: Link) -> Foreign:
    if not 0 <= link.place < len(shown.attachments):
        raise absent()
    file = shown.attachments[link.place]
    if not is_shown(file.kind, file.media_type):
        raise absent()
    url, media_type = file.url, file.media_type
    if link.kind == "poster":
        url, media_type = file.poster, ""
    elif shown.record is not None and (best := best_file(shown.record)) is not None:
        url, media_type = best.url, best.media_type
    if not url.startswith("https://"):
        raise absent()
    signed = same_origin(url, shown.author) and not await unit.sees("", shown.post)
    return Foreign(url, media_type, shown.author, viewer if signed else "")
