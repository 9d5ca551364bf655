"""Blobs in an object store such as S3, through obstore; uploads under way wait on the local disk.

An object store cannot append, so what arrives in chunks lies in a local spool until it is whole
and `put`. Loaded only where such a store is configured.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import obstore
from obstore.store import ObjectStore

from node.errors import Missing, Unreachable
from node.media.blobs import PIECE, LocalBlobs, proven


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
        try:
            await obstore.put_async(self._store, proven(name), Path(path))
        except obstore.exceptions.BaseError as fault:
            raise Unreachable("the object store did not take a blob") from fault
        await asyncio.to_thread(Path(path).unlink, missing_ok=True)
        await self._spool.delete(name)

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
        for at in range(start, end, PIECE):
            try:
                found = await obstore.get_range_async(
                    self._store, name, start=at, end=min(at + PIECE, end)
                )
            except obstore.exceptions.BaseError as fault:
                raise Unreachable("the object store did not give a blob") from fault
            yield bytes(found)

    async def local(self, name: str) -> str:
        """The spool's file where the blob is still there, else a copy fetched now.

        The copy is the node's to remove: `delete` does, and so does emptying the folder at start.
        """
        if await self._spool.size(name) is not None:
            return await self._spool.local(name)
        copy = self._fetched / proven(name)
        await asyncio.to_thread(copy.parent.mkdir, parents=True, exist_ok=True)
        with await asyncio.to_thread(copy.open, "wb") as file:
            async for piece in self.read(name):
                await asyncio.to_thread(file.write, piece)
        return str(copy)

    async def delete(self, name: str) -> None:
        await self._spool.delete(name)
        await asyncio.to_thread((self._fetched / proven(name)).unlink, missing_ok=True)
        try:
            await obstore.delete_async(self._store, name)
        except (FileNotFoundError, obstore.exceptions.NotFoundError):
            return
        except obstore.exceptions.BaseError as fault:
            raise Unreachable("the object store did not delete a blob") from fault

    async def _stored(self, name: str) -> int | None:
        try:
            return (await obstore.head_async(self._store, proven(name)))["size"]
        except (FileNotFoundError, obstore.exceptions.NotFoundError):
            return None
        except obstore.exceptions.BaseError as fault:
            raise Unreachable("the object store did not answer") from fault
