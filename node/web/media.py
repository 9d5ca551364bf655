"""Serves files of videos and pictures, whole or one range, to whom they are open (VID-7, PIC-2)."""

from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web
from msgspec import Struct

from node.errors import Refused
from node.ports import Blobs
from node.store.pictures import PicturesUnit
from node.store.unit import Units
from node.store.video import VideoUnit
from node.video import pictures, playing
from node.video.records import MediaFileRecord
from node.web import problems
from node.web.held_grants import HeldGrants
from node.web.problems import WrongRange
from node.wire.ranges import NoRange, Span, read_range

UUID = "{uuid:[0-9a-f-]{36}}"
FILE = "{file:[a-z0-9]+[.][a-z0-9]+}"
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Referrer-Policy": "no-referrer",
    # Players of other origins may play it: whoever has the address may have the bytes.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Accept-Ranges": "bytes",
}

Prove = Callable[[web.Request], Awaitable[str | None]]
"""The actor whose key signed this request, which has no body; None when nothing is signed."""


class Media(Struct, frozen=True):
    """The handlers."""

    units: Units
    blobs: Blobs
    prove: Prove
    held: HeldGrants

    def extras(self) -> tuple[web.AbstractRouteDef, ...]:
        """Routes outside the API. GET stands for HEAD too."""
        return (
            web.get(f"/media/public/{UUID}/{FILE}", self.public),
            web.get(f"/media/signed/{UUID}/{FILE}", self.signed),
            web.get(f"/media/{{capability:[A-Za-z0-9_-]{{43}}}}/{FILE}", self.granted),
            web.get("/media/{rest:.*}", self.nothing),
        )

    async def public(self, request: web.Request) -> web.StreamResponse:
        """What is for all, at its stable address."""
        return await self.serve(request, await self._open_to("", request), "public, max-age=300")

    async def signed(self, request: web.Request) -> web.StreamResponse:
        """For servers that fetch in the name of an actor (VID-8.6)."""
        viewer = await self.prove(request)
        if viewer is None:
            raise playing.absent()
        found = await self._open_to(viewer, request)
        return await self.serve(request, found, "private, no-store")

    async def _open_to(self, viewer: str, request: web.Request) -> MediaFileRecord:
        uuid, file = request.match_info["uuid"], request.match_info["file"]

        async def look(unit: PicturesUnit) -> MediaFileRecord:
            picture = await unit.picture(uuid)
            if picture is not None:
                return await pictures.opened(unit, picture, viewer, file)
            return await playing.by_uuid(unit, uuid, viewer, file)

        return await self.units.look(PicturesUnit, look)

    async def granted(self, request: web.Request) -> web.StreamResponse:
        """For whoever holds a capability."""
        capability, file = request.match_info["capability"], request.match_info["file"]
        found = await self.units.look(
            VideoUnit,
            lambda unit: playing.by_capability(unit, capability, file, self.held),
        )
        return await self.serve(request, found, "private, no-store")

    async def nothing(self, _request: web.Request) -> web.StreamResponse:
        """Any other path: the same answer as for what is not there."""
        raise playing.absent()

    async def serve(
        self, request: web.Request, file: MediaFileRecord, cache: str
    ) -> web.StreamResponse:
        """A file of ours, whole or one range of it (VID-7.5)."""
        if await self.blobs.size(file.blob) != file.size:
            raise playing.absent()
        etag = f'"{file.sha256.hex()}"'
        headers = {
            **SAFE,
            hdrs.CONTENT_TYPE: file.media_type,
            hdrs.ETAG: etag,
            hdrs.CACHE_CONTROL: cache,
        }
        if _names(request.headers.get(hdrs.IF_NONE_MATCH, ""), etag):
            return web.Response(status=304, headers=headers)
        try:
            span = _span(request, file, etag)
        except NoRange as wrong:
            return no_range(WrongRange("VID-7.5", str(wrong), size=file.size), file.size)
        return await self._send(request, file, span, headers)

    async def _send(
        self,
        request: web.Request,
        file: MediaFileRecord,
        span: Span | None,
        headers: dict[str, str],
    ) -> web.StreamResponse:
        if span is not None:
            headers[hdrs.CONTENT_RANGE] = span.content_range(file.size)
        part = span or Span(0, file.size)
        headers[hdrs.CONTENT_LENGTH] = str(part.stop - part.start)
        response = web.StreamResponse(status=200 if span is None else 206, headers=headers)
        try:
            await response.prepare(request)
            if request.method != hdrs.METH_HEAD:
                async for piece in self.blobs.read(file.blob, part.start, part.stop):
                    await response.write(piece)
            await response.write_eof()
        except ConnectionError:
            pass  # they went away: nobody is left to tell
        except Refused:
            # The file was deleted while it was read. What was promised cannot be kept.
            if not response.prepared:
                raise
            if request.transport is not None:
                request.transport.close()
        return response


def _names(header: str, etag: str) -> bool:
    named = {each.strip().removeprefix("W/") for each in header.split(",")}
    return etag in named or "*" in named


def _span(request: web.Request, file: MediaFileRecord, etag: str) -> Span | None:
    wanted = request.headers.get(hdrs.RANGE)
    condition = request.headers.get(hdrs.IF_RANGE)
    # A client that holds a part of something else gets the whole of this.
    if wanted is None or (condition is not None and condition.strip() != etag):
        return None
    return read_range(wanted, file.size)


def no_range(refusal: WrongRange, size: int | None = None) -> web.Response:
    """The answer to a range that is none of the file, of `size` bytes if that is known."""
    response = problems.answer(problems.problem_of(refusal, ""))
    response.headers.update(SAFE)
    if size is not None:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes */{size}"
    return response
