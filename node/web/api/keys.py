"""Routes of the keys of accounts: one's own, and those of others through one's node (KEY-7)."""

from typing import Final

from node.e2ee import account_keys
from node.e2ee.account_keys import KeptKeys, NewKeys, Putter
from node.e2ee.peers import Peers
from node.errors import Malformed
from node.ports import Clock
from node.store.account_keys import AccountKeysUnit
from node.store.unit import Units
from node.web.actor_keys import ActorKeysReader
from node.web.api.scopes import Scope
from node.web.routes import Call, Reply, Route
from node.web.signup import SignUp
from node.wire.api.keys import AccountKeys, ActorKeys, NewAccountKeys

LONGEST_ID: Final = 2048


class Keys:
    """The verbs of the keys of accounts, as the routes call them."""

    def __init__(self, units: Units, of_others: ActorKeysReader, signing_up: SignUp) -> None:
        self._units = units
        self._of_others = of_others
        self._signing_up = signing_up

    async def own(self, call: Call) -> Reply:
        actor = call.seated_caller.actor
        kept = await self._units.look(AccountKeysUnit, lambda unit: account_keys.show(unit, actor))
        return _own(kept)

    async def put(self, call: Call) -> Reply:
        new: NewAccountKeys = call.body
        who = call.device_caller
        expected = account_keys.read_number(call.headers.get("If-Match", ""))
        if new.password:
            await self._signing_up.prove_again(who.name, new.password, who.session, call.address)
        putter = Putter(who.account, who.actor, who.session, proved=bool(new.password))
        keys = NewKeys(new.delegation, new.list, new.box)
        kept = await self._units.run(
            AccountKeysUnit, lambda unit: account_keys.put(unit, putter, keys, expected)
        )
        return _own(kept)

    async def of_actor(self, call: Call) -> Reply:
        who, actor = call.caller, call.query.get("actor", "")
        if not 1 <= len(actor) <= LONGEST_ID:
            raise Malformed("KEY-7.7", "actor is the id of the one whose keys are asked for")
        least = _least(call.query.get("least", ""))
        found = await self._of_others.read(who.actor, actor, least)
        return Reply(
            ActorKeys(
                actor=actor,
                root=found.delegation.root,
                delegation=found.signed_delegation.encode(),
                list=found.signed_list.encode(),
            )
        )


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


def _least(text: str) -> tuple[int, int]:
    if not text:
        return 0, 0
    try:
        d, n, _ = account_keys.read_number(f"{text}.0")
    except Malformed:
        reason = "least is the number of a list, as d.n, each of at most 32 bits"
        raise Malformed("KEY-7.7", reason) from None
    return d, n


def routes(
    units: Units, peers: Peers, clock: Clock, origin: str, signing_up: SignUp
) -> tuple[Route, ...]:
    """The routes of this room."""
    keys = Keys(units, ActorKeysReader(units, peers, clock, origin), signing_up)
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
