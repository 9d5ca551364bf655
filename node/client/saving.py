"""Where a video is saved: a file that is whole or absent, a pipe or a device."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias

Write: TypeAlias = Callable[[bytes], Awaitable[None]]
LOOK_SECONDS = 0.1  # for somebody who opens the pipe to read it


@asynccontextmanager
async def whole(path: Path) -> AsyncIterator[Write]:
    """A file that appears at `path` when the block ends well; a device or a pipe is written to.

    Who waits for the reader of a pipe can be stopped (API-9.11): a thread that waits could not.
    """
    if _is_pipe(path):
        pipe = await _opened(path)
        try:
            yield partial(_put, pipe)
        finally:
            os.close(pipe)
        return
    with _file(path) as file:

        async def write(piece: bytes) -> None:
            await asyncio.to_thread(_write, file, piece)

        yield write


def _is_pipe(path: Path) -> bool:
    return path.is_fifo()


@contextmanager
def _file(path: Path) -> Iterator[IO[bytes]]:
    if path.exists() and not path.is_file():
        with path.open("wb", buffering=0) as device:
            yield device
        return
    fresh = path.with_name(path.name + ".part")
    try:
        with fresh.open("wb") as file:
            yield file
        fresh.rename(path)
    finally:
        fresh.unlink(missing_ok=True)


def _write(file: IO[bytes], piece: bytes) -> None:
    """All of it: a device may take less than it is given."""
    left = memoryview(piece)
    while left:
        left = left[file.write(left) :]


async def _opened(path: Path) -> int:
    """The pipe, once somebody reads it."""
    while True:
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        await asyncio.sleep(LOOK_SECONDS)


async def _put(pipe: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        try:
            left = left[os.write(pipe, left) :]
        except BlockingIOError:
            await _takes_more(pipe)


async def _takes_more(pipe: int) -> None:
    loop, taken = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(pipe, taken.set)
    try:
        await taken.wait()
    finally:
        loop.remove_writer(pipe)
