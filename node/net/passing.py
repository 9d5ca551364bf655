"""Fetches a file of another server as it comes, for one of our people (spec VID-9).

What the other server says of it is believed as far as it fits: the type is one of a list, the range
is the one that was asked for, and as many bytes come as were announced, in time.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol
from urllib.parse import urljoin

from msgspec import Struct
from msgspec.structs import replace

from node.errors import Forbidden, Gone, Missing, Unreachable
from node.net.fetcher import MOST_REDIRECTS, REDIRECTS
from node.ports import Request, Stream
from node.wire import pictures
from node.wire.ids import origin, same_origin
from node.wire.ranges import NoRange, Wanted
from node.wire.sealed_sizes import is_sealed_size

VIA = "1.1 kith"
TYPES = frozenset(
    {
        "image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "video/mp4",
        "video/webm", "video/quicktime", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/webm",
        "audio/wav", "audio/flac", "audio/aac",
    }
)  # fmt: skip
SEALED = "application/octet-stream"
UNSAID = frozenset({"", "application/octet-stream", "binary/octet-stream"})
LARGEST_PICTURE = 16 * 1024 * 1024
LONGEST_HEAD = 256 * 1024  # bytes in which a picture says its size
LONGEST_SIDE = 20_000
MOST_PIXELS = 100_000_000
LARGEST_FILE = 4 * 1024 * 1024 * 1024
PATIENCE_SECONDS = 30.0
SLOWEST = 4096  # bytes in a second, once the patience is used up
ABSENT = frozenset({401, 403, 404, 410, 451})
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_ETAG = re.compile(r'"[\x21\x23-\x7e]{1,200}"')


class Streams(Protocol):
    """One request out, and its answer as it comes: `Fetcher`."""

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]: ...


class Signing(Protocol):
    """`courier.Signer`."""

    async def sign(self, request: Request, actor: str) -> Request: ...

    async def shuns(self, url: str) -> bool: ...


class Source(Protocol):
    """`video.through.Foreign`."""

    @property
    def url(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def author(self) -> str: ...
    @property
    def signer(self) -> str: ...


class Passed(Struct, frozen=True):
    """A file on its way: `start` and `stop` of `size` bytes, where those are told.

    `status` is 200 or 206.
    """

    status: int
    media_type: str
    etag: str
    size: int | None
    start: int
    stop: int | None
    pieces: AsyncIterator[bytes]


class Passing:
    """Asks other servers for files."""

    def __init__(self, streams: Streams, signer: Signing, ours: frozenset[str]) -> None:
        """`ours` are the origins of this node, where nothing is fetched from."""
        self._streams = streams
        self._signer = signer
        self._ours = ours

    @asynccontextmanager
    async def opened(
        self,
        source: Source,
        method: str,
        wanted: Wanted | None,
        condition: str,
        sealed: bool = False,
    ) -> AsyncIterator[Passed]:
        """The file, or the part of it that is `wanted`; `sealed`: one of a conversation, and
        nothing else (ATT-4.2, ATT-4.3).

        Raises `Missing` (VID-7.1) when the other server does not show it, `NoRange` when it has no
        such part, `Unreachable` for what does not fit (VID-9.4 to VID-9.6), `Forbidden` (FED-9).
        """
        headers = {"accept": "*/*", "via": VIA}
        if wanted is not None:
            headers["range"] = wanted.header
            if _ETAG.fullmatch(condition):
                headers["if-range"] = condition
        async with self._hops(Request(method, source.url, headers), source) as answer:
            if sealed:
                _check_there(answer.status, source)
            passed = self._read(answer, source, method, wanted, sealed)
            if sealed and not is_sealed_size(passed.size or 0):
                raise Unreachable("what came is no sealed file")
            yield passed

    @asynccontextmanager
    async def _hops(self, request: Request, source: Source) -> AsyncIterator[Stream]:
        for _ in range(MOST_REDIRECTS + 1):
            async with self._hop(request, source) as answer:
                location = answer.headers.get("location", "")
                if answer.status not in REDIRECTS or not location:
                    yield answer
                    return
            request = replace(request, url=urljoin(request.url, location).partition("#")[0])
        raise Unreachable(f"more than {MOST_REDIRECTS} redirects")

    @asynccontextmanager
    async def _hop(self, request: Request, source: Source) -> AsyncIterator[Stream]:
        if any(same_origin(request.url, one) for one in self._ours):
            raise Forbidden("VID-9.3", "the address of the file leads back to this node")
        if await self._signer.shuns(request.url):
            raise Forbidden("FED-7.7", "this node does not talk with that server")
        # Whose name is told is told to the author's own server alone.
        if source.signer and same_origin(request.url, source.author):
            request = await self._signer.sign(request, source.signer)
        async with self._streams.stream(request) as answer:
            yield answer

    def _read(
        self,
        answer: Stream,
        source: Source,
        method: str,
        wanted: Wanted | None,
        sealed: bool,
    ) -> Passed:
        said = answer.headers
        if answer.status in ABSENT:
            raise Missing("VID-7.1", "there is no such video")
        if answer.status == 416 and wanted is not None:
            raise NoRange("the range begins after the end")
        if answer.status not in (200, 206) or (answer.status == 206 and wanted is None):
            raise Unreachable(f"the other server answered {answer.status}")
        if said.get("content-encoding", "identity").strip().lower() != "identity":
            raise Unreachable("the file comes in an encoding that was not asked for")
        media_type = _sealed_type(said) if sealed else _type(said, source)
        length = _length(said)
        etag = said.get("etag", "")
        start, stop, size = 0, length, length
        if answer.status == 206 and wanted is not None:
            start, stop, size = _part(said.get("content-range", ""), wanted, length)
        picture = media_type.startswith("image/")
        largest = LARGEST_PICTURE if picture else LARGEST_FILE
        if (size or 0) > largest:
            raise Unreachable("the file is larger than is passed on")
        count = None if stop is None else stop - start
        if method == "HEAD":
            count = None  # nothing comes, and as much was announced as would
        pieces = _in_time(answer.pieces, count, largest, whole=picture)
        return Passed(
            answer.status,
            media_type,
            etag if _ETAG.fullmatch(etag) else "",
            size,
            start,
            stop,
            _looked_at(pieces, part=answer.status == 206)
            if picture and start == 0 and method != "HEAD"
            else pieces,
        )


def host_of(url: str) -> str:
    """By what the files of one server are counted."""
    return origin(url).authority


def _check_there(status: int, source: Source) -> None:
    """Raises `Gone`, `Missing` (ATT-4.3)."""
    host = host_of(source.url)
    if status == 410:
        raise Gone("ATT-4.3", f"{host} does not keep this file any more: have it sent again")
    if status in ABSENT:
        raise Missing("ATT-4.3", f"{host} has no such file")


def _sealed_type(said: Mapping[str, str]) -> str:
    """Raises `Unreachable` (ATT-4.2) for what is said to be something else."""
    if said.get("content-type", "").partition(";")[0].strip().lower() != SEALED:
        raise Unreachable("what came is no sealed file")
    return SEALED


def _type(said: Mapping[str, str], source: Source) -> str:
    """The type in our own words. Raises `Unreachable` (VID-9.5) for one that is not shown."""
    found = said.get("content-type", "").partition(";")[0].strip().lower()
    if found in UNSAID:
        found = source.media_type.partition(";")[0].strip().lower()
    if found not in TYPES:
        raise Unreachable("the file is of no type that is shown here")
    return found


def _length(said: Mapping[str, str]) -> int | None:
    text = said.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _part(text: str, wanted: Wanted, length: int | None) -> tuple[int, int, int]:
    """Start, stop and size of the part that came. Raises `Unreachable` if another was wanted."""
    found = _RANGE.fullmatch(text.strip())
    if found is not None:
        start, last, size = (int(one) for one in found.groups())
        if wanted.fits(start, last + 1, size) and length in (None, last + 1 - start):
            return start, last + 1, size
    raise Unreachable("the other server sent another part of the file than was asked for")


async def _in_time(
    pieces: AsyncIterator[bytes], count: int | None, largest: int, whole: bool
) -> AsyncIterator[bytes]:
    """The same, each in its time and no more of them than were announced (VID-9.4, VID-9.6).

    Only waiting for the other server counts: whoever reads us may take their time. Of what is to
    be `whole` at once, as a picture, all pieces share the patience for one.
    """
    clock = asyncio.get_running_loop().time
    seen, left = 0, PATIENCE_SECONDS
    while True:
        began = clock()
        try:
            async with asyncio.timeout(left):
                piece = await anext(pieces, b"")
        except TimeoutError:
            raise Unreachable("the file did not come in time") from None
        if not piece:
            break
        seen += len(piece)
        left += (0 if whole else len(piece) / SLOWEST) - (clock() - began)
        left = min(left, PATIENCE_SECONDS)
        if count is not None and seen > count:
            raise Unreachable("more came than was announced")
        if seen > largest:
            raise Unreachable("the file is larger than is passed on")
        yield piece
    if count is not None and seen < count:
        raise Unreachable("the file broke off")


async def _looked_at(pieces: AsyncIterator[bytes], part: bool) -> AsyncIterator[bytes]:
    """The same of a picture, when it begins as one and a browser can draw it (VID-9.7).

    Of a short `part` too little may come to say.
    """
    head, enough = b"", 0
    size: pictures.Size | None = None
    ended = False
    while size is None and not ended:
        piece = await anext(pieces, b"")
        head, ended = head + piece, not piece
        if len(head) < enough and not ended:
            continue
        enough = 2 * len(head)  # looked at a few times, in however small pieces it comes
        try:
            size = pictures.measured(head[:LONGEST_HEAD])
        except ValueError as error:
            raise Unreachable(f"the picture is not what it is said to be: {error}") from None
        if size is None and len(head) > LONGEST_HEAD:
            raise Unreachable("the picture does not say how large it is")
    if size is None and not part:
        raise Unreachable("the picture does not say how large it is")
    if size is not None and (max(size) > LONGEST_SIDE or size[0] * size[1] > MOST_PIXELS):
        raise Unreachable(f"the picture is of {size[0]} by {size[1]} points: too large to draw")
    yield head
    async for piece in pieces:
        yield piece
