"""A file goes up in chunks; after a cut it goes on where the node stands (spec VID-1, VID-5)."""

import asyncio
import hashlib
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeVar

from node.client.api_client import ApiClient
from node.errors import Conflict, Malformed, Missing, NodeError, Unreachable
from node.wire.api.video import NewUpload, UploadList, UploadView, VideoView

CHUNK = 4 * 1024 * 1024
TRIES = 10
Made = TypeVar("Made")
Progress = Callable[[int, int], None]


def _open(path: Path) -> tuple[IO[bytes], int, bytes]:
    """The file, its size and its SHA-256. Raises `Malformed` (VID-1.1)."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise Malformed("VID-1.1", f"there is no file {path}") from None
    if stat.S_ISDIR(found.st_mode):
        raise Malformed("VID-1.1", f"{path} is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise Malformed("VID-1.1", f"{path} is a pipe or a device, not a file")
    if found.st_size == 0:
        raise Malformed("VID-1.1", f"{path} is empty")
    file = path.open("rb")
    digest = hashlib.file_digest(file, "sha256").digest()
    return file, file.tell(), digest


def said(name: str) -> str:
    """The name of a file as it can be told: what of it is no letter is replaced."""
    return name.encode(errors="replace").decode()


def silent(_done: int, _size: int) -> None:
    """Tell nobody."""


async def upload(
    api: ApiClient, path: Path, progress: Progress = silent, again: bool = True
) -> str:
    """Upload the file and return the upload's id. `progress` is told (bytes done, size).

    What an earlier try left at the node is gone on with, also where it is being made into a video.
    When the task is cancelled, the upload is given up (VID-5.6).

    Raises `Malformed` (VID-1.1) for an empty or absent file, `TooMuch` over a limit or quota,
    `Unreachable` when the node stays away, and unless `again` `Conflict` (VID-5.6) for a file that
    was posted lately.
    """
    return (await uploaded(api, path, progress, again)).id


async def uploaded(
    api: ApiClient, path: Path, progress: Progress = silent, again: bool = True
) -> UploadView:
    """As `upload`; where what was found is being made into a video, `video` names it."""
    file, size, digest = await asyncio.to_thread(_open, path)
    with file:
        new = NewUpload(size=size, sha256=digest, filename=said(path.name))
        return await _send(api, file, new, progress, again)


async def _send(
    api: ApiClient, file: IO[bytes], new: NewUpload, progress: Progress, again: bool
) -> UploadView:
    here = await _begun(api, new, again)
    if here.video:
        progress(new.size, new.size)
        return here
    try:
        await _fill(api, file, here, progress)
    except asyncio.CancelledError:
        with suppress(NodeError):  # a node that is away does not keep who is about to go
            await cancel(api, here.id)
        raise
    return here


async def uploads(api: ApiClient, digest: bytes = b"") -> AsyncIterator[UploadView]:
    """Our uploads that go on, the newest first; only those of the file with this SHA-256, with
    those of it that are a video by now (VID-5.5)."""
    query = {"sha256": digest.hex()} if digest else {}
    async for page in api.pages("/uploads", UploadList, query):
        for one in page.items:
            yield one


async def cancel(api: ApiClient, id: str) -> None:
    """Give an upload up; its bytes are dropped. Raises `Conflict` (VID-5.4) once it is a video."""
    await api.ask("DELETE", f"/uploads/{id}", object)


async def undone_if_cancelled(
    request: Coroutine[Any, Any, Made], undo: Callable[[Made], Awaitable[None]]
) -> Made:
    """What `request` makes. When we are cancelled meanwhile it is awaited, and what it made undone:
    nothing is left behind that nobody knows of.
    """
    making = asyncio.create_task(request)
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        with suppress(NodeError):
            await undo(await making)
        raise


async def _begun(api: ApiClient, new: NewUpload, again: bool) -> UploadView:
    """What an earlier try left, else a new upload. One that is announced is never left behind."""
    if left := await _left(api, new, again):
        return left
    announced = api.ask("POST", "/uploads", UploadView, new)
    try:
        return await undone_if_cancelled(announced, lambda made: cancel(api, made.id))
    except Conflict as error:
        # It was announced, and the answer is lost: there it is.
        left = await _left(api, new, again) if error.clause == "API-6.5" else None
        if left is None:
            raise
        return left


async def _left(api: ApiClient, new: NewUpload, again: bool) -> UploadView | None:
    """What an earlier try left of the same file, if anything. Raises `Conflict` (VID-5.6)."""
    posted: VideoView | None = None
    async for one in uploads(api, new.sha256):
        if one.size != new.size:
            continue
        if not one.video:
            return one
        video = await video_of(api, one.video)
        if video is None:
            continue
        if video.state == "processing":
            return one
        posted = posted or video
    if posted is not None and not again:
        raise posted_before(posted)
    return None


def posted_before(video: VideoView) -> Conflict:
    """Of a file that was posted already (VID-5.6): when, and as what."""
    on = f"{video.created.astimezone():%Y-%m-%d %H:%M}"
    return Conflict("VID-5.6", f"you posted this file on {on}: {video.post}", post=video.post)


async def video_of(api: ApiClient, id: str) -> VideoView | None:
    """The video, unless it was deleted meanwhile."""
    try:
        return await api.ask("GET", "/videos/one", VideoView, query={"id": id})
    except Missing:
        return None


async def _fill(api: ApiClient, file: IO[bytes], here: UploadView, progress: Progress) -> None:
    size = here.size
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
    if here.state == "open" and here.offset == size:
        # All bytes came, and the last answer did not: an empty chunk seals.
        await _chunk(api, here.id, size, b"")


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
