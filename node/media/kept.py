"""Pictures of other servers that were shown here, kept for a day within a budget (spec VID-9.8).

A file each: the picture, and behind it what it is. Nothing of it is in the database or in a backup:
what is gone is fetched again.
"""

import asyncio
import hashlib
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from node.ports import Clock
from node.wire.times import from_micros, micros

FRESH = timedelta(days=1)
SHARES = 4  # no host has more than this part of the budget
PIECE = 64 * 1024
LENGTH_BYTES = 2  # of what a picture is, at the end of its file
PART = ".part"  # what a stop left behind


class About(Struct, frozen=True):
    """What is said of a picture. `came` is in microseconds since 1970."""

    host: str
    media_type: str
    size: int
    came: int

    @property
    def said(self) -> bytes:
        """As it stands at the end of the file."""
        told = msgspec.json.encode(self)
        return told + len(told).to_bytes(LENGTH_BYTES)

    @property
    def taken(self) -> int:
        """What the file takes."""
        return self.size + len(self.said)


class Kept(Struct, frozen=True):
    """A picture that is here."""

    media_type: str
    size: int
    pieces: AsyncIterator[bytes]


class KeptPictures:
    """The folder, and in memory what is in it: what was shown longest ago first."""

    def __init__(
        self, folder: Path, most_bytes: int, short: Callable[[], bool], clock: Clock
    ) -> None:
        """`short`: whether the disk is below its reserve."""
        self._folder = folder
        self._most = most_bytes
        self._short = short
        self._clock = clock
        self._known: dict[str, About] = {}
        self._of_host: Counter[str] = Counter()
        self._reading: asyncio.Task[None] | None = None

    @property
    def taken(self) -> int:
        """What all of it takes."""
        return self._of_host.total()

    async def get(self, url: str, signer: str) -> Kept | None:
        """The picture at `url`, as it came for `signer` ("": for anybody), while it is fresh."""
        if not self._most:
            return None
        await self._read()
        name = _name(url, signer)
        about = self._known.get(name)
        if about is None:
            return None
        fresh = self._clock.now() - from_micros(about.came) < FRESH
        file = await asyncio.to_thread(_opened, self._path(name), about) if fresh else None
        if file is None:
            self._forget(name)
            await asyncio.to_thread(self._remove, [name])
            return None
        if name in self._known:
            self._known[name] = self._known.pop(name)
        return Kept(about.media_type, about.size, _pieces(file, about.size))

    async def passing(
        self, url: str, signer: str, host: str, media_type: str, pieces: AsyncIterator[bytes]
    ) -> AsyncIterator[bytes]:
        """The same pieces; when all of them came they are kept. What goes wrong with that is no
        matter of who looks."""
        keeps = bool(self._most) and not self._short()
        if keeps:
            await self._read()  # which removes the drafts of an earlier run
        draft = await asyncio.to_thread(self._draft) if keeps else None
        size = 0
        try:
            async for piece in pieces:
                size += len(piece)
                if draft is not None:
                    # No more of it than may be kept: whoever sends it may never end.
                    fits = size <= self._most // SHARES and not self._short()
                    if not (fits and await asyncio.to_thread(_written, draft, piece)):
                        draft = await asyncio.to_thread(_undone, draft)
                yield piece
            if draft is not None:
                about = About(host, media_type, size, micros(self._clock.now()))
                kept, draft = draft, None
                await self._keep(kept, _name(url, signer), about)
        finally:
            if draft is not None:
                _undone(draft)  # whoever looked went away, or the file broke off

    async def _keep(self, draft: IO[bytes], name: str, about: About) -> None:
        if about.taken > self._most // SHARES:
            await asyncio.to_thread(_undone, draft)
            return
        self._forget(name)
        gone = self._in_the_way(about)
        for one in gone:
            self._forget(one)
        # Counted before it is there: what comes meanwhile must not take the same room.
        self._remember(name, about)
        if not await asyncio.to_thread(self._put, draft, name, about, gone):
            self._forget(name)

    def _in_the_way(self, new: About) -> list[str]:
        """What goes for it: of its own host while that has too much, then of anybody."""
        found: dict[str, int] = {}
        over = self._of_host[new.host] + new.taken - self._most // SHARES
        for name, about in self._known.items():
            if over <= 0:
                break
            if about.host == new.host:
                found[name] = about.taken
                over -= about.taken
        over = self.taken + new.taken - sum(found.values()) - self._most
        for name, about in self._known.items():
            if over <= 0:
                break
            if name not in found:
                found[name] = about.taken
                over -= about.taken
        return list(found)

    def _remember(self, name: str, about: About) -> None:
        self._known[name] = about
        self._of_host[about.host] += about.taken

    def _forget(self, name: str) -> None:
        about = self._known.pop(name, None)
        if about is None:
            return
        self._of_host[about.host] -= about.taken
        if not self._of_host[about.host]:
            del self._of_host[about.host]

    async def _read(self) -> None:
        """Look once through what an earlier run left."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._take_over())
        await asyncio.shield(self._reading)

    async def _take_over(self) -> None:
        for name, about in await asyncio.to_thread(self._found):
            self._remember(name, about)
        gone = self._in_the_way(About("", "", 0, 0))  # the budget may be smaller now
        for one in gone:
            self._forget(one)
        await asyncio.to_thread(self._remove, gone)

    # -- on the disk, in threads -------------------------------------------------------------------

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _remove(self, names: list[str]) -> None:
        for one in names:
            with suppress(OSError):
                self._path(one).unlink(missing_ok=True)

    def _draft(self) -> IO[bytes] | None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # It is closed when the picture is whole.
            return tempfile.NamedTemporaryFile(dir=self._folder, suffix=PART, delete=False)
        except OSError:
            return None

    def _put(self, draft: IO[bytes], name: str, about: About, gone: list[str]) -> bool:
        self._remove(gone)
        path = self._path(name)
        try:
            draft.write(about.said)
            draft.close()
            path.parent.mkdir(exist_ok=True)
            Path(draft.name).rename(path)
        except OSError:
            _undone(draft)
            return False
        return True

    def _found(self) -> list[tuple[str, About]]:
        found: list[tuple[str, About]] = []
        for path in sorted(self._folder.rglob("*")):
            if path.is_dir():
                continue
            about = None if path.name.endswith(PART) else _about(path)
            if about is None:
                path.unlink(missing_ok=True)
            else:
                found.append((path.name, about))
        return sorted(found, key=lambda one: one[1].came)


def _name(url: str, signer: str) -> str:
    return hashlib.sha256(f"{url}\n{signer}".encode()).hexdigest()


def _written(draft: IO[bytes], piece: bytes) -> bool:
    try:
        draft.write(piece)
    except OSError:
        return False
    return True


def _undone(draft: IO[bytes]) -> None:
    with suppress(OSError):
        draft.close()
    with suppress(OSError):
        Path(draft.name).unlink(missing_ok=True)


def _opened(path: Path, about: About) -> IO[bytes] | None:
    """The file, if it is as long as it was."""
    try:
        if path.stat().st_size == about.taken:
            return path.open("rb")
    except OSError:
        pass
    return None


async def _pieces(file: IO[bytes], size: int) -> AsyncIterator[bytes]:
    with file:
        while size > 0:
            piece = await asyncio.to_thread(file.read, min(PIECE, size))
            if not piece:
                return
            size -= len(piece)
            yield piece


def _about(path: Path) -> About | None:
    """What the end of the file says, if that fits its length."""
    try:
        whole = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, whole - LENGTH_BYTES))
            length = int.from_bytes(file.read(LENGTH_BYTES))
            file.seek(max(0, whole - LENGTH_BYTES - length))
            about = msgspec.json.decode(file.read(length), type=About)
    except (OSError, msgspec.DecodeError):
        return None
    return about if about.taken == whole and path.parent.name == path.name[:2] else None
