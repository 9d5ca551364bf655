"""Who may watch, and by which addresses: capabilities, their use and their end (spec VID-7)."""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from msgspec import Struct

from node.errors import Missing, Unreachable
from node.federation.activities.shapes import Attachment, Block, EndFriendship
from node.video.records import MASTER, MP4, POSTER, MediaFileRecord, MediaUrls, VideoRecord
from node.wire.ids import same_origin
from node.wire.json import Document, Json
from node.wire.times import parse_rfc3339, rfc3339

CAPABILITY_BYTES = 32
LEAST = timedelta(hours=1)
MOST = timedelta(hours=6)
ABSENT = "there is no such video"
LONGEST_URL = 2048
SERVED = frozenset({"video/mp4", "application/vnd.apple.mpegurl", "image/jpeg", "image/png"})


class Watch(Struct, frozen=True):
    """Addresses to play from, and what a player wants to know first."""

    id: str
    mp4: str
    media_type: str = "video/mp4"
    hls: str = ""
    poster: str = ""
    blurhash: str = ""
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    size: int = 0
    expires: datetime | None = None


class Abroad(Struct, frozen=True):
    """The node at this address decides: ask it in the viewer's name."""

    video: str
    url: str


class Shown(Struct, frozen=True):
    """A post with a video, as far as playing needs it. `record` is None when only the Note came."""

    post: str
    video: str
    author: str
    local: bool
    attachments: Sequence[Attachment]
    record: VideoRecord | None


class Grant(Struct, frozen=True):
    """One actor may play one video for a while.

    Of one that is nowhere kept: whose the video is, and what had `ended` others when it was made.
    """

    video: str
    actor: str
    expires: datetime
    author: str = ""
    ended: frozenset[str] | None = None


Keep: TypeAlias = Callable[[bytes, Grant], Awaitable[None]]


class PlayingUnit(Protocol):
    """What playing asks of its transaction."""

    now: datetime

    async def shown(self, id: str) -> Shown | None:
        """The post with this id or this video's; None for what was deleted."""
        ...

    async def record(self, id: str) -> VideoRecord | None: ...

    async def record_by_uuid(self, uuid: str) -> VideoRecord | None: ...

    async def sees(self, actor: str, post: str) -> bool:
        """The one rule `may_see`; "" is anybody at all."""
        ...

    async def plays(self, actor: str, post: str) -> bool:
        """As `sees`, and the post is not deleted."""
        ...

    async def hidden(self, actor: str) -> bool:
        """Whether the actor, or their server, is gone or suspended."""
        ...

    async def put_grant(self, digest: bytes, grant: Grant) -> None: ...

    async def grant(self, digest: bytes) -> Grant | None: ...

    async def drop_grants_between(self, one: str, other: str) -> None:
        """Grants of either on videos of the other."""
        ...

    async def ends(self, viewer: str, author: str) -> frozenset[str]:
        """Marks of all that ended grants of this viewer for this author's videos lately."""
        ...


class Held(Protocol):
    """Grants that are nowhere in the database."""

    def get(self, digest: bytes) -> Grant | None: ...

    def forget(self, digest: bytes) -> None: ...


class Answer(Protocol):
    """What a peer answered."""

    @property
    def status(self) -> int: ...
    @property
    def document(self) -> Mapping[str, Json]: ...


class Peers(Protocol):
    """Signed requests in the name of one of our actors. Raises `Unreachable`."""

    async def ask(self, actor: str, url: str, document: Document) -> Answer: ...


def absent() -> Missing:
    """The one answer to whoever may not see it, and for what is not there (VID-7.1)."""
    return Missing("VID-7.1", ABSENT)


def _digest(capability: str) -> bytes:
    return hashlib.sha256(capability.encode()).digest()


async def watch(
    unit: PlayingUnit,
    viewer: str,
    id: str,
    draw: Callable[[int], bytes],
    media_urls: MediaUrls,
    keep: Keep | None = None,
) -> Watch | Abroad:
    """What `viewer` ("": anybody) plays the video by. Raises `Missing` (VID-7.1).

    With `keep` the unit only reads: a grant is kept there.
    """
    shown = await unit.shown(id)
    # Before all that is judged: what ends meanwhile is not among it.
    ended = await unit.ends(viewer, shown.author) if keep and viewer and shown else None
    if shown is None or not await unit.sees(viewer, shown.post):
        raise absent()
    if not shown.local:
        return await _elsewhere(unit, shown)
    record = shown.record
    if record is None or not record.playable:
        raise absent()
    if await unit.sees("", record.post):
        return _addresses(record, lambda file: media_urls.open(record, file))
    capability = base64.urlsafe_b64encode(draw(CAPABILITY_BYTES)).rstrip(b"=").decode()
    span = min(MOST, LEAST + 2 * timedelta(milliseconds=record.duration_ms))
    expires = unit.now + span
    grant = Grant(record.id, viewer, expires, record.author, ended)
    await (keep or unit.put_grant)(_digest(capability), grant)
    return _addresses(record, lambda file: media_urls.granted(capability, file), expires)


def _addresses(
    record: VideoRecord, at: Callable[[str], str], expires: datetime | None = None
) -> Watch:
    mp4 = record.file(MP4)
    return Watch(
        id=record.id,
        mp4=at(MP4),
        hls=at(MASTER),
        poster=at(POSTER),
        blurhash=record.blurhash,
        width=record.width,
        height=record.height,
        duration_ms=record.duration_ms,
        size=mp4.size if mp4 else 0,
        expires=expires,
    )


async def _elsewhere(unit: PlayingUnit, shown: Shown) -> Watch | Abroad:
    linked = bool(shown.video) and same_origin(shown.video, shown.author)
    # Of a Note alone that is not public the addresses are not for clients: its node gives others.
    if shown.record is None and linked and not await unit.sees("", shown.post):
        return Abroad(shown.video, f"{shown.video}/watch")
    found = _of_record(shown.record) if shown.record is not None else None
    found = found or _of_note(shown)
    if found is None:
        raise absent()
    return found


def best_file(record: VideoRecord) -> MediaFileRecord | None:
    """The best file that plays everywhere: MP4, the largest up to 720p, else the smallest."""
    files = [one for one in record.files if one.kind == "mp4" and one.url]
    if not files:
        return None
    fitting = [one for one in files if one.height <= 720]
    return max(fitting, key=_height) if fitting else min(files, key=_height)


def _of_record(record: VideoRecord) -> Watch | None:
    best = best_file(record)
    if best is None:
        return None
    hls = next((one.url for one in record.files if one.kind == "playlist"), "")
    return Watch(
        id=record.id,
        mp4=best.url,
        media_type=best.media_type,
        hls=hls,
        poster=record.poster,
        blurhash=record.blurhash,
        width=best.width,
        height=best.height,
        duration_ms=record.duration_ms,
        size=best.size,
    )


def _height(file: MediaFileRecord) -> int:
    return file.height


def _of_note(shown: Shown) -> Watch | None:
    played = (one for one in shown.attachments if one.media_type.startswith("video/"))
    one = next(played, None)
    if one is None:
        return None
    return Watch(
        id=shown.video or shown.post,
        mp4=one.url,
        media_type=one.media_type,
        poster=one.poster,
        blurhash=one.blurhash,
        width=one.width,
        height=one.height,
        duration_ms=one.duration_ms,
        size=one.size,
    )


# -- between nodes ---------------------------------------------------------------------------------


def said(watch: Watch) -> Document:
    """The answer to a peer that asks in the name of its actor (VID-7.4)."""
    return {
        "id": watch.id,
        "mp4": watch.mp4,
        "mediaType": watch.media_type,
        "hls": watch.hls,
        "poster": watch.poster,
        "blurhash": watch.blurhash,
        "width": watch.width,
        "height": watch.height,
        "durationMs": watch.duration_ms,
        "size": watch.size,
        "expires": rfc3339(watch.expires) if watch.expires else None,
    }


async def ask_abroad(peers: Peers, viewer: str, abroad: Abroad) -> Watch:
    """Ask the friend's node. Raises `Missing` (VID-7.1) when it says no, and `Unreachable`."""
    answer = await peers.ask(viewer, abroad.url, {"id": abroad.video})
    if answer.status in (401, 403, 404, 410):
        raise absent()
    if answer.status != 200:
        raise Unreachable(f"the other server answered {answer.status}")
    return _heard(abroad.video, answer.document)


def _heard(video: str, document: Mapping[str, Json]) -> Watch:
    mp4 = _url(document.get("mp4"))
    media_type = document.get("mediaType")
    if not mp4 or media_type not in SERVED:
        raise Unreachable("the other server's answer names no video")
    expires = document.get("expires")
    return Watch(
        id=video,
        mp4=mp4,
        media_type=str(media_type),
        hls=_url(document.get("hls")),
        poster=_url(document.get("poster")),
        blurhash=str(document.get("blurhash") or "")[:200],
        width=_count(document.get("width")),
        height=_count(document.get("height")),
        duration_ms=_count(document.get("durationMs")),
        size=_count(document.get("size")),
        expires=parse_rfc3339(expires) if isinstance(expires, str) else None,
    )


def _url(value: Json) -> str:
    """An https address, or nothing: what a peer says is handed to a person's player."""
    if not isinstance(value, str) or len(value) > LONGEST_URL or not same_origin(value, value):
        return ""
    return value if value.startswith("https://") else ""


def _count(value: Json) -> int:
    fine = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if fine and isinstance(value, int) else 0


# -- files -----------------------------------------------------------------------------------------


async def by_capability(
    unit: PlayingUnit, capability: str, file: str, held: Held
) -> MediaFileRecord:
    """The file that a capability opens now (VID-7.2, VID-7.3); `held` has grants of its own."""
    digest = _digest(capability)
    grant = held.get(digest) or await unit.grant(digest)
    if grant is None or grant.expires <= unit.now:
        raise absent()
    record = await unit.record(grant.video)
    if (
        record is None
        or await unit.hidden(grant.actor)
        or not await unit.plays(grant.actor, record.post)
        or await _is_ended(unit, grant)
    ):
        held.forget(digest)
        raise absent()
    return _file(record, file)


async def _is_ended(unit: PlayingUnit, grant: Grant) -> bool:
    """Whether something ended it for good since it was made: it has no row to be dropped."""
    if grant.ended is None:
        return False
    return not await unit.ends(grant.actor, grant.author) <= grant.ended


async def by_uuid(unit: PlayingUnit, uuid: str, viewer: str, file: str) -> MediaFileRecord:
    """The file of a video for `viewer`, proven by signature; "" for anybody."""
    record = await unit.record_by_uuid(uuid)
    if record is None or not await unit.plays(viewer, record.post):
        raise absent()
    return _file(record, file)


def _file(record: VideoRecord, name: str) -> MediaFileRecord:
    found = record.file(name) if record.local and record.playable else None
    if found is None or found.media_type not in SERVED:
        raise absent()
    return found


async def public_record(unit: PlayingUnit, uuid: str) -> VideoRecord:
    """A video that everyone may see, for its page."""
    record = await unit.record_by_uuid(uuid)
    if (
        record is None
        or not record.local
        or not record.playable
        or not await unit.plays("", record.post)
    ):
        raise absent()
    return record


# -- the end of access -----------------------------------------------------------------------------


async def on_block(activity: Block, unit: PlayingUnit) -> None:
    """Neither plays the other's videos any more, from this moment."""
    await unit.drop_grants_between(activity.actor, activity.object)


async def on_end_friendship(activity: EndFriendship, unit: PlayingUnit) -> None:
    """What was open to a friend is closed. Who may still see it asks again and gets a new grant."""
    await unit.drop_grants_between(activity.actor, activity.object)
