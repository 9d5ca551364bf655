"""What stands at an id of ours: `/o/…` and `/t/…`, for those who may see it (FED-11.2)."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from node.errors import Missing
from node.federation.addressing import may_read
from node.federation.proving import Prover
from node.store.directory import Directory
from node.store.federation import FederationUnit, Kept, Relation
from node.store.unit import Units
from node.web.activitypub.requests import Prove, see_other, shown, wants_page
from node.web.routes import Call, Reply, Route
from node.wire import json

Resolver: TypeAlias = Callable[[str, str | None], Awaitable[dict[str, Any] | None]]
"""The document at an id for the actor who asks (None: unsigned); None for what is not its own to
show, or not for them."""


class Documents:
    """Asks one resolver after the other."""

    def __init__(
        self, origin: str, directory: Directory, prove: Prove, resolvers: Sequence[Resolver]
    ) -> None:
        self._origin = origin
        self._directory = directory
        self._prove = prove
        self._resolvers = resolvers

    def routes(self) -> tuple[Route, ...]:
        """The one route of this page."""
        says = "An object or an activity of this node."
        return (Route("GET", "/{room:o|t}/{rest:.+}", self.document, says, None, answers=dict),)

    async def document(self, call: Call) -> Reply:
        """The document; 404 in the same words for all who may not see it."""
        id = f"{self._origin}/{call.path['room']}/{call.path['rest']}"
        viewer = await self._prove(call, b"")
        for resolve in self._resolvers:
            document = await resolve(id, viewer)
            if document is not None:
                if wants_page(call) and (page := await self._page_of(document, id)):
                    return see_other(page)
                return shown(document, 410 if document.get("type") == "Tombstone" else 200)
        raise Missing("FED-11.2", "there is no such thing")

    async def _page_of(self, document: dict[str, Any], id: str) -> str:
        """Where a person's browser finds it: on its own page, or on its author's (API-10.3)."""
        page = document.get("url")
        if isinstance(page, str) and page not in ("", id):
            return page
        author = await self._directory.actor(str(document.get("attributedTo", "")))
        return f"{author.url}#{id.rpartition('/')[2]}" if author and author.url else ""


class Activities:
    """The activities themselves, each with its actor's proof."""

    def __init__(self, units: Units, prover: Prover) -> None:
        self._units = units
        self._prover = prover

    async def resolve(self, id: str, viewer: str | None) -> dict[str, Any] | None:
        """An activity of ours: to everyone when public, else to those it was addressed to."""
        kept = await self._units.look(FederationUnit, lambda unit: self._open_to(unit, id, viewer))
        if kept is None:
            return None
        # Only now: a signature is work that nobody gets by asking for what is not theirs.
        found: dict[str, Any] = json.document(await self._prover.activity(kept.body, kept.actor))
        return found

    async def _open_to(self, unit: FederationUnit, id: str, viewer: str | None) -> Kept | None:
        kept = await unit.activity(id)
        if kept is None or await unit.locked(kept.actor):
            return None
        if viewer == kept.actor:
            return kept
        if viewer is None:
            return kept if kept.public else None
        relation = await unit.relation(viewer, kept.actor)
        if relation.blocked:
            return None
        if kept.public:
            return kept
        member = _memberships(kept.actor, relation)
        return kept if may_read(json.document(kept.body), viewer, member) else None


def _memberships(actor: str, relation: Relation) -> tuple[str, ...]:
    found = [f"{actor}/friends"] if relation.friend else []
    if relation.follower or relation.friend:
        found.append(f"{actor}/followers")
    return tuple(found)
