"""Pure: what the client API says of pictures before they are on a post (spec PIC)."""

from datetime import datetime

import msgspec


class NewPicture(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A whole upload that is to become a picture."""

    upload: str


class PictureView(msgspec.Struct, kw_only=True):
    """A picture of yours, made and not used yet: name its `id` on a post, or as a face.

    It goes at `expires` unless it is used until then. An animation (`duration_ms` is not 0) is an
    MP4, which is repeated. `bytes` is what all its sizes take of the quota.
    """

    id: str
    media_type: str
    width: int
    height: int
    blurhash: str
    bytes: int
    duration_ms: int = 0
    expires: datetime | None = None
