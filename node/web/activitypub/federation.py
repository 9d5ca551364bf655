"""What peers ask of a node: inboxes, actors, objects, collections (spec FED-7, FED-11)."""

import asyncio
import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

from aiohttp import web
from msgspec import Struct

from node.config import Config
from node.errors import Malformed, Missing, TooMuch
from node.federation.activities.collections import render_collection, render_page
from node.federation.activities.context import with_context
from node.federation.actors import ActorDocument, actor_page
from node.federation.addressing import may_read
from node.federation.discovery import ACTIVITY_JSON
from node.federation.peers import Actor
from node.federation.proving import Prover
from node.federation.receiving import Receipt, Receiver
from node.federation.trust import Delivery
from node.store.directory import Directory
from node.store.federation import Family, FederationUnit, Relation
from node.store.keyring import Keyring
from node.store.unit import Units
from node.web.peer_rate_limits import PeerRateLimits
from node.web.problems import WrongType
from node.wire import json, multibase
from node.wire.api.cursor import Cursor, read_cursor, write_cursor

Resolver: TypeAlias = Callable[[str, str | None], Awaitable[dict[str, Any] | None]]

JSON_TYPES = frozenset({ACTIVITY_JSON, "application/ld+json", "application/json"})
PAGE = 50
BODY_SECONDS = 30.0
ED25519_MULTIKEY = b"\xed\x01"
# Who asks decides what is answered, so no cache in between may keep it (FED-11.2).
PRIVATE = {"Vary": "Accept, Signature", "Cache-Control": "private, max-age=0"}


class Rooms(Struct, frozen=True):
    """What these pages stand on. `resolvers` give the documents of `/o/…` and `/t/…`: each is
    asked with the id and the actor who asks (None: unsigned), and answers None for what is not
    its own or not for them."""

    receiver: Receiver
    directory: Directory
    units: Units
    keyring: Keyring
    prover: Prover
    rate_limits: PeerRateLimits
    resolvers: Sequence[Resolver] = ()


def routes(rooms: Rooms, config: Config) -> list[web.RouteDef]:
    """The routes of the ActivityPub side; WebFinger and its like are in `wellknown`."""
    pages = Pages(rooms, config)
    return [
        web.post("/inbox", pages.shared_inbox),
        web.post("/a/{opaque}/inbox", pages.inbox),
        web.get("/a/{opaque}", pages.actor),
        web.get("/a/{opaque}/outbox", pages.outbox),
        web.get("/a/{opaque}/outbox/before/{cursor:[A-Za-z0-9_-]*}", pages.outbox_page),
        web.get("/a/{opaque}/{collection:followers|following|friends}", pages.collection),
        web.get(
            "/a/{opaque}/{collection:followers|following|friends}/after/{cursor:[A-Za-z0-9_-]*}",
            pages.collection_page,
        ),
        web.get("/{room:o|t}/{rest:.+}", pages.document),
    ]


class Pages:
    """The handlers."""

    def __init__(self, rooms: Rooms, config: Config) -> None:
        self._rooms = rooms
        self._origin = config.origin
        self._limit = config.inbox_limit_bytes

    # -- in ------------------------------------------------------------------------------------

    async def shared_inbox(self, request: web.Request) -> web.Response:
        """202 once the activity is on disk, or when it is none of our business."""
        await self._receive(request, None)
        return web.Response(status=202)

    async def inbox(self, request: web.Request) -> web.Response:
        """As the shared inbox, for one of ours."""
        actor = await self._local(request, "FED-7.14")
        await self._receive(request, actor.id)
        return web.Response(status=202)

    async def _receive(self, request: web.Request, recipient: str | None) -> None:
        if request.content_type not in JSON_TYPES:
            raise WrongType("FED-7.2", "an inbox takes application/activity+json")
        rate_limits = self._rooms.rate_limits

        async def prove() -> Receipt:
            body = await read_body(request, self._limit)
            return await self._rooms.receiver.receive(delivery_of(request, body), recipient)

        receipt = await rate_limits.judged(request, prove)
        if receipt.sender:
            await rate_limits.proven(receipt.sender)

    # -- actors and documents ------------------------------------------------------------------

    async def actor(self, request: web.Request) -> web.StreamResponse:
        """The actor's document; a person's browser is sent to the page."""
        actor = await self._rooms.directory.actor(self._id(request))
        if actor is None or not actor.local:
            raise Missing("FED-11.2", "there is no such actor")
        if actor.gone:
            tombstone = {"type": "Tombstone", "id": actor.id, "formerType": actor.kind}
            return _document(tombstone, status=410)
        if wants_page(request) and actor.url not in ("", actor.id):
            raise web.HTTPSeeOther(actor.url)
        family = None
        if actor.account is not None:
            account = actor.account
            family = await self._rooms.units.look(FederationUnit, lambda unit: unit.family(account))
        keys = await self._rooms.keyring.public(actor.id)
        page = actor_page(document_of(actor, keys, family))
        body = await self._rooms.prover.document(json.encode(page), actor.id)
        return web.Response(body=body, content_type=ACTIVITY_JSON, headers={"Vary": "Accept"})

    async def document(self, request: web.Request) -> web.StreamResponse:
        """What stands at an id of ours, for those who may see it; 404 for all others."""
        id = self._origin + request.path
        viewer = await self._viewer(request)
        for resolve in (*self._rooms.resolvers, self._activity):
            document = await resolve(id, viewer)
            if document is not None:
                if wants_page(request) and (page := await self._page_of(document, id)):
                    raise web.HTTPSeeOther(page)
                gone = document.get("type") == "Tombstone"
                return _document(document, status=410 if gone else 200)
        raise Missing("FED-11.2", "there is no such thing")

    async def _page_of(self, document: dict[str, Any], id: str) -> str:
        """Where a person's browser finds it: on its own page, or on its author's (API-10.3)."""
        page = document.get("url")
        if isinstance(page, str) and page not in ("", id):
            return page
        author = await self._rooms.directory.actor(str(document.get("attributedTo", "")))
        return f"{author.url}#{id.rpartition('/')[2]}" if author and author.url else ""

    async def _activity(self, id: str, viewer: str | None) -> dict[str, Any] | None:
        """An activity of ours: to everyone when public, else to those it was addressed to."""
        look = self._rooms.units.look
        kept = await look(FederationUnit, lambda unit: unit.activity(id))
        if kept is None or await look(FederationUnit, lambda unit: unit.locked(kept.actor)):
            return None
        body = await self._rooms.prover.activity(kept.body, kept.actor)
        document: dict[str, Any] = json.document(body)
        if viewer is None or viewer == kept.actor:
            return document if kept.public or viewer else None
        relation = await self._relation(viewer, kept.actor)
        if relation.blocked:
            return None
        member = _memberships(kept.actor, relation)
        return document if kept.public or may_read(document, viewer, member) else None

    # -- collections ---------------------------------------------------------------------------

    async def outbox(self, request: web.Request) -> web.Response:
        """The public activities: how many, and where their first page is."""
        actor = await self._open_to(request)
        count = await self._rooms.units.look(
            FederationUnit, lambda unit: unit.outbox_count(actor.id)
        )
        first = f"{actor.id}/outbox/before/"
        return _document(with_context(render_collection(f"{actor.id}/outbox", count, first)))

    async def outbox_page(self, request: web.Request) -> web.Response:
        """A page of the public activities, newest first."""
        actor = await self._open_to(request)
        before = request.match_info["cursor"]
        after = read_cursor(before) if before else None

        async def read(unit: FederationUnit) -> tuple[int, tuple[list[bytes], Cursor | None]]:
            count = await unit.outbox_count(actor.id)
            return count, await unit.outbox(actor.id, after, PAGE)

        count, (bodies, last) = await self._rooms.units.look(FederationUnit, read)
        box = f"{actor.id}/outbox"
        items = [json.document(body) for body in bodies]
        following = f"{box}/before/{write_cursor(last)}" if last else ""
        page = render_page(f"{box}/before/{before}", box, items, count, following)
        return _document(with_context(page))

    async def collection(self, request: web.Request) -> web.Response:
        """Followers, following, friends: closed, but for those who may see who is in them."""
        actor = await self._local(request, "FED-11.2")
        id = f"{actor.id}/{request.match_info['collection']}"
        document: dict[str, Any] = {"type": "OrderedCollection", "id": id}
        if await self._may_list(request, actor):
            document["first"] = f"{id}/after/"
        return _document(with_context(document))

    async def collection_page(self, request: web.Request) -> web.Response:
        """A page of members; 404 for those who may not see it."""
        actor = await self._local(request, "FED-11.2")
        if not await self._may_list(request, actor):
            raise Missing("FED-11.4", "there is no such page")
        name, cursor = request.match_info["collection"], request.match_info["cursor"]
        after = _read_cursor(cursor)
        members = await self._rooms.units.look(
            FederationUnit, lambda unit: unit.members(actor.id, name, after, PAGE)
        )
        id = f"{actor.id}/{name}"
        page: dict[str, Any] = {
            "type": "OrderedCollectionPage",
            "id": f"{id}/after/{cursor}",
            "partOf": id,
            "orderedItems": members,
        }
        if len(members) == PAGE:
            page["next"] = f"{id}/after/{_cursor(members[-1])}"
        return _document(with_context(page))

    async def _may_list(self, request: web.Request, actor: Actor) -> bool:
        viewer = await self._viewer(request)
        if viewer is None or viewer == actor.id:
            return viewer is not None
        relation = await self._relation(viewer, actor.id)
        if relation.blocked:
            return False
        friends_only = request.match_info["collection"] == "friends"
        return relation.friend or (relation.follower and not friends_only)

    # -- who asks, whom for --------------------------------------------------------------------

    async def _viewer(self, request: web.Request) -> str | None:
        if "Signature" not in request.headers:
            return None
        viewer, delivery = self._rooms.receiver.viewer, delivery_of(request, b"")
        return await self._rooms.rate_limits.asked(request, lambda: viewer(delivery))

    async def _open_to(self, request: web.Request) -> Actor:
        """The actor; nobody who is suspended, or with whom there is a block (GRA-6.2)."""
        actor, viewer = await self._local(request, "FED-11.2"), await self._viewer(request)
        if await self._rooms.units.look(FederationUnit, lambda unit: unit.locked(actor.id)):
            raise Missing("FED-11.2", "there is no such actor")
        if viewer is not None and (await self._relation(viewer, actor.id)).blocked:
            raise Missing("FED-11.2", "there is no such actor")
        return actor

    async def _relation(self, viewer: str, actor: str) -> Relation:
        return await self._rooms.units.look(
            FederationUnit, lambda unit: unit.relation(viewer, actor)
        )

    async def _local(self, request: web.Request, clause: str) -> Actor:
        actor = await self._rooms.directory.local(self._id(request))
        if actor is None:
            raise Missing(clause, "there is no such actor")
        return actor

    def _id(self, request: web.Request) -> str:
        return f"{self._origin}/a/{request.match_info['opaque']}"


def delivery_of(request: web.Request, body: bytes) -> Delivery:
    """The request as it came, for `Receiver`."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.items():
        headers.setdefault(name.lower(), []).append(value)
    return Delivery(request.method, request.raw_path, headers, body)


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body. Raises `TooMuch` (FED-7.12) before reading more than `limit` bytes."""
    _check_size(request.content_length or 0, limit)
    body = bytearray()
    if request.content.is_eof() and request.content.exception() is None:
        body += request.content.read_nowait()  # it came together with its head
        _check_size(len(body), limit)
        return bytes(body)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                _check_size(len(body), limit)
    except TimeoutError:
        raise Malformed("FED-7.12", "the body did not come in time") from None
    return bytes(body)


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise TooMuch("FED-7.12", "the body is larger than this node takes", limit_bytes=limit)


def wants_page(request: web.Request) -> bool:
    """Whether a person's browser asks, not a server."""
    accept = request.headers.get("Accept", "")
    return "text/html" in accept and "json" not in accept


def document_of(actor: Actor, keys: Sequence[Any], family: Family | None) -> ActorDocument:
    """One of ours as its document says it."""
    is_person = family is not None and family.person == actor.id
    is_channel = family is not None and family.channel == actor.id
    return ActorDocument(
        id=actor.id,
        kind=actor.kind,
        name=actor.name,
        inbox=actor.inbox,
        shared_inbox=actor.shared_inbox,
        outbox=actor.outbox,
        followers=actor.followers,
        following=actor.following,
        friends=actor.friends,
        key_packages=actor.key_packages,
        display_name=actor.display_name,
        summary=actor.summary,
        icon=actor.icon,
        url=actor.url,
        keys=tuple(keys),
        capabilities=actor.capabilities,
        manually_approves=actor.manually_approves,
        webfinger=f"{actor.name}@{actor.domain}" if actor.domain else "",
        channel=family.channel if family is not None and is_person else "",
        owner=family.person if family is not None and is_channel else "",
        identity_key=_identity_key(family) if family is not None and is_person else "",
    )


def _identity_key(family: Family) -> str:
    if not family.identity_key:
        return ""
    return multibase.encode(ED25519_MULTIKEY + family.identity_key)


def _memberships(actor: str, relation: Relation) -> tuple[str, ...]:
    found = [f"{actor}/friends"] if relation.friend else []
    if relation.follower or relation.friend:
        found.append(f"{actor}/followers")
    return tuple(found)


def _document(document: Mapping[str, Any], status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        body=json.encode(dict(document)),
        content_type=ACTIVITY_JSON,
        headers=PRIVATE,
    )


def _cursor(id: str) -> str:
    return base64.urlsafe_b64encode(id.encode()).rstrip(b"=").decode()


def _read_cursor(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        raise Malformed("FED-11.4", "the page's address is not one of ours") from None
