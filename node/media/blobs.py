"""Blobs in a folder of this machine: durable appends, whole files, ranges (spec VID-4.1, VID-4.2).

One blob is one plain file, so that an operator can look at it and back it up. What an append
acknowledged survives a power cut; what it did not leaves no trace.
"""

import asyncio
import errno
import fcntl
import os
import re
import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from node.errors import Broken, Conflict, Full, Malformed, Missing
from node.ports import StoredBlob

PIECE = 256 * 1024
PAGE = 1000
LONGEST_NAME = 200
NAME = re.compile(r"[a-z0-9-][a-z0-9.-]*(?:/[a-z0-9-][a-z0-9.-]*)*")
FULL = {errno.ENOSPC, errno.EDQUOT}
WAIT_FOR_ROOM_SECONDS = 600
ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EISDIR}
PRIVATE = 0o600


def plain(path: Path) -> int:
    """A descriptor of the plain file at `path`, which is to become a blob; never of where a link
    leads (VID-4.7)."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise Broken("what was to become a blob is no file")
    return file


def proven(name: str) -> str:
    """`name`, fit to be a blob's: it cannot lead out of the folder (VID-4.1)."""
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise Malformed("VID-4.1", "this is not the name of a blob")
    return name


@contextmanager
def in_words() -> Iterator[None]:
    """A full disk as `Full` (VID-4.2), every other fault of the disk as `Broken`."""
    try:
        yield
    except OSError as fault:
        if fault.errno in FULL:
            raise _full() from fault
        raise Broken(f"the blob folder: {os.strerror(fault.errno or errno.EIO)}") from fault


def _full() -> Full:
    return Full("VID-4.2", "the node's disk is full: try again later", WAIT_FOR_ROOM_SECONDS)


class LocalBlobs:
    """The `Blobs` port over plain files below `root`. Safe for several processes at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def append(self, name: str, offset: int, chunk: bytes) -> None:
        """See the port. A wrong offset is a `Conflict` (VID-1.3) that names the right one."""
        await asyncio.to_thread(self._append, self._path(name), offset, chunk)

    async def put(self, name: str, path: str) -> None:
        await asyncio.to_thread(self._put, self._path(name), Path(path))

    async def expect(self, size: int) -> None:
        if await asyncio.to_thread(_free, self._root) < size:
            raise _full()

    async def size(self, name: str) -> int | None:
        return await asyncio.to_thread(_size, self._path(name))

    async def read(
        self, name: str, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        """See the port. `Missing` (VID-4.1) when there is no such blob."""
        file = await asyncio.to_thread(_open, self._path(name))
        try:
            at = start
            while stop is None or at < stop:
                count = PIECE if stop is None else min(PIECE, stop - at)
                piece = await asyncio.to_thread(os.pread, file, count, at)
                if not piece:
                    return
                at += len(piece)
                yield piece
        finally:
            os.close(file)

    async def local(self, name: str) -> str:
        path = self._path(name)
        if await asyncio.to_thread(_size, path) is None:
            raise Missing("VID-4.1", "there is no such blob")
        return str(path)

    async def delete(self, name: str) -> None:
        await asyncio.to_thread(self._delete, self._path(name))

    async def listed(self) -> AsyncIterator[StoredBlob]:
        found = _walk(self._root)
        while page := await asyncio.to_thread(lambda: list(islice(found, PAGE))):
            for one in page:
                yield one

    def _path(self, name: str) -> Path:
        return self._root / proven(name)

    def _append(self, path: Path, offset: int, chunk: bytes) -> None:
        with in_words():
            self._make_folder(path.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            file = os.open(path, flags, PRIVATE)
            try:
                # Two requests may carry the same chunk at once; the lock lets one of them see
                # what the other wrote, in another process too. Closing the file releases it.
                fcntl.flock(file, fcntl.LOCK_EX)
                length = os.fstat(file).st_size
                if length != offset:
                    raise Conflict(
                        "VID-1.3",
                        f"the next chunk begins at {length}, not at {offset}",
                        offset=length,
                    )
                _write(file, offset, chunk)
            finally:
                os.close(file)
            if offset == 0:
                _sync_folder(path.parent)

    def _put(self, path: Path, source: Path) -> None:
        # A leading dot is no blob's name, so a leftover of a stop is never served.
        aside = path.with_name(f".{path.name}.new")
        with in_words():
            self._make_folder(path.parent)
            try:
                _move(source, aside)
                with os.fdopen(plain(aside), "rb") as file:
                    os.fchmod(file.fileno(), PRIVATE)
                    os.fsync(file.fileno())
                aside.replace(path)
            finally:
                aside.unlink(missing_ok=True)
            _sync_folder(path.parent)

    def _delete(self, path: Path) -> None:
        with in_words():
            try:
                path.unlink()
            except OSError as fault:
                if fault.errno not in ABSENT:
                    raise
                return
            # The emptied folder stays: another process may be about to write into it.
            _sync_folder(path.parent)

    def _make_folder(self, folder: Path) -> None:
        """`folder`, durable: each new one is on disk in its parent before this returns."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for fresh in reversed(missing):
            fresh.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(fresh.parent)


def _write(file: int, offset: int, chunk: bytes) -> None:
    """All of `chunk` at `offset`, on disk; or none of it."""
    try:
        rest, at = memoryview(chunk), offset
        while rest:
            count = os.pwrite(file, rest, at)
            rest, at = rest[count:], at + count
        os.fsync(file)
    except OSError:
        with suppress(OSError):  # the first fault is the one to tell
            os.ftruncate(file, offset)
        raise


def _free(folder: Path) -> int:
    while not folder.is_dir():
        folder = folder.parent
    with in_words():
        return shutil.disk_usage(folder).free


def _size(path: Path) -> int | None:
    try:
        file = _open(path)
    except Missing:
        return None
    try:
        return os.fstat(file).st_size
    finally:
        os.close(file)


def _open(path: Path) -> int:
    with in_words():
        if not path.is_file():
            raise Missing("VID-4.1", "there is no such blob")
        try:
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as fault:
            if fault.errno in ABSENT:
                raise Missing("VID-4.1", "there is no such blob") from fault
            raise


def _move(source: Path, target: Path) -> None:
    """`source` becomes `target`; copied where they lie on two file systems."""
    try:
        source.replace(target)
    except OSError as fault:
        if fault.errno != errno.EXDEV:
            raise
        with os.fdopen(plain(source), "rb") as origin, target.open("wb") as copy:
            shutil.copyfileobj(origin, copy, PIECE)
        source.unlink()


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _sync_folder(folder: Path) -> None:
    """The names in `folder` on disk: a new file is lost in a power cut otherwise."""
    _sync(folder)


def _walk(root: Path) -> Iterator[StoredBlob]:
    for path in root.rglob("*"):
        with suppress(FileNotFoundError):
            found = path.stat()
            if stat.S_ISREG(found.st_mode):
                changed = datetime.fromtimestamp(found.st_mtime, UTC)
                yield StoredBlob(str(path.relative_to(root)), found.st_size, changed)
