"""Collections and their pages: outbox, followers, following, friends (FED-11.3 to FED-11.6)."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from yarl import URL

from node.errors import Missing
from node.federation.activities.collections import render_collection, render_page
from node.federation.activities.context import with_context
from node.federation.peers import Actor
from node.store.federation import FederationUnit, Relation
from node.store.unit import Units
from node.web.activitypub.actors import LocalActors
from node.web.activitypub.requests import PRIVATE, Prove
from node.web.routes import Call, Page, Reply, Route
from node.wire import json
from node.wire.api.cursor import Cursor, read_cursor, write_cursor

ITEMS_A_PAGE = 50
FIRST = "first"


class Collection(Struct, frozen=True):
    """A list as such. `total` None: how many is not told; `open`: its pages may be read.

    `context` is the JSON-LD context where the items need another than ours.
    """

    total: int | None
    open: bool = True
    context: Any = None


class Items(Struct, frozen=True):
    """The items of one page."""

    items: Sequence[Any]
    total: int | None = None
    context: Any = None


class CollectionPaging(Struct, frozen=True):
    """`page=first`, or `page=` a cursor of ours: a page of the collection; without it, itself."""

    origin: str
    size: int = ITEMS_A_PAGE

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        says = "`first`, or where the last page ended, from its `next`."
        return {"page": {"description": says, "schema": {"type": "string"}}}

    def read(self, query: Mapping[str, str]) -> Page | None:
        """Raises `Malformed` (FED-11.6) for what is no page of ours."""
        text = query.get("page")
        if text is None:
            return None
        return Page(self.size, None if text == FIRST else read_cursor(text, "FED-11.6"))

    def show(self, address: URL, reply: Reply) -> Reply:
        """The document of a `Collection` or of its `Items`, with the addresses of its pages."""
        id, value = self.origin + address.raw_path, reply.value
        document: dict[str, Any]
        if isinstance(value, Collection):
            document = render_collection(
                id, value.total, f"{id}?page={FIRST}" if value.open else ""
            )
        elif isinstance(value, Items):
            following = f"{id}?page={write_cursor(reply.after)}" if reply.after else ""
            here = f"{self.origin}{address.raw_path_qs}"
            document = render_page(here, id, value.items, value.total, following)
        else:
            return reply
        if value.context is None:
            document = with_context(document)
        else:
            document = {"@context": value.context, **document}
        return replace(reply, value=document, headers={**PRIVATE, **reply.headers})


class Collections:
    """The lists of an actor of ours."""

    def __init__(self, actors: LocalActors, units: Units, prove: Prove) -> None:
        self._actors = actors
        self._units = units
        self._prove = prove

    def routes(self) -> tuple[Route, ...]:
        """The routes of these lists."""
        member = "{collection:followers|following|friends}"
        return (
            Route("GET", "/a/{opaque}/outbox", self.outbox, "What an actor said to all.",
                  None, answers=Items, paged=True),
            Route("GET", "/a/{opaque}/featured", self.featured, "What an actor pinned: nothing.",
                  None, answers=Items, paged=True),
            Route("GET", f"/a/{{opaque}}/{member}", self.members, "Who is with an actor.",
                  None, answers=Items, paged=True),
        )  # fmt: skip

    async def outbox(self, call: Call) -> Reply:
        """The public activities, newest first."""
        actor, page = await self._open_to(call), call.page

        async def read(unit: FederationUnit) -> Reply:
            total = await unit.outbox_count(actor.id)
            if page is None:
                return Reply(Collection(total))
            bodies, after = await unit.outbox(actor.id, page.after, page.limit)
            return Reply(Items([json.document(body) for body in bodies], total), after=after)

        return await self._units.look(FederationUnit, read)

    async def featured(self, call: Call) -> Reply:
        """Nothing is pinned here; who asks is told so, since peers log an error for no answer."""
        await self._open_to(call)
        return Reply(Collection(0) if call.page is None else Items([], 0))

    async def members(self, call: Call) -> Reply:
        """Followers, following, friends: closed, but for those who may see who is in them."""
        actor, page, name = await self._actors.of(call), call.page, call.path["collection"]
        may_list = await self._may_list(call, actor)
        if page is None:
            return Reply(Collection(None, open=may_list))
        if not may_list:
            raise Missing("FED-11.4", "there is no such page")
        start = page.after.id if page.after else ""
        found = await self._units.look(
            FederationUnit, lambda unit: unit.members(actor.id, name, start, page.limit + 1)
        )
        items = found[: page.limit]
        return Reply(Items(items), after=Cursor(0, items[-1]) if len(found) > len(items) else None)

    async def _may_list(self, call: Call, actor: Actor) -> bool:
        viewer = await self._prove(call, b"")
        if viewer is None or viewer == actor.id:
            return viewer is not None
        relation = await self._relation(viewer, actor.id)
        if relation.blocked:
            return False
        friends_only = call.path["collection"] == "friends"
        return relation.friend or (relation.follower and not friends_only)

    async def _open_to(self, call: Call) -> Actor:
        """The actor; nobody who is suspended, or with whom there is a block (GRA-6.2)."""
        actor, viewer = await self._actors.of(call), await self._prove(call, b"")
        if await self._units.look(FederationUnit, lambda unit: unit.locked(actor.id)):
            raise Missing("FED-11.2", "there is no such actor")
        if viewer is not None and (await self._relation(viewer, actor.id)).blocked:
            raise Missing("FED-11.2", "there is no such actor")
        return actor

    async def _relation(self, viewer: str, actor: str) -> Relation:
        return await self._units.look(FederationUnit, lambda unit: unit.relation(viewer, actor))
