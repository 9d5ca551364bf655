"""Pure: what the client API says of uploads and videos."""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from node.wire.api.inbox import Format


class NewUpload(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file that is about to be sent: its length, and its SHA-256 (32 bytes, base64), which may
    also be told with its last chunk (VID-1.10)."""

    size: int
    sha256: bytes = b""
    filename: str = ""


class UploadView(msgspec.Struct, kw_only=True):
    """Where an upload stands: `offset` is where the next chunk begins.

    `state`: open, sealed (whole, its digest checked), used (it became a video), failed.
    `sha256` is that of the whole file, empty until it was told; `video` the id of the video that it
    became, empty until then.
    """

    id: str
    size: int
    offset: int
    state: str
    expires: datetime
    chunk_limit_bytes: int
    sha256: bytes
    filename: str = ""
    video: str = ""


class UploadList(msgspec.Struct, kw_only=True):
    """Uploads that go on, the newest first; a used one is being made into its `video`."""

    items: list[UploadView]


Said: TypeAlias = Literal["name", "description", "audience", "part"]


# What is not said is left out: a node that does not know it yet understands the rest.
class NewVideo(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A whole upload that is to become a video.

    `audience` is `public`, `followers`, `friends` or empty when only `actors` are meant.
    `description` is plain text, in which addresses and #tags become links, or HTML when `format` is
    `html`; `summary` is the content warning. Of the upload all is shown, or what plays from
    `start_ms` to `end_ms`; its picture at `cover_ms`, in the same count, is the cover. Of one that
    is being made already only what `restates` names is said anew; all of it, where that is null.
    """

    upload: str
    name: str = ""
    description: str = ""
    audience: str = "friends"
    actors: list[str] = []
    lang: str = ""
    sensitive: bool = False
    summary: str = ""
    format: Format = "text"
    start_ms: int = 0
    end_ms: int | None = None
    cover_ms: int | None = None
    restates: list[Said] | None = None


class VideoView(msgspec.Struct, kw_only=True):
    """A video of yours. `post` exists once `state` is ready: processing, ready, failed.

    `progress` is in per cent; `reason` and `clause` say why it failed, why it waits
    (VID-6.8), or what a ready one lacks (VID-2.6). `number`: API-5.6.
    """

    id: str
    number: str
    post: str
    name: str
    state: str
    progress: int
    created: datetime
    reason: str = ""
    clause: str = ""
    duration_ms: int = 0
    width: int = 0
    height: int = 0


class Watching(msgspec.Struct, kw_only=True):
    """Addresses to play a video from, for whoever asked. Past `expires` ask again (null: never).

    Of a friend's video they lead to the friend's node. `hls` and `poster` may be empty.
    """

    id: str
    mp4: str
    media_type: str
    hls: str = ""
    poster: str = ""
    blurhash: str = ""
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    size: int = 0
    expires: datetime | None = None
