"""Actors of ours as other servers read them (spec FED-11.1)."""

from node.e2ee import account_keys
from node.errors import Missing
from node.federation.actors import actor_page
from node.federation.peers import Actor
from node.federation.proving import Prover
from node.store.account_keys import AccountKeysUnit
from node.store.directory import Directory
from node.store.federation import FederationUnit
from node.store.keyring import Keyring
from node.store.unit import Units
from node.web.activitypub.requests import see_other, shown, wants_page
from node.web.actor_documents import document_of
from node.web.routes import Call, Reply, Route
from node.wire import json

# Not for long: a device that met a higher number waits a minute for the list that has it (KEY-5.2).
PUBLIC_KEYS = {"Cache-Control": "public, max-age=30"}


class LocalActors:
    """The actor whom an address below `/a/` names."""

    def __init__(self, directory: Directory, origin: str) -> None:
        self._directory = directory
        self._origin = origin

    def id_of(self, call: Call) -> str:
        """The id that the address says."""
        return f"{self._origin}/a/{call.path['opaque']}"

    async def of(self, call: Call, clause: str = "FED-11.2") -> Actor:
        """One of ours. Raises `Missing`."""
        actor = await self._directory.local(self.id_of(call))
        if actor is None:
            raise Missing(clause, "there is no such actor")
        return actor

    async def even_gone(self, call: Call) -> Actor:
        """One of ours, also one who was deleted just now. Raises `Missing`."""
        actor = await self._directory.as_stored(self.id_of(call))
        if actor is None or not actor.local:
            raise Missing("FED-11.2", "there is no such actor")
        return actor


class Actors:
    """The documents of our actors, to everyone."""

    def __init__(self, actors: LocalActors, units: Units, keyring: Keyring, prover: Prover) -> None:
        self._actors = actors
        self._units = units
        self._keyring = keyring
        self._prover = prover

    def routes(self) -> tuple[Route, ...]:
        """The routes of this page."""
        return (
            Route("GET", "/a/{opaque}", self.actor, "An actor of this node.", None, answers=dict),
            Route("GET", "/a/{opaque}/devices", self.devices, "An actor's signed devices.",
                  None, answers=dict),
        )  # fmt: skip

    async def devices(self, call: Call) -> Reply:
        """What the account published of its keys (KEY-7.6)."""
        actor = (await self._actors.of(call)).id
        kept = await self._units.look(AccountKeysUnit, lambda unit: account_keys.show(unit, actor))
        return Reply(account_keys.document(actor, kept), headers=PUBLIC_KEYS)

    async def actor(self, call: Call) -> Reply:
        """The actor's document; a person's browser is sent to the page."""
        actor = await self._actors.even_gone(call)
        if actor.gone:
            tombstone = {"type": "Tombstone", "id": actor.id, "formerType": actor.kind}
            return shown(tombstone, status=410)
        if wants_page(call) and actor.url not in ("", actor.id):
            return see_other(actor.url)
        family = None
        if actor.account is not None:
            account = actor.account
            family = await self._units.look(FederationUnit, lambda unit: unit.family(account))
        keys = await self._keyring.public(actor.id)
        page = json.encode(actor_page(document_of(actor, keys, family)))
        return Reply(await self._prover.document(page, actor.id), headers={"Vary": "Accept"})
