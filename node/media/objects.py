"""Blobs in an object store such as S3, through obstore; uploads under way wait on the local disk.

An object store cannot append, so what arrives in chunks lies in a local spool until it is whole
and `put`. Loaded only where such a store is configured.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from node.errors import Broken, Missing, Unreachable
from node.media.blobs import PAGE, PIECE, LocalBlobs, in_words, plain, proven
from node.ports import StoredBlob

TRIES = 3
PROBE = "probe/is-it-there"
PATIENCE = timedelta(seconds=30)  # longer than that, whoever watches has gone


def open_store(url: str) -> ObjectStore:
    """The store at ``s3://bucket/prefix``; keys, region and endpoint are those of `AWS_*`."""
    return S3Store.from_url(url, retry_config={"max_retries": TRIES, "retry_timeout": PATIENCE})


@contextmanager
def answering(what: str) -> Iterator[None]:
    """Every fault of the store as `Unreachable`: the library also raises the system's errors."""
    try:
        yield
    except (BaseError, OSError) as fault:
        raise Unreachable(f"the object store {what}") from fault


class ObjectBlobs:
    """The `Blobs` port over `store`; `spool` keeps what is not whole and what a child reads."""

    def __init__(self, store: ObjectStore, spool: LocalBlobs, fetched: Path) -> None:
        self._store = store
        self._spool = spool
        self._fetched = fetched

    async def append(self, name: str, offset: int, chunk: bytes) -> None:
        await self._spool.append(name, offset, chunk)

    async def put(self, name: str, path: str) -> None:
        """Take the file at `path` over. It may be the spool's own, handed out by `local`."""
        proven(name)
        with in_words():
            file = await asyncio.to_thread(plain, Path(path))
        with os.fdopen(file, "rb") as source, answering("did not take a blob"):
            await obstore.put_async(self._store, name, source)
        await asyncio.to_thread(Path(path).unlink, missing_ok=True)
        await self._spool.delete(name)

    async def expect(self, size: int) -> None:
        """See the port. What is made lies on the disk of the spool before it is put."""
        await self._spool.expect(size)
        with answering("takes no blob"):
            await self._try()

    async def size(self, name: str) -> int | None:
        waiting = await self._spool.size(name)
        return waiting if waiting is not None else await self._stored(name)

    async def read(
        self, name: str, start: int = 0, stop: int | None = None
    ) -> AsyncIterator[bytes]:
        if await self._spool.size(name) is not None:
            async for piece in self._spool.read(name, start, stop):
                yield piece
            return
        length = await self._stored(name)
        if length is None:
            raise Missing("VID-4.1", "there is no such blob")
        end = length if stop is None else min(stop, length)
        if start >= end:
            return
        with answering("did not give a blob"):
            # One request for all of it: each costs its time and, at some places, its money.
            found = await obstore.get_async(self._store, name, options={"range": (start, end)})
            async for chunk in found.stream(min_chunk_size=PIECE):
                for at in range(0, len(chunk), PIECE):
                    yield bytes(chunk[at : at + PIECE])

    async def local(self, name: str) -> str:
        """The spool's file where the blob is still there, else a copy fetched now.

        The copy is the node's to remove: `delete` does, and so does emptying the folder at start.
        """
        if await self._spool.size(name) is not None:
            return await self._spool.local(name)
        copy = self._fetched / proven(name)
        with in_words():
            await asyncio.to_thread(copy.parent.mkdir, parents=True, exist_ok=True)
            try:
                with await asyncio.to_thread(copy.open, "wb") as file:
                    async for piece in self.read(name):
                        await asyncio.to_thread(file.write, piece)
            except BaseException:
                # A disk that is full is the last place for half a file.
                copy.unlink(missing_ok=True)
                raise
        return str(copy)

    async def delete(self, name: str) -> None:
        await self._spool.delete(name)
        await asyncio.to_thread((self._fetched / proven(name)).unlink, missing_ok=True)
        with answering("did not delete a blob"):
            try:
                await obstore.delete_async(self._store, name)
            except FileNotFoundError:
                return  # S3 says nothing of it, a folder does

    async def listed(self) -> AsyncIterator[StoredBlob]:
        async for one in self._spool.listed():
            yield one
        with answering("did not list its blobs"):
            async for page in obstore.list(self._store, chunk_size=PAGE):
                for meta in page:
                    yield StoredBlob(meta["path"], meta["size"], meta["last_modified"])

    async def check(self) -> None:
        """Whether the store is there and takes what it is given. Raises `Broken` (VID-4.5)."""
        try:
            await self._try()
        except (BaseError, OSError) as fault:
            said = str(fault).partition("\n")[0]
            raise Broken(f"the object store takes nothing: {said}") from None

    async def _try(self) -> None:
        await obstore.put_async(self._store, PROBE, b"kith")
        with suppress(FileNotFoundError):  # another process tries it, too
            await obstore.delete_async(self._store, PROBE)

    async def _stored(self, name: str) -> int | None:
        proven(name)
        with answering("did not answer"):
            try:
                return (await obstore.head_async(self._store, name))["size"]
            except FileNotFoundError:
                return None
