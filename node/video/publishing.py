"""From a whole upload to a published video, and its end (spec VID-6, VID-8)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Conflict, Forbidden, Full, Malformed, Missing, Refused
from node.federation.activities.shapes import PUBLIC, Activity, Announce, CreateVideo, Delete, Note
from node.federation.copies import Copy
from node.video import cut as cuts
from node.video.cut import Cut
from node.video.intake import UploadRecord, mine
from node.video.records import (
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    POSTER,
    MediaUrls,
    State,
    VideoRecord,
    Words,
    files_of,
    note_of,
    video_of,
)
from node.video.renditions import Rendered
from node.video.uploads import Stage
from node.wire.html import clean, line

RENDER, DROP = "video", "video_drop"  # kinds of jobs; their subject is the video's id


class VideoDraft(Struct, frozen=True):
    """What a person hands in: an upload, what they say of it, and for whom it is."""

    upload: str
    words: Words
    actors: tuple[str, ...] = ()
    cut: Cut = Cut()
    restates: frozenset[str] | None = None  # of one that is being made already; None: all of it


class PublishingUnit(Protocol):
    """What publishing asks of its transaction."""

    now: datetime

    def fresh(self) -> str: ...

    def mint_object(self) -> str: ...

    def mint_activity(self) -> str: ...

    async def owe(self, activity: Activity, to: Iterable[str], public: bool = False) -> None: ...

    async def tell(
        self, account: str, kind: str, data: Mapping[str, object], device: str = ""
    ) -> None: ...

    async def notify(self, account: str, kind: str, actor: str, object: str) -> None: ...

    async def account_of(self, actor: str) -> str | None: ...

    async def upload_record(self, id: str) -> UploadRecord | None: ...

    async def put_upload_record(self, upload_record: UploadRecord) -> None: ...

    async def record(self, id: str) -> VideoRecord | None:
        """The video with this id, or the one whose Note has it."""
        ...

    async def put_record(self, record: VideoRecord) -> None:
        """Keep the row and the list of files, which is replaced."""
        ...

    async def videos_of(self, actor: str) -> list[VideoRecord]:
        """All that are not deleted."""
        ...

    async def drop_grants(self, video: str) -> None: ...

    async def add_tombstone(self, id: str, actor: str) -> None: ...

    async def add_job(self, kind: str, subject: str) -> None: ...

    async def unknown(self, actors: Iterable[str]) -> list[str]:
        """Those of `actors` whose document is not here."""
        ...

    async def channel_of(self, actor: str) -> str:
        """The Group of one of our people."""
        ...

    def say(self, activity: Activity, public: bool = False) -> bytes:
        """Keep it as it goes out, for whoever will be owed it."""
        ...

    async def tell_followers(
        self, activity: Activity, channel: str, copy: Copy | None = None, author: str = ""
    ) -> None:
        """Owe what was said to all elsewhere who follow the channel; with `copy` to those who
        follow it or its `author`, and are to have the video in this form."""
        ...


def _checked(words: Words) -> Words:
    name = line(words.name)
    description = clean(words.description)
    if len(name) > LONGEST_TITLE or len(description) > LONGEST_DESCRIPTION:
        raise Malformed(
            "VID-6.2",
            f"a title has at most {LONGEST_TITLE} characters, a description {LONGEST_DESCRIPTION}",
        )
    if not (*words.to, *words.cc):
        raise Malformed("VID-6.2", "say for whom this is: public, followers, friends or actors")
    return replace(words, name=name, description=description, summary=line(words.summary))


async def attach(unit: PublishingUnit, account: str, actor: str, offer: VideoDraft) -> VideoRecord:
    """A whole upload becomes a video that is being made; of one that is made already it is said
    anew what it is and for whom. Raises VID-5.1, 5.4, 6.2, 6.7."""
    words, cut = _checked(offer.words), cuts.check(offer.cut)
    upload_record = await mine(unit, account, offer.upload)
    if await unit.unknown(offer.actors):
        raise Missing("VID-6.2", "somebody named here is not known: look them up first")
    if upload_record.used:
        return await _said_anew(unit, upload_record.video, words, cut, offer.restates)
    if upload_record.upload.stage is not Stage.SEALED:
        raise Conflict(
            "VID-5.4", f"the upload is {upload_record.state}: it must be whole, and is used once"
        )
    await unit.put_upload_record(replace(upload_record, used=True))
    id = unit.mint_object()
    record = VideoRecord(
        id=id,
        uuid=id.rpartition("/")[2],
        post=unit.mint_object(),
        author=actor,
        created=unit.now,
        channel=await unit.channel_of(actor),
        upload=upload_record.upload.id,
        words=words,
        cut=cut,
    )
    await unit.put_record(record)
    await unit.add_job(RENDER, record.id)
    return record


def _restated(before: Words, now: Words, restates: frozenset[str] | None) -> Words:
    if restates is None:
        return now
    kept = before
    if "name" in restates:
        kept = replace(kept, name=now.name)
    if "description" in restates:
        kept = replace(kept, description=now.description)
    if "audience" in restates:
        kept = replace(kept, to=now.to, cc=now.cc)
    return kept


async def _said_anew(
    unit: PublishingUnit, id: str, words: Words, cut: Cut, restates: frozenset[str] | None
) -> VideoRecord:
    """The video of a used upload, as it is to be posted now. Raises `Conflict` (VID-5.4)."""
    record = await unit.record(id)
    if record is None or record.state is not State.PROCESSING or record.deleted is not None:
        raise Conflict("VID-5.4", "the upload is used: it has become a video", video=id)
    if (restates is None or "part" in restates) and record.cut != cut:
        raise Conflict(
            "VID-5.4", "another part of this upload is being made: delete that", video=id
        )
    record = replace(record, words=_restated(record.words, words, restates))
    await unit.put_record(record)
    return record


async def progressed(unit: PublishingUnit, id: str, percent: int) -> None:
    """Tell the author's devices how far it is, never backwards; what gets on does not wait."""
    record = await unit.record(id)
    if record is None or record.state is not State.PROCESSING or record.deleted is not None:
        return
    if percent > record.progress or record.reason:
        progress = max(percent, record.progress)
        await _keep(unit, replace(record, progress=progress, reason=""))


async def waits(unit: PublishingUnit, id: str, why: str) -> None:
    """Tell the author's devices why it does not go on, once (VID-6.8)."""
    record = await unit.record(id)
    if record is None or record.state is not State.PROCESSING or record.deleted is not None:
        return
    reason = str(Full("VID-6.8", why))
    if record.reason != reason:
        await _keep(unit, replace(record, reason=reason))


async def finished(
    unit: PublishingUnit, id: str, rendered: Rendered, media_urls: MediaUrls
) -> Note | None:
    """The files stand: the video is ready. The Note that is to be sent out in this same unit, or
    None when this was done before or the video was deleted meanwhile (VID-6.3)."""
    record = await unit.record(id)
    if record is None or record.state is not State.PROCESSING or record.deleted is not None:
        return None
    files = files_of(rendered)
    record = replace(
        record,
        state=State.READY,
        reason=rendered.remark,
        progress=100,
        duration_ms=round(rendered.seconds * 1000),
        width=rendered.width,
        height=rendered.height,
        blurhash=rendered.blurhash,
        poster=next((one.blob for one in files if one.name == POSTER), ""),
        bytes=sum(one.size for one in files),
        ready=unit.now,
        files=files,
    )
    await _keep(unit, record)
    named = await _named(unit, record)
    return note_of(record, media_urls, named)


async def _named(unit: PublishingUnit, record: VideoRecord) -> tuple[str, ...]:
    """The people named in the address; collections are nobody's document."""
    addressed = [id for id in (*record.words.to, *record.words.cc) if id != PUBLIC]
    unknown = set(await unit.unknown(addressed))
    return tuple(id for id in addressed if id not in unknown)


async def announced(unit: PublishingUnit, id: str, media_urls: MediaUrls) -> None:
    """Owe the video to who follows the channel, when it is for everyone, in one form (VID-8.2)."""
    record = await unit.record(id)
    if record is None or not record.playable or not record.words.public or not record.channel:
        return
    create = CreateVideo(unit.mint_activity(), record.author, video_of(record, media_urls))
    await unit.owe(create, to=[record.channel])
    await unit.tell_followers(create, record.channel, Copy.VIDEO, record.author)
    # At home the Create alone says it; a share by one's own channel would be told as another's.
    announce = Announce(
        unit.mint_activity(),
        record.channel,
        record.id,
        unit.now,
        (PUBLIC,),
        (f"{record.channel}/followers",),
    )
    unit.say(announce, public=True)
    await unit.tell_followers(announce, record.channel, Copy.SHARE, record.author)


async def failed(unit: PublishingUnit, id: str, refusal: Refused) -> None:
    """The video cannot be made: its author is told why, the upload is over (VID-6.4)."""
    record = await unit.record(id)
    if record is None or record.state is not State.PROCESSING:
        return
    record = replace(record, state=State.FAILED, reason=str(refusal))
    if record.deleted is not None:
        await unit.put_record(record)
        return
    await _keep(unit, record)
    account = await unit.account_of(record.author)
    if account is not None:
        await unit.notify(account, "video_failed", record.author, record.id)


async def _keep(unit: PublishingUnit, record: VideoRecord) -> None:
    await unit.put_record(record)
    account = await unit.account_of(record.author)
    if account is not None:
        data: dict[str, object] = {
            "id": record.id,
            "post": record.post,
            "state": record.state.value,
            "progress": record.progress,
        }
        if record.reason:
            data["reason"] = record.reason
        await unit.tell(account, "video", data)


async def own(unit: PublishingUnit, actor: str, id: str) -> VideoRecord:
    """The actor's own video, by its id or its post's. Raises `Missing` (VID-7.1)."""
    record = await unit.record(id)
    if record is None or not record.local or record.author != actor or record.deleted is not None:
        raise Missing("VID-7.1", "there is no such video")
    return record


async def withdraw(unit: PublishingUnit, record: VideoRecord) -> None:
    """End a video of ours: no more access, no more quota; a job removes the files (VID-6.5)."""
    if record.deleted is not None:
        return
    await unit.put_record(replace(record, deleted=unit.now, bytes=0))
    await unit.drop_grants(record.id)
    await unit.add_tombstone(record.id, record.author)
    await unit.add_tombstone(record.post, record.author)
    await unit.add_job(DROP, record.id)
    if record.state is State.READY and record.words.public and record.channel:
        gone = Delete(unit.mint_activity(), record.author, record.id)
        unit.say(gone)
        await unit.tell_followers(gone, record.channel)
        await unit.tell_followers(gone, record.channel, Copy.SHARE, record.author)
    account = await unit.account_of(record.author)
    if account is not None:
        await unit.tell(account, "video_deleted", {"id": record.id, "post": record.post})


async def on_delete(activity: Delete, unit: PublishingUnit) -> None:
    """A post, a video or a whole actor is gone: so are its files. Twice is once."""
    if activity.object == activity.actor:
        for record in await unit.videos_of(activity.actor):
            await _end(unit, record)
        return
    found = await unit.record(activity.object)
    if found is None or found.deleted is not None:
        return
    if found.author != activity.actor:
        raise Forbidden("VID-8.5", "only its author may delete a video")
    await _end(unit, found)


async def _end(unit: PublishingUnit, record: VideoRecord) -> None:
    if record.local:
        await withdraw(unit, record)
        return
    await unit.put_record(replace(record, deleted=unit.now, files=()))
    await unit.add_tombstone(record.id, record.author)
    await unit.add_tombstone(record.post, record.author)
