"""A person in a town: their line to the home node, and their device."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from node.client.api_client import ApiClient
from node.client.device import Device
from node.client.messenger import Messenger
from node.client.vault import Vault
from node.graph import befriending
from node.store.graph import GraphUnit
from node.testing.town import Town, TownNode
from node.wire.api.accounts import LogIn, Session


@dataclass(slots=True)
class Person:
    """Someone who signed up in `harness`."""

    name: str
    actor: str
    harness: TownNode
    line: ApiClient
    talk: Messenger
    vault: Vault

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.harness.domain}"


@asynccontextmanager
async def talking(
    town: Town, vault: Vault, name: str, actor: str, harness: TownNode, token: str
) -> AsyncIterator[Person]:
    """Somebody whose device is in this vault; closed however the story ends."""
    with closing(vault):
        async with harness.line(token) as line:
            device = Device(vault, harness.system.entropy, actor)
            talk = Messenger(line, device, town.clock, vault.settle)
            await talk.prepare()
            try:
                yield Person(name, actor, harness, line, talk, vault)
            finally:
                await talk.close()


@asynccontextmanager
async def person(town: Town, name: str, domain: str) -> AsyncIterator[Person]:
    """A new person with a device that takes sealed messages."""
    harness = town.nodes[domain]
    session = await town.sign_up(name, domain)
    entropy = harness.system.entropy
    vault = Vault.create(town.folder / name / "vault.sqlite3", "passphrase", entropy)
    actor, token = session.account.actor, session.token or ""
    async with talking(town, vault, name, actor, harness, token) as one:
        yield one


@asynccontextmanager
async def new_phone(town: Town, one: Person) -> AsyncIterator[Person]:
    """The same person on a new device, with an empty vault."""
    body = LogIn(name=one.name, password=f"{one.name} has a long password", device_name="phone")
    async with one.harness.line("") as line:
        session = await line.ask("POST", "/login", Session, body)
    entropy = one.harness.system.entropy
    vault = Vault.create(town.folder / f"{one.name}-phone" / "vault.sqlite3", "passphrase", entropy)
    token = session.token or ""
    async with talking(town, vault, one.name, one.actor, one.harness, token) as again:
        yield again


async def befriend(town: Town, one: Person, other: Person) -> None:
    """A request and its answer."""
    for asker, asked in ((one, other), (other, one)):
        node = asker.harness.node
        found = await node.lines.discovery.find(asked.handle)

        async def ask(unit: GraphUnit, actor: str = asker.actor, id: str = found.id) -> None:
            await befriending.request(unit, actor, id)

        await node.stores.units.run(GraphUnit, ask)
        await town.settle()
