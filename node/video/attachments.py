"""Sealed files of our people: made of an upload, open to whoever has their address (spec ATT-3)."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Conflict, Gone, Malformed, Missing, TooMuch
from node.federation.activities.shapes import Delete
from node.video.intake import IntakeUnit, mine
from node.video.records import MediaFileRecord
from node.video.uploads import Stage
from node.wire.sealed_sizes import is_sealed_size

DROP = "attachment_drop"  # the kind of a job; its subject is the attachment's id
DROP_ALL = "attachments_drop"  # its subject is an actor who is gone
MEDIA_TYPE = "application/octet-stream"
PATH = "/sealed/"
SHORTEST = 60  # seconds


class Attachment(Struct, frozen=True):
    """A sealed file of ours. `id` is the upload's; `blob` is empty once its bytes are gone."""

    id: str
    account: str
    digest: bytes  # SHA-256 of its name
    blob: str
    size: int
    sha256: bytes
    created: datetime
    expires: datetime

    @property
    def file(self) -> MediaFileRecord:
        """As it is served."""
        return MediaFileRecord(
            "sealed", "sealed", MEDIA_TYPE, self.size, self.blob, sha256=self.sha256
        )


class Limits(Struct, frozen=True):
    """What the node grants: the largest file, and how long it is kept."""

    largest_bytes: int
    span: timedelta


class Addresses:
    """The names of attachments, which nobody guesses: they are made of a secret of the node."""

    def __init__(self, secret: bytes, origin: str) -> None:
        self._secret = secret
        self._at = origin + PATH

    def name(self, id: str) -> str:
        """The last part of its address: 43 characters."""
        code = hmac.digest(self._secret, id.encode(), "sha256")
        return base64.urlsafe_b64encode(code).decode().rstrip("=")

    def url(self, id: str) -> str:
        return self._at + self.name(id)

    def named_by(self, url: str) -> str | None:
        """The name in an address of this node; None for another's."""
        name = url.removeprefix(self._at)
        return None if name == url else name


def digest_of(name: str) -> bytes:
    """By what an attachment is found."""
    return hashlib.sha256(name.encode()).digest()


class AttachmentsUnit(IntakeUnit, Protocol):
    """What this page asks of its transaction."""

    async def attachment(self, id: str) -> Attachment | None: ...

    async def attachment_by(self, digest: bytes) -> Attachment | None: ...

    async def is_active(self, account: str) -> bool: ...

    async def put_attachment(self, attachment: Attachment) -> None: ...

    async def attachments_of_actor(self, actor: str, most: int) -> Sequence[Attachment]:
        """Some of those that stand."""
        ...

    async def account_of(self, actor: str) -> str | None: ...

    async def add_job(self, kind: str, subject: str) -> None: ...


def absent() -> Missing:
    """One answer for what never was and for what is another's (ATT-3.3, ATT-3.4)."""
    return Missing("ATT-3.3", "there is no such sealed file")


def over() -> Gone:
    """What was here (ATT-3.3)."""
    return Gone("ATT-3.3", "this sealed file is not kept any more: its sender has to send it again")


async def make(
    unit: AttachmentsUnit,
    account: str,
    upload: str,
    seconds: int | None,
    limits: Limits,
    addresses: Addresses,
) -> Attachment:
    """The attachment that a whole upload becomes, or became already. Raises `Conflict` (VID-5.4),
    `Malformed` (ATT-1.3, ATT-3.3), `TooMuch` (ATT-3.1), `Gone` (ATT-3.3)."""
    known = await unit.attachment(upload)
    if known is not None and known.account == account:
        return _standing(known, unit.now)
    record = await mine(unit, account, upload)
    if record.used or record.upload.stage is not Stage.SEALED:
        raise Conflict("VID-5.4", "the upload was used already: send the file again")
    size = record.upload.size
    if not is_sealed_size(size):
        raise Malformed("ATT-1.3", "a sealed file is not so long: it was not filled up", size=size)
    if size > limits.largest_bytes:
        raise TooMuch(
            "ATT-3.1",
            f"a sealed file has at most {limits.largest_bytes} bytes here",
            largest=limits.largest_bytes,
        )
    if seconds is not None and seconds < SHORTEST:
        raise Malformed("ATT-3.3", f"it is kept for {SHORTEST} seconds at least")
    # As a number first: a span of any length cannot be said.
    span = limits.span if seconds is None or seconds > limits.span.total_seconds() else None
    attachment = Attachment(
        id=upload,
        account=account,
        digest=digest_of(addresses.name(upload)),
        blob=record.blob,
        size=size,
        sha256=record.upload.digest,
        created=unit.now,
        expires=unit.now + (span or timedelta(seconds=seconds or 0)),
    )
    # The bytes are the attachment's from now on, and counted there.
    await unit.put_upload_record(replace(record, used=True, blob=""))
    await unit.put_attachment(attachment)
    return attachment


def _standing(attachment: Attachment, now: datetime) -> Attachment:
    if not attachment.blob or attachment.expires <= now:
        raise over()
    return attachment


async def opened(unit: AttachmentsUnit, name: str) -> Attachment:
    """What is called so, for whoever knows that. Raises `Missing`, `Gone` (ATT-3.3)."""
    found = await unit.attachment_by(digest_of(name))
    if found is None or not await unit.is_active(found.account):
        raise absent()
    return _standing(found, unit.now)


async def give_up(unit: AttachmentsUnit, account: str, name: str) -> None:
    """Remove one's own; twice is once. Raises `Missing` (ATT-3.4)."""
    found = await unit.attachment_by(digest_of(name))
    if found is None or found.account != account:
        raise absent()
    await drop(unit, found)


async def drop(unit: AttachmentsUnit, attachment: Attachment) -> None:
    """No more access; a job removes the bytes, which count until then."""
    if attachment.blob:
        expires = min(attachment.expires, unit.now)
        await unit.put_attachment(replace(attachment, expires=expires))
        await unit.add_job(DROP, attachment.id)


async def on_delete(activity: Delete, unit: AttachmentsUnit) -> None:
    """A whole actor is gone: so is what they sent (ATT-3.4)."""
    if activity.object == activity.actor and await unit.account_of(activity.actor) is not None:
        await unit.add_job(DROP_ALL, activity.actor)
