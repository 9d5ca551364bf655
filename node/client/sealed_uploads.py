"""A file goes to its sender's node sealed, made while it is sent; a part is made again where the
line broke (spec ATT-1, ATT-3, VID-1)."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import IO

from node.client.api_client import ApiClient
from node.client.attached import Blob
from node.client.uploads import CHUNK as PIECE
from node.client.uploads import TRIES, cancel, undone_if_cancelled
from node.e2ee.attachments.chunked import (
    KEY_BYTES,
    SALT_BYTES,
    SEALED_CHUNK,
    Chunks,
    Layout,
    context_of,
)
from node.errors import Conflict, Missing, NodeError, Unreachable
from node.ports import Entropy
from node.wire.api.attachments import AttachmentView, NewAttachment
from node.wire.api.video import NewUpload, UploadView
from node.wire.sealed_sizes import CHUNK, HEAD, TAG

Progress = Callable[[int, int], None]


class Sealing:
    """One file under one key, as the bytes that are sent; any part of them can be made again."""

    def __init__(self, file: IO[bytes], size: int, media_type: str, entropy: Entropy) -> None:
        self.layout = Layout(size)
        self.key = entropy.draw(KEY_BYTES)
        context = context_of(media_type, size)
        self._chunks = Chunks(self.key, entropy.draw(SALT_BYTES), context)
        self._file = file
        self._hash, self._hashed = hashlib.sha256(), 0

    def read(self, start: int, count: int) -> bytes:
        """The sealed bytes from `start` on."""
        stop = min(start + count, self.layout.sealed)
        parts = [self._chunks.head[start:stop]] if start < HEAD else []
        number = max(0, start - HEAD) // SEALED_CHUNK
        while number < self.layout.count and self.layout.place(number)[0] < stop:
            begins, _ = self.layout.place(number)
            sealed = self._seal(number)
            parts.append(sealed[max(0, start - begins) : stop - begins])
            number += 1
        data = b"".join(parts)
        if start <= self._hashed < start + len(data):
            self._hash.update(data[self._hashed - start :])
            self._hashed = start + len(data)
        return data

    def _seal(self, number: int) -> bytes:
        size = self.layout.size(number) - TAG
        self._file.seek(number * CHUNK)
        # What grew since is not sent: the length was said.
        left = max(0, self.layout.length - number * CHUNK)
        return self._chunks.seal(number, self._file.read(min(size, left)).ljust(size, b"\0"))

    def digest(self) -> bytes:
        """SHA-256 of all of it, once it was read to its end."""
        while self._hashed < self.layout.sealed:
            self.read(self._hashed, PIECE)
        return self._hash.digest()


async def send(api: ApiClient, sealing: Sealing, progress: Progress) -> tuple[Blob, str]:
    """Send it, and what a message says of it; the name by which it is removed. When the task is
    cancelled, or it is refused, nothing is left at the node."""
    new = NewUpload(size=sealing.layout.sealed)
    announced = api.ask("POST", "/uploads", UploadView, new)
    here = await undone_if_cancelled(announced, lambda made: cancel(api, made.id))
    try:
        await _fill(api, sealing, here, progress)
        body = NewAttachment(upload=here.id)
        # Asked again, it is answered with the same one.
        made = await api.ask("POST", "/attachments", AttachmentView, body, once=False)
    except (asyncio.CancelledError, NodeError):
        with suppress(NodeError):
            await cancel(api, here.id)
        raise
    digest = await asyncio.to_thread(sealing.digest)
    blob = Blob(sealing.key, sealing.layout.length, digest, (made.href,))
    return blob, made.name


async def drop(api: ApiClient, name: str) -> None:
    """Remove one at the node; one that is not there is none."""
    with suppress(Missing):
        await api.ask("DELETE", f"/attachments/{name}", object)


async def _fill(api: ApiClient, sealing: Sealing, here: UploadView, progress: Progress) -> None:
    size, offset, failures, is_sealed = here.size, here.offset, 0, False
    longest = min(PIECE, here.chunk_limit_bytes or PIECE)
    while not is_sealed:
        progress(offset, size)
        piece = await asyncio.to_thread(sealing.read, offset, longest)
        query = {"offset": str(offset)}
        if offset + len(piece) == size:
            query["sha256"] = (await asyncio.to_thread(sealing.digest)).hex()
        try:
            now = await api.put(f"/uploads/{here.id}", UploadView, piece, query)
            failures = 0
        except Conflict as error:
            stands = int(error.params.get("offset", offset))
            if stands == offset:
                raise
            offset = stands  # the node knows better: our last answer may have been lost
            continue
        except Unreachable:
            failures += 1
            if failures == TRIES:
                raise
            await api.rest(failures)
            with suppress(Unreachable):
                now = await api.ask("GET", f"/uploads/{here.id}", UploadView)
                offset, is_sealed = now.offset, now.state == "sealed"
            continue
        offset, is_sealed = now.offset, now.state == "sealed"
    progress(size, size)
