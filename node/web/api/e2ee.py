"""Routes of sealed messages: key packages and conversations (spec E2E)."""

from msgspec.structs import fields

from node.e2ee import envelope, key_packages, members, peers, relay, telling_anew
from node.e2ee.chain import Conversation, Item, Signer
from node.e2ee.key_packages import Abroad, NewPackage, PublishedKeyPackage, Stock
from node.e2ee.members import Invitation, Removed, Sender, UnknownActors
from node.e2ee.peers import Peers
from node.e2ee.relay import Elsewhere, Message
from node.errors import Forbidden, Malformed, Missing, Unreachable
from node.ports import Clock
from node.store.e2ee import E2eeUnit
from node.store.unit import Units
from node.web.api.scopes import Scope
from node.web.routes import Call, Caller, Reply, Route
from node.wire.api import e2ee as api
from node.wire.api.cursor import Cursor
from node.wire.ids import same_origin
from node.wire.times import from_micros

MOST_PACKAGES_AT_ONCE = 101
MOST_TRIES = 3
ITEM_NAMES = tuple(part.name for part in fields(Item))


class KeyPackages:
    """The verbs of key packages, as the routes call them."""

    def __init__(self, units: Units, peers: Peers, clock: Clock) -> None:
        self._units = units
        self._peers = peers
        self._clock = clock

    async def publish(self, call: Call) -> Reply:
        new: api.NewKeyPackages = call.body
        who = call.device_caller
        if len(new.packages) > MOST_PACKAGES_AT_ONCE:
            raise Malformed("E2E-2.3", f"at most {MOST_PACKAGES_AT_ONCE} packages at once")
        packages = [NewPackage(p.content, p.last_resort) for p in new.packages]
        stock = await self._units.run(
            E2eeUnit,
            lambda unit: key_packages.publish(unit, who.actor, who.device, packages),
            once=call.once,
        )
        return Reply(_stock(stock))

    async def stock(self, call: Call) -> Reply:
        device = call.device_caller.device
        return Reply(_stock(await self._units.look(E2eeUnit, lambda u: u.stock_of(device))))

    async def claim(self, call: Call) -> Reply:
        asked: api.ClaimRequest = call.body
        who = call.device_caller
        found = await self._seek(call, who, asked)
        if isinstance(found, Abroad) and found.address is None:
            await self._peers.meet(asked.actor)
            found = await self._seek(call, who, asked)
        if not isinstance(found, Abroad):
            return Reply(_packages(asked.actor, found))
        if not found.address:
            raise Missing("E2E-2.10", "that actor has no key packages")
        wish = peers.Wish(asked.suite, asked.devices)
        taken = await peers.claim_abroad(
            self._peers, who.actor, asked.actor, found.address, wish, self._clock.now()
        )
        return Reply(_packages(asked.actor, taken), undecided=True)

    async def _seek(
        self, call: Call, who: Caller, asked: api.ClaimRequest
    ) -> list[PublishedKeyPackage] | Abroad:
        only = peers.check_named([*asked.devices])
        return await self._units.run(
            E2eeUnit,
            lambda unit: key_packages.seek(
                unit, asked.actor, who.actor, asked.suite, only=only, by=who.device
            ),
            once=call.once,
            undecided=(Abroad,),
        )


class Conversations:
    """The verbs of conversations, as the routes call them."""

    def __init__(self, units: Units, signer: Signer, peers: Peers) -> None:
        self._units = units
        self._signer = signer
        self._peers = peers

    async def begin(self, call: Call) -> Reply:
        new: api.NewConversation = call.body
        sender = _sender(call)
        for _ in range(MOST_TRIES):
            begun = await self._units.run(
                E2eeUnit,
                lambda unit: _begin(unit, sender, new),
                once=call.once,
                undecided=(UnknownActors,),
            )
            if not isinstance(begun, UnknownActors):
                return Reply(await self._shown(begun.id, sender))
            await self._meet(begun)
        raise Unreachable("somebody could not be looked up")

    async def mine(self, call: Call) -> Reply:
        device = call.device_caller.device
        found = await self._units.look(E2eeUnit, lambda unit: unit.conversations_of(device))
        return Reply(api.ConversationList(items=[_conversation(c) for c in found]))

    async def show(self, call: Call) -> Reply:
        return Reply(await self._shown(api.url_of(call.path["ref"]), _sender(call)))

    async def _shown(self, id: str, sender: Sender) -> api.Conversation:
        async def look(unit: E2eeUnit) -> api.Conversation:
            entry = await _seen(unit, id, sender)
            shown = _conversation(entry.conversation)
            shown.members = sorted({member.actor for member in entry.members})
            shown.group_info = await unit.group_info(id)
            return shown

        return await self._units.look(E2eeUnit, look)

    async def items(self, call: Call) -> Reply:
        id, sender = api.url_of(call.path["ref"]), _sender(call)
        after = call.after.at if call.after else 0

        async def look(unit: E2eeUnit) -> list[Item]:
            entry = await _seen(unit, id, sender)
            if not entry.conversation.hosted:
                raise Missing("E2E-3.11", "the chain is at the relay: ask it at the address")
            return await unit.items(id, after, call.limit + 1)

        found = await self._units.look(E2eeUnit, look)
        items = found[: call.limit]
        more = Cursor(items[-1].seq, "item") if len(found) > len(items) else None
        return Reply(api.RelayItems(items=[_item(item) for item in items]), after=more)

    async def send(self, call: Call) -> Reply:
        new: api.NewSealed = call.body
        sender, message = _sender(call), _message(new)
        receipt: Item | None = None
        for _ in range(MOST_TRIES):
            sent = await self._post(call, message, receipt)
            if isinstance(sent, UnknownActors):
                await self._meet(sent)
            elif isinstance(sent, Elsewhere):
                answer = await self._peers.ask(
                    sender.actor, sent.url, peers.forward(message, sent.members)
                )
                receipt = peers.read_receipt(answer, message.sealed)
            else:
                item = _item(sent.item) if sent.item else None
                return Reply(api.SentSealed(epoch=sent.epoch, item=item))
        raise Unreachable("somebody could not be looked up")

    async def gone(self, call: Call) -> Reply:
        said: api.GoneMembers = call.body
        id, sender = api.url_of(call.path["ref"]), _sender(call)
        await self._units.run(
            E2eeUnit,
            lambda unit: members.gone(unit, sender, id, said.actors, said.seq),
            once=call.once,
        )
        return Reply()

    async def _post(
        self, call: Call, message: Message, receipt: Item | None
    ) -> relay.Accepted | Elsewhere | UnknownActors:
        id, sender = api.url_of(call.path["ref"]), _sender(call)
        return await self._units.join(
            E2eeUnit,
            lambda unit: relay.post(unit, self._signer, sender, id, message, receipt),
            once=call.once,
            undecided=(Elsewhere, UnknownActors),
        )

    async def _meet(self, unknown: UnknownActors) -> None:
        for actor in unknown.actors:
            await self._peers.meet(actor)


async def _begin(
    unit: E2eeUnit, sender: Sender, new: api.NewConversation
) -> Conversation | UnknownActors:
    if not new.url:
        return await members.begin(unit, sender, new.group_id, new.members, new.epoch)
    hosted = same_origin(new.url, unit.origin)
    told = Conversation(new.url, new.group_id, sender.actor, hosted, new.epoch, term=1)
    return await telling_anew.tell_anew(unit, sender, told, new.members)


def _sender(call: Call) -> Sender:
    who = call.device_caller
    return Sender(who.actor, who.account, who.device)


async def _seen(unit: E2eeUnit, id: str, sender: Sender) -> members.Entry:
    try:
        return await members.entered(unit, id, sender.actor, sender.device)
    except Forbidden:
        raise Missing("E2E-3.11", "there is no such conversation") from None


def _message(new: api.NewSealed) -> Message:
    return Message(
        sealed=envelope.read(new.content),
        invitations=tuple(Invitation(tuple(w.to), envelope.read(w.content)) for w in new.welcomes),
        removed=tuple(Removed(one.actor, one.device) for one in new.removed),
        recipients=tuple(new.recipients),
        group_info=new.group_info,
    )


def _stock(stock: list[Stock]) -> api.KeyPackageStock:
    return api.KeyPackageStock(
        stock=[
            api.SuiteStock(
                suite=tables.suite,
                single_use=tables.single_use,
                last_resort=tables.last_resort,
                last_resort_expires=(
                    from_micros(tables.last_resort_expires) if tables.last_resort else None
                ),
            )
            for tables in stock
        ]
    )


def _packages(actor: str, taken: list[PublishedKeyPackage]) -> api.ClaimedPackages:
    return api.ClaimedPackages(actor=actor, packages=[_claimed(each) for each in taken])


def _claimed(offer: PublishedKeyPackage) -> api.ClaimedPackage:
    return api.ClaimedPackage(id=offer.id, actor=offer.actor, suite=offer.suite, content=offer.body)


def _conversation(known: Conversation) -> api.Conversation:
    return api.Conversation(
        ref=api.ref_of(known.id),
        url=known.address,
        group_id=known.group,
        creator=known.creator,
        hosted=known.hosted,
        epoch=known.epoch,
        seq=known.seq,
        head=known.head,
        term=known.term,
    )


def _item(item: Item) -> api.RelayItem:
    return api.RelayItem(**{name: getattr(item, name) for name in ITEM_NAMES})


def routes(units: Units, signer: Signer, peers: Peers, clock: Clock) -> tuple[Route, ...]:
    """The routes of this room. `signer` holds the instance actor's Ed25519 key."""
    keys = KeyPackages(units, peers, clock)
    talk = Conversations(units, signer, peers)
    scope = Scope.MESSAGES
    return (
        Route(
            "POST",
            "/key-packages",
            keys.publish,
            "Publish key packages of this device.",
            scope,
            body=api.NewKeyPackages,
            answers=api.KeyPackageStock,
        ),
        Route(
            "GET",
            "/key-packages",
            keys.stock,
            "What this device has published and nobody has taken.",
            scope,
            answers=api.KeyPackageStock,
        ),
        Route(
            "POST",
            "/key-packages/claim",
            keys.claim,
            "Claim one key package of each device of a friend.",
            scope,
            body=api.ClaimRequest,
            answers=api.ClaimedPackages,
        ),
        Route(
            "POST",
            "/conversations",
            talk.begin,
            "Begin a conversation; this node becomes its relay.",
            scope,
            body=api.NewConversation,
            answers=api.Conversation,
        ),
        Route(
            "GET",
            "/conversations",
            talk.mine,
            "The conversations in which this device takes part.",
            scope,
            answers=api.ConversationList,
        ),
        Route(
            "GET",
            "/conversations/{ref}",
            talk.show,
            "One conversation, its head and its members.",
            scope,
            answers=api.Conversation,
        ),
        Route(
            "GET",
            "/conversations/{ref}/items",
            talk.items,
            "The relay's chain, the oldest first.",
            scope,
            answers=api.RelayItems,
            paged=True,
        ),
        Route(
            "POST",
            "/conversations/{ref}/messages",
            talk.send,
            "Send an MLS message; a commit with its Welcomes. 409 names the head in params.",
            scope,
            body=api.NewSealed,
            answers=api.SentSealed,
            direct=True,
        ),
        Route(
            "POST",
            "/conversations/{ref}/gone",
            talk.gone,
            "A commit that this device read left no leaf of these actors, or of this device.",
            scope,
            body=api.GoneMembers,
        ),
    )
