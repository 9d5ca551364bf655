"""What peers ask of sealed messages: packages listed and claimed, the relay's receipt (E2E)."""

from node.e2ee import key_packages, mailbox, members, peers, relay
from node.e2ee.chain import Item, Signer
from node.errors import Missing
from node.federation.activities.context import SEALED
from node.store.e2ee import E2eeUnit
from node.store.unit import Units
from node.web.activitypub.collections import FIRST, Collection, Items
from node.web.activitypub.requests import PRIVATE, Asked, Prove, asker_of
from node.web.routes import Call, Reply, Route
from node.wire.api.cursor import Cursor
from node.wire.json import Document, Json

MESSAGES_SHOWN = 20
LARGEST_CLAIM_BYTES = 4096


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
        wish = peers.read_wish(fields)
        offers = await self._units.run(
            E2eeUnit,
            lambda unit: key_packages.claim(unit, owner, asker, wish.suite, only=wish.only),
        )
        return key_packages.claimed(owner, offers)

    async def order(self, id: str, asker: str, fields: Document) -> Document:
        """The item that a forwarded commit or proposal becomes (E2E-3.9)."""
        message = peers.read_forward(fields)
        item = await self._units.run(
            E2eeUnit, lambda unit: relay.order(unit, self._signer, asker, id, message)
        )
        return item.document()

    async def object(self, id: str, asker: str | None) -> Document | None:
        """The key package or conversation at `id`; None when this room has none for the asker."""

        async def look(unit: E2eeUnit) -> Document | None:
            package = await unit.readable_package(id)
            if package is not None:
                return key_packages.document(package)
            entry = await _entered(unit, id, asker)
            return None if entry is None else _conversation(entry)

        return await self._units.look(E2eeUnit, look)

    async def items(self, id: str, asker: str | None, after: int, count: int) -> list[Item]:
        """The chain's items behind `after`, for those who take part (E2E-3.11)."""

        async def look(unit: E2eeUnit) -> list[Item]:
            if (entry := await _entered(unit, id, asker)) is None:
                raise Missing("E2E-3.11", "there is no such conversation")
            return await unit.items(entry.conversation.id, after, count)

        return await self._units.look(E2eeUnit, look)

    async def length(self, id: str, asker: str | None) -> int:
        """How many items the chain has, for those who take part (E2E-3.11)."""
        entry = await self._units.look(E2eeUnit, lambda unit: _entered(unit, id, asker))
        if entry is None:
            raise Missing("E2E-3.11", "there is no such conversation")
        return entry.conversation.seq

    async def messages(self, owner: str, asker: str | None) -> Document:
        """What waits for the owner's devices, to the owner alone (E2E-1.7)."""

        async def look(unit: E2eeUnit) -> Document:
            account = await unit.account_of(owner)
            if account is None or asker != owner:
                raise Missing("E2E-1.7", "there is no such collection")
            total, waiting = await unit.received_by(account, MESSAGES_SHOWN)
            items: list[Json] = [mailbox.document(item) for item in waiting]
            return {
                "@context": SEALED,
                "type": "OrderedCollection",
                "id": f"{owner}/messages",
                "attributedTo": owner,
                "totalItems": total,
                "orderedItems": items,
            }

        return await self._units.look(E2eeUnit, look)

    # -- HTTP ------------------------------------------------------------------------------------

    def routes(self, prove: Prove) -> tuple[Route, ...]:
        """The routes that are this room's alone. `GET /o/…` is everybody's: it asks `object`."""

        async def listed(call: Call) -> Reply:
            return Reply(await self.key_packages(self._actor(call)))

        async def claimed(call: Call) -> Reply:
            asker = await asker_of(call, prove)
            return Reply(await self.claim(self._actor(call), asker, call.body.document))

        async def waiting(call: Call) -> Reply:
            asker = await prove(call, b"")
            return Reply(await self.messages(self._actor(call), asker), headers=PRIVATE)

        async def forwarded(call: Call) -> Reply:
            asker = await asker_of(call, prove)
            return Reply(await self.order(self._object(call), asker, call.body.document))

        async def chain(call: Call) -> Reply:
            id, asker, page = self._object(call), await prove(call, b""), call.page
            total = await self.length(id, asker)
            if page is None:
                return Reply(Collection(total, context=SEALED))
            start = page.after.at if page.after else 0
            found = await self.items(id, asker, start, page.limit + 1)
            shown = found[: page.limit]
            after = Cursor(shown[-1].seq, "item") if len(found) > len(shown) else None
            documents = [item.document() for item in shown]
            return Reply(Items(documents, total, SEALED), after=after)

        return (
            Route("GET", "/a/{name}/key_packages", listed, "The last resorts.", None, answers=dict),
            Route("POST", "/a/{name}/key_packages/claim", claimed, "Claim key packages.",
                  None, Asked, dict, limit_bytes=LARGEST_CLAIM_BYTES),
            Route("GET", "/a/{name}/messages", waiting, "What waits.", None, answers=dict),
            Route("POST", "/o/{uuid}", forwarded, "Order a commit.", None, Asked, dict),
            Route("GET", "/o/{uuid}/items", chain, "The chain.", None, answers=Items, paged=True),
        )  # fmt: skip

    def _actor(self, call: Call) -> str:
        return f"{self._origin}/a/{call.path['name']}"

    def _object(self, call: Call) -> str:
        return f"{self._origin}/o/{call.path['uuid']}"


async def _entered(unit: E2eeUnit, url: str, asker: str | None) -> members.Entry | None:
    """The conversation as `asker` takes part in it; None when it is not theirs, or not ours."""
    if asker is None:
        return None
    entry = members.fitting(await unit.entries_at(url), asker)
    if entry is None or members.Member(asker) not in entry.members:
        return None
    return entry if entry.conversation.hosted else None


def _conversation(entry: members.Entry) -> Document:
    conversation = entry.conversation
    audience: list[Json] = [*sorted({member.actor for member in entry.members})]
    return {
        "@context": SEALED,
        "type": "OrderedCollection",
        "id": conversation.address,
        "attributedTo": conversation.creator,
        "audience": audience,
        "totalItems": conversation.seq,
        "first": f"{conversation.address}/items?page={FIRST}",
    }
