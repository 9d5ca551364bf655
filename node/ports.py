"""What the world lends us, as small Protocols in plain types: Clock, Entropy, Fetch, Blobs."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct, field


class Clock(Protocol):
    """The time. `now` is aware and in UTC; `ticks` counts seconds and never goes back."""

    def now(self) -> datetime: ...

    def ticks(self) -> float: ...


class Entropy(Protocol):
    """Chance fit for keys."""

    def draw(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        ...


class Request(Struct, frozen=True):
    """An HTTP request that we make. `url` is absolute and https."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Response(Struct, frozen=True):
    """What a peer answered. `url` is the last one, after redirects; header names are lower case."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes


class Stream(Struct, frozen=True):
    """An answer whose body is still to come. `pieces` raises `Unreachable` when it breaks off."""

    status: int
    url: str
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


class Fetch(Protocol):
    """HTTP out, guarded: public addresses only, bounded in bytes, redirects and seconds."""

    async def fetch(self, request: Request) -> Response:
        """The peer's answer, whatever its status.

        Raises `Unreachable` when there is none, `Forbidden` (FED-9) when the address may not be
        reached, `TooMuch` (FED-9) when the answer is larger than the cap.
        """
        ...


class StoredBlob(Struct, frozen=True):
    """One run of bytes as a list of all shows it."""

    name: str
    size: int
    changed: datetime


class Blobs(Protocol):
    """Named runs of bytes. Names are ours: lower-case letters, digits, ``-``, ``/``, ``.``."""

    async def append(self, name: str, offset: int, chunk: bytes) -> None:
        """Write `chunk` at `offset`, which is the blob's length so far; on disk when it returns."""
        ...

    async def put(self, name: str, path: str) -> None:
        """Take the finished local file at `path` over as the blob `name`."""
        ...

    async def expect(self, size: int) -> None:
        """Ask before much work is done for a blob. Raises `Full` where there is no room for `size`
        bytes, `Unreachable` where nothing is taken for now."""
        ...

    async def size(self, name: str) -> int | None:
        """The length in bytes, or None when there is no such blob."""
        ...

    def read(self, name: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes of ``[start, stop)``, in pieces of at most 256 KiB."""
        ...

    async def local(self, name: str) -> str:
        """A path on this machine that holds the whole blob, for a child process to read."""
        ...

    async def delete(self, name: str) -> None:
        """Remove the blob; silence when there is none."""
        ...

    def listed(self) -> AsyncIterator[StoredBlob]:
        """All that is there, whoever put it there; in no order."""
        ...
