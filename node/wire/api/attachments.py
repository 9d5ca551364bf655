"""Pure: what the client API says of sealed files (spec ATT-3)."""

from datetime import datetime

import msgspec


class NewAttachment(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A whole upload that is to be fetched by whoever is told its address; `seconds`: no longer."""

    upload: str
    seconds: int | None = None


class AttachmentView(msgspec.Struct, kw_only=True):
    """A sealed file of yours. Whoever has `href` can fetch it, until `expires`; `name` is its end.

    `size` is its length, sealed and filled up.
    """

    name: str
    href: str
    size: int
    created: datetime
    expires: datetime


class AttachmentList(msgspec.Struct, kw_only=True):
    """Sealed files of yours that stand, the newest first."""

    items: list[AttachmentView]
