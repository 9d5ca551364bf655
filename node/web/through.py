"""Media of others at our own node: passed on as they come, to whom they are shown (spec VID-9)."""

from aiohttp import hdrs, web
from msgspec import Struct
from msgspec.structs import replace

from node.errors import Unreachable
from node.media.kept import KeptPictures
from node.net.passing import VIA, Passed, Passing, host_of
from node.ports import Clock
from node.store.through import ThroughUnit
from node.store.unit import Units
from node.video import through
from node.video.links import LONGEST, PATH, Links
from node.video.playing import absent
from node.video.through import Foreign
from node.web.media import SAFE, Media, no_range
from node.web.places import Places
from node.web.problems import WrongRange
from node.wire.ranges import NoRange, Wanted, read_wanted

KEPT = "private, max-age=3600"  # by the browser alone, for which the address was made


class Through(Struct, frozen=True):
    """The handler of addresses that `Links` made."""

    units: Units
    links: Links
    passing: Passing
    media: Media
    places: Places
    clock: Clock
    kept: KeptPictures

    def extras(self) -> tuple[web.AbstractRouteDef, ...]:
        """Routes outside the API. GET stands for HEAD too."""
        return (web.get(f"{PATH}{{link:[A-Za-z0-9_-]{{1,{LONGEST}}}}}", self.show),)

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The file behind an address, if its account may see it now."""
        if VIA in request.headers.get(hdrs.VIA, ""):
            # Another node passes it on: nodes would ask each other in a circle (VID-9.3).
            raise absent()
        link = self.links.read(request.match_info["link"], self.clock.now())
        found = await self.units.look(ThroughUnit, lambda unit: through.opened(unit, link))
        if isinstance(found, Foreign):
            if (kept := await self._kept(request, found)) is not None:
                return await _send(request, kept)
            async with self.places.place(link.account, host_of(found.url)):
                return await self._pass(request, found)
        return await self.media.serve(request, found, KEPT)

    async def _kept(self, request: web.Request, source: Foreign) -> Passed | None:
        """The picture as it came before, for who wants all of it (VID-9.8)."""
        if not _wants_whole(request):
            return None
        found = await self.kept.get(source.url, source.signer)
        if found is None:
            return None
        size = found.size
        return Passed(200, found.media_type, "", size, 0, size, found.pieces)

    def _keeping(self, request: web.Request, source: Foreign, passed: Passed) -> Passed:
        """The same, kept on its way if it is a whole picture."""
        whole = passed.status == 200 and passed.media_type.startswith("image/")
        if not (whole and _wants_whole(request)):
            return passed
        host, signer = host_of(source.url), source.signer
        pieces = self.kept.passing(source.url, signer, host, passed.media_type, passed.pieces)
        return replace(passed, pieces=pieces)

    async def _pass(self, request: web.Request, source: Foreign) -> web.StreamResponse:
        try:
            wanted = _wanted(request)
            condition = request.headers.get(hdrs.IF_RANGE, "")
            async with self.passing.opened(source, request.method, wanted, condition) as passed:
                return await _send(request, self._keeping(request, source, passed))
        except NoRange as wrong:
            return no_range(WrongRange("VID-9.4", str(wrong)))


def _wants_whole(request: web.Request) -> bool:
    return request.method == hdrs.METH_GET and hdrs.RANGE not in request.headers


def _wanted(request: web.Request) -> Wanted | None:
    said = request.headers.get(hdrs.RANGE)
    return None if said is None else read_wanted(said)


def _told(passed: Passed) -> dict[str, str]:
    """What is said of the file, in our own words."""
    headers = {**SAFE, hdrs.CACHE_CONTROL: KEPT, hdrs.CONTENT_TYPE: passed.media_type}
    if passed.etag:
        headers[hdrs.ETAG] = passed.etag
    if passed.stop is not None:
        headers[hdrs.CONTENT_LENGTH] = str(passed.stop - passed.start)
        if passed.status == 206:
            part = f"{passed.start}-{passed.stop - 1}/{passed.size}"
            headers[hdrs.CONTENT_RANGE] = f"bytes {part}"
    return headers


async def _send(request: web.Request, passed: Passed) -> web.StreamResponse:
    response = web.StreamResponse(status=passed.status, headers=_told(passed))
    try:
        # The head goes out with the first piece: what fails before is told as a problem.
        first = await anext(passed.pieces, b"")
        await response.prepare(request)
        if first:
            await response.write(first)
            async for piece in passed.pieces:
                await response.write(piece)
        await response.write_eof()
    except ConnectionError:
        pass  # they went away: nobody is left to tell
    except Unreachable:
        if not response.prepared:
            raise
        # What was promised cannot be kept: nobody may take this for the whole.
        if request.transport is not None:
            request.transport.close()
    return response
