"""What peers ask of sealed messages: packages listed and claimed, the relay's receipt (E2E)."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from node.e2ee import key_packages, mailbox, members, peers, relay
from node.e2ee.chain import Item, Signer
from node.errors import Forbidden, Malformed, Missing, Unproven
from node.store.e2ee import E2eeUnit
from node.store.unit import Units
from node.web.activitypub.federation import read_body
from node.wire import json
from node.wire.json import Document, Json

ACTIVITY_JSON = "application/activity+json"
ITEMS_A_PAGE = 100
MESSAGES_SHOWN = 20
LARGEST_CLAIM_BYTES = 4096

Prove = Callable[[web.Request, bytes], Awaitable[str | None]]
"""The actor whose key signed this request and its body, None when nothing is signed. Raises
`Unproven` for a wrong signature: `Receiver.viewer` over the request's `Delivery`."""


class SealedPages:
    """The documents of this room, without HTTP. `asker` is the actor that a request proves."""

    def __init__(self, units: Units, signer: Signer, origin: str) -> None:
        self._units = units
        self._signer = signer
        self._origin = origin

    async def key_packages(self, owner: str) -> Document:
        """The public collection of one of our actors (E2E-2.5)."""

        async def look(unit: E2eeUnit) -> Document:
            address = await unit.key_packages_of(owner)
            if not address or await unit.account_of(owner) is None:
                raise Missing("E2E-2.5", "there are no key packages here")
            return key_packages.collection(address, owner, await unit.last_resorts(owner))

        return await self._units.look(E2eeUnit, look)

    async def claim(self, owner: str, asker: str, fields: Document) -> Document:
        """Hand out one package of each device to a friend (E2E-2.6, E2E-2.7)."""
        suite = fields.get("suite", 1)
        if not isinstance(suite, int):
            raise Malformed("E2E-2.10", "suite is a number")
        offers = await self._units.run(
            E2eeUnit, lambda unit: key_packages.claim(unit, owner, asker, suite)
        )
        return key_packages.claimed(owner, offers)

    async def order(self, id: str, asker: str, fields: Document) -> Document:
        """The item that a forwarded commit or proposal becomes (E2E-3.9)."""
        message = peers.read_forward(fields)
        item = await self._units.run(
            E2eeUnit, lambda unit: relay.order(unit, self._signer, asker, id, message)
        )
        return item.document()

    async def object(self, id: str, asker: str | None, after: int = 0) -> Document | None:
        """The key package or conversation at `id`; None when this room has none for the asker."""

        async def look(unit: E2eeUnit) -> Document | None:
            package = await unit.readable_package(id)
            if package is not None:
                return key_packages.document(package)
            return await _chain(unit, id, asker, after) if asker else None

        return await self._units.look(E2eeUnit, look)

    async def messages(self, owner: str, asker: str | None) -> Document:
        """What waits for the owner's devices, to the owner alone (E2E-1.7)."""

        async def look(unit: E2eeUnit) -> Document:
            account = await unit.account_of(owner)
            if account is None or asker != owner:
                raise Missing("E2E-1.7", "there is no such collection")
            total, waiting = await unit.received_by(account, MESSAGES_SHOWN)
            items: list[Json] = [mailbox.document(item) for item in waiting]
            return {
                "@context": key_packages.CONTEXT,
                "type": "OrderedCollection",
                "id": f"{owner}/messages",
                "attributedTo": owner,
                "totalItems": total,
                "orderedItems": items,
            }

        return await self._units.look(E2eeUnit, look)

    # -- HTTP ------------------------------------------------------------------------------------

    def routes(self, prove: Prove, limit_bytes: int) -> tuple[web.RouteDef, ...]:
        """The pages that are this room's alone. `GET /o/…` is everybody's: it asks `object`."""

        async def listed(request: web.Request) -> web.Response:
            return _answer(await self.key_packages(self._actor(request)))

        async def claimed(request: web.Request) -> web.Response:
            asker, fields = await _signed(request, prove, LARGEST_CLAIM_BYTES)
            return _answer(await self.claim(self._actor(request), asker, fields))

        async def waiting(request: web.Request) -> web.Response:
            asker = await prove(request, b"")
            return _answer(await self.messages(self._actor(request), asker))

        async def forwarded(request: web.Request) -> web.Response:
            asker, fields = await _signed(request, prove, limit_bytes)
            id = f"{self._origin}/o/{request.match_info['uuid']}"
            return _answer(await self.order(id, asker, fields))

        return (
            web.get("/a/{name}/key_packages", listed),
            web.post("/a/{name}/key_packages/claim", claimed),
            web.get("/a/{name}/messages", waiting),
            web.post("/o/{uuid}", forwarded),
        )

    def _actor(self, request: web.Request) -> str:
        return f"{self._origin}/a/{request.match_info['name']}"


async def _chain(unit: E2eeUnit, id: str, asker: str, after: int) -> Document | None:
    try:
        entry = await members.entered(unit, id, asker, "")
    except (Missing, Forbidden):
        return None
    conversation = entry.conversation
    if not conversation.hosted:
        return None
    found: list[Item] = await unit.items(id, after, ITEMS_A_PAGE)
    items: list[Json] = [item.document() for item in found]
    page: dict[str, Any] = {
        "@context": key_packages.CONTEXT,
        "type": "OrderedCollection",
        "id": id,
        "attributedTo": conversation.creator,
        "audience": sorted({member.actor for member in entry.members}),
        "totalItems": conversation.seq,
        "orderedItems": items,
    }
    if len(found) == ITEMS_A_PAGE:
        page["next"] = f"{id}?after={found[-1].seq}"
    return page


async def _signed(request: web.Request, prove: Prove, limit_bytes: int) -> tuple[str, Document]:
    body = await read_body(request, limit_bytes)
    fields = json.document(body, limit_bytes)
    asker = await prove(request, body)
    if asker is None:
        raise Unproven("E2E-3.2", "this request must be signed by the actor who asks")
    return asker, fields


def _answer(document: Document) -> web.Response:
    return web.Response(body=json.encode(document), content_type=ACTIVITY_JSON)
