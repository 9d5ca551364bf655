"""A file goes up in chunks; after a cut it goes on where the node stands (spec VID-1, VID-5)."""

import asyncio
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import IO

from node.client.api_client import ApiClient
from node.errors import Conflict, Malformed, Unreachable
from node.wire.api.video import NewUpload, UploadView

CHUNK = 4 * 1024 * 1024
TRIES = 10
Progress = Callable[[int, int], None]


def _open(path: Path) -> tuple[IO[bytes], int, bytes]:
    """The file, its size and its SHA-256. Raises `Malformed` (VID-1.1)."""
    if not path.is_file() or path.stat().st_size == 0:
        raise Malformed("VID-1.1", f"{path} is not a file, or it is empty")
    file = path.open("rb")
    digest = hashlib.file_digest(file, "sha256").digest()
    return file, file.tell(), digest


def silent(_done: int, _size: int) -> None:
    """Tell nobody."""


async def upload(api: ApiClient, path: Path, progress: Progress = silent) -> str:
    """Upload the file and return the upload's id. `progress` is told (bytes done, size).

    Raises `Malformed` (VID-1.1) for an empty or absent file, `TooMuch` over a limit or quota,
    `Unreachable` when the node stays away.
    """
    file, size, digest = await asyncio.to_thread(_open, path)
    with file:
        return await _send(
            api, file, NewUpload(size=size, sha256=digest, filename=path.name), progress
        )


async def _send(api: ApiClient, file: IO[bytes], new: NewUpload, progress: Progress) -> str:
    size = new.size
    here = await api.ask("POST", "/uploads", UploadView, new)
    longest = min(CHUNK, here.chunk_limit_bytes or CHUNK)
    offset, failures = here.offset, 0
    while offset < size:
        progress(offset, size)
        file.seek(offset)
        chunk = await asyncio.to_thread(file.read, longest)
        try:
            offset = await _chunk(api, here.id, offset, chunk)
            failures = 0
        except Unreachable:
            failures += 1
            if failures == TRIES:
                raise
            await api.rest(failures)
            offset = await _where(api, here.id, offset)
    progress(size, size)
    return here.id


async def _chunk(api: ApiClient, id: str, offset: int, chunk: bytes) -> int:
    """Where the node stands after this chunk."""
    try:
        view = await api.put(f"/uploads/{id}", UploadView, chunk, {"offset": str(offset)})
    except Conflict as error:
        stands = error.params.get("offset", offset)
        if stands == offset:
            raise
        # The node knows better: our last answer may have been lost.
        return int(stands)
    return view.offset


async def _where(api: ApiClient, id: str, offset: int) -> int:
    try:
        return (await api.ask("GET", f"/uploads/{id}", UploadView)).offset
    except Unreachable:
        return offset
