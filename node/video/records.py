"""Pure: a video as it is kept, and the two linked objects that peers get of it (spec VID-8.1)."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field

from node.federation.activities.prose import paragraphs
from node.federation.activities.shapes import PUBLIC, Attachment, Note, Video, VideoFile
from node.video.cut import Cut
from node.video.renditions import NAMES, Rendered
from node.wire import multibase

SHA256_MULTIHASH = b"\x12\x20"
MP4, MASTER, _, _, POSTER = NAMES
LONGEST_TITLE = 120
LONGEST_DESCRIPTION = 10_000


class State(StrEnum):
    """Where a video stands."""

    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class Words(Struct, frozen=True):
    """What its author said of a video."""

    name: str = ""
    description: str = ""  # cleaned HTML
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    lang: str = ""
    sensitive: bool = False
    summary: str = ""

    @property
    def public(self) -> bool:
        return PUBLIC in (*self.to, *self.cc)


class MediaFileRecord(Struct, frozen=True):
    """A file of a video: ours by its `blob`, a peer's by its `url`."""

    name: str
    kind: str  # mp4 | playlist | segment | poster
    media_type: str
    size: int = 0
    blob: str = ""
    url: str = ""
    sha256: bytes = b""
    width: int = 0
    height: int = 0
    fps: int = 0


class VideoRecord(Struct, frozen=True):
    """A video of ours, or one that came as an object of its own.

    `post` is the id of its Note; `bytes` count against the quota; `reason` is clause and words: why
    it failed or waits, or what a ready one lacks. `number` is what clients call it, given
    when the row is made.
    """

    id: str
    uuid: str
    post: str
    author: str
    created: datetime
    local: bool = True
    channel: str = ""
    upload: str = ""
    state: State = State.PROCESSING
    reason: str = ""
    progress: int = 0
    words: Words = field(default_factory=Words)
    cut: Cut = Cut()
    duration_ms: int = 0
    width: int = 0
    height: int = 0
    blurhash: str = ""
    poster: str = ""
    bytes: int = 0
    ready: datetime | None = None
    deleted: datetime | None = None
    number: int = 0
    files: tuple[MediaFileRecord, ...] = ()

    @property
    def playable(self) -> bool:
        return self.state is State.READY and self.deleted is None

    def file(self, name: str) -> MediaFileRecord | None:
        return next((one for one in self.files if one.name == name), None)


class MediaUrls(Struct, frozen=True):
    """Where a node's pages and media are."""

    origin: str
    media_origin: str

    def page(self, record: VideoRecord) -> str:
        return f"{self.origin}/v/{record.uuid}"

    def open(self, record: VideoRecord, file: str) -> str:
        """The stable address of a public video's file."""
        return f"{self.media_origin}/media/public/{record.uuid}/{file}"

    def shown(self, record: VideoRecord, file: str) -> str:
        """As `open`, for a page of ours: what the page's own host serves needs no host's name.

        So that it also plays where the node is reached by another, such as a trial without TLS.
        """
        address = self.open(record, file)
        return address.removeprefix(self.origin) if self.media_origin == self.origin else address

    def signed(self, record: VideoRecord, file: str) -> str:
        """The address that answers to a signature; of our own host, which is signed with it."""
        return f"{self.origin}/media/signed/{record.uuid}/{file}"

    def granted(self, capability: str, file: str) -> str:
        """The capability stands in the path, so that a playlist's relative names keep it."""
        return f"{self.media_origin}/media/{capability}/{file}"

    def told(self, record: VideoRecord, file: str) -> str:
        """The address that peers are told."""
        return self.open(record, file) if record.words.public else self.signed(record, file)


def files_of(rendered: Rendered) -> tuple[MediaFileRecord, ...]:
    """All that was made, by the names under which it is served."""
    kinds = (
        (rendered.mp4, "mp4"),
        (rendered.hls[0], "playlist"),
        (rendered.hls[1], "playlist"),
        (rendered.hls[2], "segment"),
        (rendered.poster, "poster"),
    )
    return tuple(
        MediaFileRecord(
            name=made.blob.rpartition("/")[2],
            kind=kind,
            media_type=made.media_type,
            size=made.size,
            blob=made.blob,
            sha256=bytes.fromhex(made.sha256),
            width=rendered.width,
            height=rendered.height,
            fps=round(rendered.fps),
        )
        for made, kind in kinds
    )


def attachment_of(record: VideoRecord, media_urls: MediaUrls) -> Attachment:
    """The file as it hangs on the Note."""
    mp4 = record.file(MP4)
    return Attachment(
        kind="Video",
        media_type=mp4.media_type if mp4 else "video/mp4",
        url=media_urls.told(record, MP4),
        name=record.words.name,
        width=record.width,
        height=record.height,
        duration_ms=record.duration_ms,
        size=mp4.size if mp4 else 0,
        blurhash=record.blurhash,
        poster=media_urls.told(record, POSTER),
        digest=multibase.encode(SHA256_MULTIHASH + mp4.sha256) if mp4 else "",
    )


def note_of(record: VideoRecord, media_urls: MediaUrls, actors: tuple[str, ...] = ()) -> Note:
    """What microblogs get: the title, the text, for a public one the link; and the file."""
    words, page = record.words, media_urls.page(record)
    title = paragraphs(words.name) if words.name else ""
    link = f'<p><a href="{page}">{page}</a></p>' if words.public else ""
    return Note(
        id=record.post,
        author=record.author,
        content=(title + words.description + link) or "<p></p>",
        published=record.ready or record.created,
        url=page if words.public else record.post,
        summary=words.summary,
        sensitive=words.sensitive,
        lang=words.lang,
        to=words.to,
        cc=words.cc,
        mentions=actors,
        attachments=(attachment_of(record, media_urls),),
        name=words.name,
        video=record.id,
    )


def video_of(record: VideoRecord, media_urls: MediaUrls) -> Video:
    """What readers of videos get, at the video's own id."""
    words, mp4 = record.words, record.file(MP4)
    playlist = record.file(MASTER)
    at = record.ready or record.created
    return Video(
        id=record.id,
        uuid=record.uuid,
        name=words.name,
        author=record.author,
        channel=record.channel,
        published=at,
        updated=at,
        duration_ms=record.duration_ms,
        content=words.description,
        url=media_urls.page(record) if words.public else record.id,
        note=record.post,
        sensitive=words.sensitive,
        lang=words.lang,
        to=words.to,
        cc=words.cc,
        files=(
            VideoFile(
                mp4.media_type,
                media_urls.told(record, MP4),
                record.width,
                record.height,
                mp4.size,
                mp4.fps,
            ),
        )
        if mp4
        else (),
        hls=media_urls.told(record, MASTER) if playlist else "",
        poster=media_urls.told(record, POSTER),
        poster_width=record.width,
        poster_height=record.height,
        blurhash=record.blurhash,
        comments=f"{record.id}/comments",
        likes=f"{record.id}/likes",
        shares=f"{record.id}/shares",
        dislikes=f"{record.id}/dislikes",
    )
