"""Videos that come as objects of their own, as PeerTube sends them (spec VID-8.4, VID-8.5)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from node.errors import Forbidden
from node.federation.activities.shapes import Attachment, CreateVideo, Note, UpdateVideo, Video
from node.video.records import MediaFileRecord, State, VideoRecord, Words
from node.wire.ids import same_origin


class ForeignUnit(Protocol):
    """What these handlers ask of their transaction."""

    now: datetime

    async def record(self, id: str) -> VideoRecord | None: ...

    async def put_record(self, record: VideoRecord) -> None: ...

    async def has_tombstone(self, id: str) -> bool: ...

    async def author_of(self, post: str) -> str | None:
        """The author of a post that is stored here, also of one that was deleted."""
        ...

    async def link(self, post: str, video: str) -> None:
        """The post's Video has this id."""
        ...

    async def audience_of_record(self, note: Note, channel: str) -> list[str]:
        """The accounts here whose feed shows it: by its author, or by its channel."""
        ...

    async def put_video_note(self, note: Note) -> None:
        """Store the post with its audience; an existing one stays as it is."""
        ...

    async def change_post(self, note: Note) -> None: ...

    async def show(self, accounts: Sequence[str], note: Note) -> None: ...


async def on_create_video(activity: CreateVideo, unit: ForeignUnit) -> None:
    """Keep it when it concerns someone here. The same again leaves the same state."""
    await _receive(activity.video, unit, newer=False)


async def on_update_video(activity: UpdateVideo, unit: ForeignUnit) -> None:
    """A newer version; one that is not known is taken as new."""
    await _receive(activity.video, unit, newer=True)


async def _receive(video: Video, unit: ForeignUnit, newer: bool) -> None:
    _check_origin(video)
    known = await unit.record(video.id)
    if known is not None and known.author != video.author:
        raise Forbidden("VID-8.5", "only its author may change a video")
    note = note_from(video, await _post_id(video, known, unit))
    if await unit.has_tombstone(video.id) or await unit.has_tombstone(note.id):
        return
    readers = await unit.audience_of_record(note, video.channel)
    if known is None or not known.local:
        if known is None and not readers and await unit.author_of(note.id) is None:
            return
        await _keep(video, note, known, unit, newer)
    await unit.show(readers, note)


def _check_origin(video: Video) -> None:
    for id in filter(None, (video.author, video.channel)):
        if not same_origin(id, video.id):
            raise Forbidden("VID-8.5", "a video's author and channel are of its own origin")


async def _post_id(video: Video, known: VideoRecord | None, unit: ForeignUnit) -> str:
    """The Note that it names, if that can be its own; else the video is its own post."""
    if known is not None:
        return known.post
    if not video.note or not same_origin(video.note, video.id):
        return video.id
    author = await unit.author_of(video.note)
    if author is not None and author != video.author:
        raise Forbidden("VID-8.5", "the Note that the video names is another author's")
    return video.note


async def _keep(
    video: Video, note: Note, known: VideoRecord | None, unit: ForeignUnit, newer: bool
) -> None:
    if known is not None and not (newer and _is_newer(video, known)):
        return
    await unit.put_video_note(note)
    await unit.link(note.id, video.id)
    if known is not None:
        await unit.change_post(replace(note, updated=video.updated))
    await unit.put_record(record_from(video, note.id, known.created if known else unit.now))


def _is_newer(video: Video, known: VideoRecord) -> bool:
    # Updates may overtake each other; of equal ones the last counts.
    return known.deleted is None and (known.ready is None or video.updated >= known.ready)


def note_of(video: Video) -> Note:
    """The post of a video that is not known here."""
    own = video.note and same_origin(video.note, video.id)
    return note_from(video, video.note if own else video.id)


def note_from(video: Video, post: str) -> Note:
    """The video as a post of ours: words, and the files as attachments."""
    return Note(
        id=post,
        author=video.author,
        content=video.content,
        published=video.published,
        url=video.url or video.id,
        sensitive=video.sensitive,
        lang=video.lang,
        to=video.to,
        cc=video.cc,
        attachments=tuple(_attachments(video)),
        name=video.name,
        video=video.id,
        kind="Video",
    )


def _attachments(video: Video) -> Iterable[Attachment]:
    largest = max(video.files, key=lambda file: file.height, default=None)
    if largest is not None:
        yield Attachment(
            kind="Video",
            media_type=largest.media_type,
            url=largest.url,
            name=video.name,
            width=largest.width,
            height=largest.height,
            duration_ms=video.duration_ms,
            size=largest.size,
            blurhash=video.blurhash,
            poster=video.poster,
        )


def record_from(video: Video, post: str, created: datetime) -> VideoRecord:
    """The row of a video elsewhere. `ready` holds when its origin last changed it."""
    files = [
        MediaFileRecord(
            name=f"{place:02}-{file.height}p",
            kind="mp4" if file.media_type == "video/mp4" else "other",
            media_type=file.media_type,
            size=file.size,
            url=file.url,
            width=file.width,
            height=file.height,
            fps=max(0, file.fps),
        )
        for place, file in enumerate(video.files)
    ]
    if video.hls:
        files.append(
            MediaFileRecord("hls", "playlist", "application/vnd.apple.mpegurl", url=video.hls)
        )
    largest = max(video.files, key=lambda file: file.height, default=None)
    return VideoRecord(
        id=video.id,
        uuid=video.uuid,
        post=post,
        author=video.author,
        created=created,
        local=False,
        channel=video.channel,
        state=State.READY,
        progress=100,
        words=Words(video.name, video.content, video.to, video.cc, video.lang, video.sensitive),
        duration_ms=video.duration_ms,
        width=largest.width if largest else 0,
        height=largest.height if largest else 0,
        blurhash=video.blurhash,
        poster=video.poster,
        ready=video.updated,
        files=tuple(files),
    )
