"""Pure: a resumable upload as a state machine (spec VID-1).

Announced with a size and, now or at the end, a digest; then chunks at offsets, then sealed. The
bytes lie in a blob; this page decides what may happen next, so that a person on a bad line loses at
most one chunk.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Conflict, Malformed, TooMuch

LONGEST_CHUNK = 16 * 2**20  # bytes: what a person on a bad line may have to send again
PATIENCE = timedelta(hours=24)  # an upload that nobody continues is given up after this span
DIGEST_LENGTH = 32


class Stage(StrEnum):
    """Where an upload stands. Only OPEN takes bytes."""

    OPEN = "open"
    SEALED = "sealed"
    FAILED = "failed"


class Upload(Struct, frozen=True):
    """One announced file. `digest` is the SHA-256 of the whole, raw, empty until it is told;
    `received` counts bytes."""

    id: str
    size: int
    digest: bytes
    received: int
    stage: Stage
    expires: datetime

    @property
    def complete(self) -> bool:
        """All bytes are here; what is left is to seal."""
        return self.received == self.size


def announce(id: str, size: int, digest: bytes, largest: int, now: datetime) -> Upload:
    """A new upload of `size` bytes, none of them here yet. `largest` is the node's limit in bytes.

    Raises `Malformed` (VID-1.1) and `TooMuch` (VID-1.2), before a byte is sent.
    """
    if size < 1:
        raise Malformed("VID-1.1", "an upload has at least one byte", size=size)
    if len(digest) not in (0, DIGEST_LENGTH):
        raise Malformed("VID-1.1", "the digest is a SHA-256: 32 bytes", length=len(digest))
    if size > largest:
        raise TooMuch(
            "VID-1.2", f"a file here has at most {largest} bytes", size=size, largest=largest
        )
    return Upload(id, size, digest, 0, Stage.OPEN, now + PATIENCE)


def admit(upload: Upload, offset: int, length: int, now: datetime) -> Upload:
    """`upload` as it stands once `length` bytes lie at `offset`.

    Ask before writing, keep the answer after the bytes are on disk. Raises `Conflict` (VID-1.3,
    with the right offset in `params`) when the chunk does not begin where the last one ended,
    `Conflict` (VID-1.5) when the upload takes no more bytes, `Malformed` or `TooMuch` (VID-1.4)
    when the chunk is empty, too long, or runs past the announced size.
    """
    _takes_bytes(upload, now)
    if offset != upload.received:
        raise Conflict(
            "VID-1.3",
            f"the next chunk begins at {upload.received}, not at {offset}",
            offset=upload.received,
            size=upload.size,
        )
    if length < 1:
        raise Malformed("VID-1.4", "a chunk has at least one byte")
    if length > LONGEST_CHUNK:
        raise TooMuch(
            "VID-1.4", f"a chunk has at most {LONGEST_CHUNK} bytes", longest=LONGEST_CHUNK
        )
    if offset + length > upload.size:
        raise TooMuch(
            "VID-1.4",
            f"the chunk runs past the {upload.size} bytes that were announced",
            size=upload.size,
            offset=offset,
        )
    return replace(upload, received=offset + length, expires=now + PATIENCE)


def told(upload: Upload, digest: bytes) -> Upload:
    """`upload` with the SHA-256 that its client tells now (VID-1.10), if it tells any.

    Raises `Conflict` (VID-1.10) when another one was told before.
    """
    if not digest or upload.stage is not Stage.OPEN:
        return upload
    if upload.digest and not compare_digest(digest, upload.digest):
        raise Conflict("VID-1.10", "another SHA-256 was told of this upload: announce a new one")
    return replace(upload, digest=digest)


def found(upload: Upload, on_disk: int | None) -> Upload:
    """`upload` with what the blob really holds: the disk is the truth, the row may be behind.

    A stop between the write and its commit leaves bytes that the row does not know of; a disk
    that was restored leaves fewer (VID-1.6).
    """
    if upload.stage is not Stage.OPEN:
        return upload
    return replace(upload, received=min(on_disk or 0, upload.size))


def seal(upload: Upload, digest: bytes, now: datetime) -> Upload:
    """`upload`, whole: `digest` is the SHA-256 of what lies on disk, raw.

    Sealing twice is silence. Raises `Conflict` (VID-1.3) while bytes are missing, `Conflict`
    (VID-1.10) while its SHA-256 was not told, and `Malformed` (VID-1.7) when the bytes are not
    those announced: keep `failed(upload)` then and drop the blob.
    """
    if upload.stage is Stage.SEALED:
        return upload
    _takes_bytes(upload, now)
    if not upload.complete:
        raise Conflict(
            "VID-1.3",
            f"{upload.size - upload.received} bytes are missing",
            offset=upload.received,
            size=upload.size,
        )
    if not upload.digest:
        raise Conflict("VID-1.10", "say the SHA-256 of the file, with an empty chunk at its end")
    if not compare_digest(digest, upload.digest):
        raise Malformed("VID-1.7", "the bytes that arrived are not those announced: send it again")
    return replace(upload, stage=Stage.SEALED)


def failed(upload: Upload) -> Upload:
    """`upload`, given up: its digest was wrong, or its person cancelled it."""
    return replace(upload, stage=Stage.FAILED)


def _takes_bytes(upload: Upload, now: datetime) -> None:
    if upload.stage is not Stage.OPEN:
        raise Conflict("VID-1.5", f"the upload is {upload.stage}: announce a new one")
    if now >= upload.expires:
        raise Conflict("VID-1.5", "nobody continued this upload for a day: announce a new one")
