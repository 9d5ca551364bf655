"""A file goes to its sender's node sealed: once, and into a file of its own, so that what is sent
again are the same bytes (spec ATT-1, ATT-3, VID-1)."""

import asyncio
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Any, Final, Self

from node.client.api_client import ApiClient
from node.client.attached import Blob
from node.client.uploads import CHUNK as PIECE
from node.client.uploads import TRIES, cancel, undone_if_cancelled
from node.e2ee.attachments.chunked import KEY_BYTES, SALT_BYTES, Chunks, Layout, context_of
from node.errors import Conflict, Malformed, Missing, NodeError, NoRoom, Unreachable
from node.ports import Entropy
from node.wire.api.attachments import AttachmentView, NewAttachment
from node.wire.api.video import NewUpload, UploadView
from node.wire.sealed_sizes import TAG

LOST: Final = "your server did not keep what was sent to it, several times: try again later"

Progress = Callable[[int, int], None]


class Sealing:
    """One file under one key, sealed. Use it as `with`: what it holds goes at the end.

    `file` is read once, from its beginning. Raises `Malformed` (ATT-1.1) where it changes
    meanwhile, and `NoRoom`.
    """

    def __init__(self, file: IO[bytes], size: int, media_type: str, entropy: Entropy) -> None:
        self.layout = Layout(size)
        self.key = entropy.draw(KEY_BYTES)
        self._chunks = Chunks(self.key, entropy.draw(SALT_BYTES), context_of(media_type, size))
        self._hash = hashlib.sha256()
        self._made = SpooledTemporaryFile(PIECE, prefix="kith-")  # noqa: SIM115 - held by `with`
        try:
            self._seal(file)
        except BaseException:
            self._made.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._made.close()

    def _seal(self, file: IO[bytes]) -> None:
        before = _state(file)
        self._keep(self._chunks.head)
        left = self.layout.length
        for number in range(self.layout.count):
            size = min(left, self.layout.size(number) - TAG)
            data = _read(file, size)
            if len(data) < size:
                raise _changed()
            left -= size
            filled = data.ljust(self.layout.size(number) - TAG, b"\0")
            self._keep(self._chunks.seal(number, filled))
        if _read(file, 1) or _state(file) != before:
            raise _changed()

    def _keep(self, data: bytes) -> None:
        self._hash.update(data)
        try:
            self._made.write(data)
        except OSError as error:
            raise NoRoom(f"there is no room to seal the file in: {error.strerror}") from None

    def read(self, start: int, count: int) -> bytes:
        """The sealed bytes from `start` on."""
        self._made.seek(start)
        return self._made.read(count)

    def digest(self) -> bytes:
        """SHA-256 of all of it."""
        return self._hash.digest()


def _read(file: IO[bytes], size: int) -> bytes:
    try:
        return file.read(size)
    except OSError as error:
        raise Malformed("ATT-5.1", f"the file cannot be read: {error.strerror}") from None


def _state(file: IO[bytes]) -> Any:
    """What differs once somebody wrote into it."""
    try:
        found = os.fstat(file.fileno())
    except OSError:  # it lies in memory
        return None
    return found.st_size, found.st_mtime_ns


def _changed() -> Malformed:
    return Malformed("ATT-1.1", "the file changed while it was read, so it is not sent: try again")


async def send(api: ApiClient, sealing: Sealing, progress: Progress) -> tuple[Blob, str]:
    """Send it, and what a message says of it; the name by which it is removed. When the task is
    cancelled, or it fails, nothing is left at the node."""
    new = NewUpload(size=sealing.layout.sealed)
    announced = api.ask("POST", "/uploads", UploadView, new)
    here = await undone_if_cancelled(announced, lambda made: cancel(api, made.id))
    try:
        await _fill(api, sealing, here, progress)
        made = await _made_of(api, here.id)
    except BaseException:
        with suppress(NodeError):
            await _undo(api, here.id)
        raise
    return Blob(sealing.key, sealing.layout.length, sealing.digest(), (made.href,)), made.name


async def _made_of(api: ApiClient, upload: str) -> AttachmentView:
    """Asked again, it is answered with the same one."""
    body = NewAttachment(upload=upload)
    return await api.ask("POST", "/attachments", AttachmentView, body, once=False)


async def _undo(api: ApiClient, upload: str) -> None:
    try:
        await cancel(api, upload)
    except Conflict:  # it was made, and that answer was lost
        await drop(api, (await _made_of(api, upload)).name)


async def drop(api: ApiClient, name: str) -> None:
    """Remove one at the node; one that is not there is none."""
    with suppress(Missing):
        await api.ask("DELETE", f"/attachments/{name}", object)


async def _fill(api: ApiClient, sealing: Sealing, here: UploadView, progress: Progress) -> None:
    size, offset, is_sealed = here.size, here.offset, False
    failures, setbacks = 0, 0
    longest = min(PIECE, here.chunk_limit_bytes or PIECE)
    while not is_sealed:
        if not 0 <= offset <= size:
            raise Unreachable(LOST)
        progress(offset, size)
        piece = await asyncio.to_thread(sealing.read, offset, longest)
        query = {"offset": str(offset)}
        if offset + len(piece) == size:
            query["sha256"] = sealing.digest().hex()
        before, why = offset, Unreachable(LOST)
        try:
            now = await api.put(f"/uploads/{here.id}", UploadView, piece, query)
            offset, is_sealed = now.offset, now.state == "sealed"
        except Conflict as error:
            stands = error.params.get("offset")
            if not isinstance(stands, int) or stands == offset:
                raise
            offset = stands  # the node knows better: our last answer may have been lost
        except Unreachable as error:
            why = error
            await api.rest(failures + 1)
            with suppress(Unreachable):
                now = await api.ask("GET", f"/uploads/{here.id}", UploadView)
                offset, is_sealed = now.offset, now.state == "sealed"
        # Who goes back again and again would have us send without an end.
        setbacks += offset < before
        failures = 0 if offset > before else failures + 1
        if not is_sealed and TRIES in (failures, setbacks):
            raise why
    progress(size, size)
