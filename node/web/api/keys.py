"""Routes of the keys of accounts: one's own, and those of others through one's node (KEY-7)."""

from typing import Final

from cachetools import TTLCache

from node.e2ee import account_keys
from node.e2ee.account_keys import KeptKeys, NewKeys
from node.e2ee.keys.public.published import Published
from node.e2ee.peers import Peers, check_answer
from node.errors import Forbidden, Malformed, Missing
from node.ports import Clock
from node.store.account_keys import AccountKeysUnit
from node.store.unit import Units
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.wire import ids, multibase
from node.wire.api.keys import AccountKeys, ActorKeys, NewAccountKeys

ED25519_MULTIKEY: Final = b"\xed\x01"
KEPT_SECONDS: Final = 600
MOST_KEPT: Final = 256
LONGEST_ID: Final = 2048


class Keys:
    """The verbs of the keys of accounts, as the routes call them."""

    def __init__(self, units: Units, peers: Peers, clock: Clock, origin: str) -> None:
        self._units = units
        self._origin = origin
        self._peers = peers
        self._kept: TTLCache[str, Published] = TTLCache(MOST_KEPT, KEPT_SECONDS, clock.ticks)

    async def own(self, call: Call) -> Reply:
        actor = call.caller.actor
        kept = await self._units.look(AccountKeysUnit, lambda unit: account_keys.show(unit, actor))
        return _own(kept)

    async def put(self, call: Call) -> Reply:
        new: NewAccountKeys = call.body
        who = call.device_caller
        expected = account_keys.read_number(call.headers.get("If-Match", ""))
        keys = NewKeys(new.delegation, new.list, new.box)
        kept = await self._units.run(
            AccountKeysUnit,
            lambda unit: account_keys.put(unit, who.account, who.actor, keys, expected),
        )
        return _own(kept)

    async def of_actor(self, call: Call) -> Reply:
        who, actor = call.caller, call.query.get("actor", "")
        if not 1 <= len(actor) <= LONGEST_ID:
            raise Malformed("KEY-7.7", "actor is the id of the one whose keys are asked for")
        least = _least(call.query.get("least", ""))
        kept = self._kept.get(actor)
        if kept is None or kept.number < least:
            kept = self._kept[actor] = await self._read(who.actor, actor)
        return Reply(
            ActorKeys(
                actor=actor,
                root=kept.delegation.root,
                delegation=kept.signed_delegation.encode(),
                list=kept.signed_list.encode(),
            )
        )

    async def _read(self, asker: str, actor: str) -> Published:
        if ids.same_origin(actor, self._origin):
            ours = await self._units.look(
                AccountKeysUnit, lambda unit: account_keys.show(unit, actor)
            )
            return account_keys.published(ours.keys, actor)
        said = await self._peers.look(asker, actor)
        check_answer(said, "KEY-7.7")
        if said.document.get("id") != actor:
            raise Forbidden("KEY-7.7", "another actor's document stands at that id")
        root, address = said.document.get("kith:identityKey"), said.document.get("kith:devices")
        if not isinstance(root, str) or not isinstance(address, str):
            raise Missing("KEY-7.5", "the account has published no keys")
        if not ids.same_origin(address, actor):
            raise Forbidden("KEY-7.7", "an actor's keys are said to stand on another server")
        answer = await self._peers.look(asker, address)
        check_answer(answer, "KEY-7.7")
        return account_keys.read_document(answer.document, actor, _root(root))


def _own(kept: KeptKeys) -> Reply:
    keys = kept.keys
    said = AccountKeys(
        root=kept.root,
        number=account_keys.written(kept.number).strip('"'),
        delegation=keys.delegation,
        list=keys.devices,
        box=keys.box,
    )
    return Reply(said, headers={"ETag": account_keys.written(kept.number)})


def _root(text: str) -> bytes:
    raw = multibase.decode(text)
    if len(raw) != 34 or not raw.startswith(ED25519_MULTIKEY):
        raise Malformed("KEY-7.6", "an identity key is an Ed25519 Multikey")
    return raw[2:]


def _least(text: str) -> tuple[int, int]:
    if not text:
        return 0, 0
    d, n, _ = account_keys.read_number(f"{text}.0")
    return d, n


def routes(units: Units, peers: Peers, clock: Clock, origin: str) -> tuple[Route, ...]:
    """The routes of this room."""
    keys = Keys(units, peers, clock, origin)
    asked = {
        "actor": "The id of the actor.",
        "least": "The number d.n that was met: what is older is asked for anew.",
    }
    return (
        Route("GET", "/account/devices", keys.own,
              "The keys of one's account: delegation, list of devices, key box.",
              Scope.MESSAGES, answers=AccountKeys),
        Route("PUT", "/account/devices", keys.put,
              "Put newer keys in place of those that If-Match names; 412 when others are there.",
              Scope.MESSAGES, body=NewAccountKeys, answers=AccountKeys),
        Route("GET", "/keys", keys.of_actor, "What an actor anywhere publishes of their keys.",
              Scope.MESSAGES, answers=ActorKeys, query=asked),
    )  # fmt: skip
