"""Routes of sealed files: made of an upload, fetched through this node (spec ATT-3, ATT-4)."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from aiohttp import hdrs, web
from msgspec import Struct

from node.errors import Malformed
from node.net.passing import Passed, Passing, host_of
from node.ports import Blobs
from node.store.attachments import AttachmentsUnit
from node.store.unit import Units
from node.video import attachments
from node.video.attachments import MEDIA_TYPE, PATH, Addresses, Attachment, Limits
from node.video.through import Foreign
from node.web.api.scopes import Scope
from node.web.api.uploads import Intake
from node.web.media import SAFE, Media
from node.web.places import Places
from node.web.problems import WrongRange
from node.web.routes import Call, Reply, Route
from node.wire.api.attachments import AttachmentList, AttachmentView, NewAttachment
from node.wire.ranges import NoRange, Span, Wanted, read_range, read_wanted

LONGEST_ADDRESS = 2_048
CACHE = "private, max-age=86400"  # what is there never changes


class Attachments(Struct, frozen=True):
    """The verbs of sealed files, as the routes call them."""

    units: Units
    intake: Intake
    blobs: Blobs
    addresses: Addresses
    limits: Limits
    passing: Passing
    places: Places
    media: Media

    def extras(self) -> tuple[web.AbstractRouteDef, ...]:
        """Routes outside the API. GET stands for HEAD too."""
        return (
            web.get(f"{PATH}{{name:[A-Za-z0-9_-]{{43}}}}", self.serve),
            web.get(f"{PATH}{{rest:.*}}", self.nothing),
        )

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """For whoever has the address (ATT-3.2)."""
        found = await self._opened(request.match_info["name"])
        return await self.media.serve(request, found.file, CACHE)

    async def nothing(self, _request: web.Request) -> web.StreamResponse:
        raise attachments.absent()

    async def _opened(self, name: str) -> Attachment:
        return await self.units.look(AttachmentsUnit, lambda unit: attachments.opened(unit, name))

    async def make(self, call: Call) -> Reply:
        new: NewAttachment = call.body
        account = call.caller.account
        known = await self.units.look(AttachmentsUnit, lambda unit: unit.attachment(new.upload))
        if known is None or known.account != account:
            await self.intake.whole(account, new.upload)
        made = await self.units.run(
            AttachmentsUnit,
            lambda unit: attachments.make(
                unit, account, new.upload, new.seconds, self.limits, self.addresses
            ),
        )
        return Reply(self._view(made))

    async def list(self, call: Call) -> Reply:
        account = call.caller.account
        found, after = await self.units.look(
            AttachmentsUnit, lambda unit: unit.attachments_of(account, call.limit, call.after)
        )
        return Reply(AttachmentList(items=[self._view(one) for one in found]), after=after)

    async def give_up(self, call: Call) -> Reply:
        account, name = call.caller.account, call.path["name"]
        await self.units.run(AttachmentsUnit, lambda unit: attachments.give_up(unit, account, name))
        return Reply()

    def _view(self, made: Attachment) -> AttachmentView:
        return AttachmentView(
            name=self.addresses.name(made.id),
            href=self.addresses.url(made.id),
            size=made.size,
            created=made.created,
            expires=made.expires,
        )

    # -- at the recipient's node -----------------------------------------------------------------

    async def content(self, call: Call) -> Reply:
        """The sealed file at an address, or a part of it, fetched in nobody's name (ATT-4)."""
        href = call.query.get("href", "")
        if len(href) > LONGEST_ADDRESS or not href.startswith("https://"):
            raise Malformed("ATT-4.2", "href is the https address of a sealed file")
        try:
            name = self.addresses.named_by(href)
            return await (self._theirs(call, href) if name is None else self._ours(call, name))
        except NoRange as wrong:
            raise WrongRange("ATT-4.1", str(wrong)) from None

    async def _ours(self, call: Call, name: str) -> Reply:
        found = await self._opened(name)
        if await self.blobs.size(found.blob) != found.size:
            raise attachments.absent()
        span = read_range(call.headers.get(hdrs.RANGE, ""), found.size)
        part = span or Span(0, found.size)
        pieces = self.blobs.read(found.blob, part.start, part.stop)
        passed = Passed(
            206 if span else 200, MEDIA_TYPE, "", found.size, part.start, part.stop, pieces
        )
        return _reply(passed, AsyncExitStack())

    async def _theirs(self, call: Call, href: str) -> Reply:
        wanted = _wanted(call)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.places.place(call.caller.account, host_of(href)))
            passed = await stack.enter_async_context(
                self.passing.opened(Foreign(href), hdrs.METH_GET, wanted, "", sealed=True)
            )
            return _reply(passed, stack.pop_all())


def _wanted(call: Call) -> Wanted | None:
    said = call.headers.get(hdrs.RANGE)
    return None if said is None else read_wanted(said)


def _reply(passed: Passed, stack: AsyncExitStack) -> Reply:
    headers = {
        **{name: SAFE[name] for name in ("X-Content-Type-Options", "Accept-Ranges")},
        "Content-Security-Policy": SAFE["Content-Security-Policy"],
        hdrs.CACHE_CONTROL: "private, no-store",
        hdrs.CONTENT_TYPE: MEDIA_TYPE,
    }
    if passed.stop is not None:
        headers[hdrs.CONTENT_LENGTH] = str(passed.stop - passed.start)
        if passed.status == 206:
            headers[hdrs.CONTENT_RANGE] = Span(passed.start, passed.stop).content_range(
                passed.size or 0
            )
    return Reply(Held(passed.pieces, stack), passed.status, headers)


class Held(AsyncGenerator[bytes, None]):
    """Pieces on their way, and what is held for them until they are at their end, or not begun."""

    def __init__(self, pieces: AsyncIterator[bytes], stack: AsyncExitStack) -> None:
        self._pieces = pieces
        self._stack = stack

    async def asend(self, _value: None) -> bytes:
        return await anext(self._pieces)

    async def athrow(
        self,
        typ: Any,
        val: BaseException | object = None,
        tb: TracebackType | None = None,
    ) -> bytes:
        await self.aclose()
        raise typ if val is None else val  # type: ignore[misc]

    async def aclose(self) -> None:
        await self._stack.aclose()


def routes(found: Attachments) -> tuple[Route, ...]:
    """The routes of sealed files."""
    read, write = Scope.READ, Scope.WRITE
    return (
        Route(
            "POST",
            "/attachments",
            found.make,
            "Make a sealed file of a whole upload, for whoever is told its address.",
            write,
            NewAttachment,
            AttachmentView,
            201,
            # The same upload is answered with the same one (ATT-3.1).
            idempotent=False,
        ),
        Route(
            "GET",
            "/attachments",
            found.list,
            "Sealed files of yours that stand, the newest first.",
            read,
            answers=AttachmentList,
            paged=True,
        ),
        Route(
            "GET",
            "/attachments/content",
            found.content,
            "A sealed file of anybody, or a part of it (Range), fetched by this node.",
            read,
            answers=bytes,
            query={"href": "Its address, as the message has it."},
        ),
        Route(
            "DELETE",
            "/attachments/{name}",
            found.give_up,
            "Remove a sealed file of yours; its address is answered 410 then.",
            write,
            status=204,
        ),
    )
