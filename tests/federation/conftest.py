"""A peer as these tests meet it: actors with real keys, documents that a fake network serves."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from node.app.parts import Stores
from node.errors import Unreachable
from node.federation.actors import ActorDocument, actor_page
from node.federation.discovery import ACTIVITY_JSON, Discovery
from node.federation.priority import Priority
from node.federation.receiving import Receiver
from node.federation.trust import Delivery
from node.net.once import SingleFlight
from node.ports import Request, Response
from node.store import tables
from node.store.queue import Arrival, Waiting
from node.store.unit import Unit
from node.testing.fakes import FakeClock
from node.testing.stores import open_new_stores
from node.wire import httpsig
from node.wire.httpsig import Dialect
from node.wire.keys import PrivateKey, ed25519_from_seed, private_from_material

US = "https://a.test"
ALICE = f"{US}/a/alice"
_RSA = rsa.generate_private_key(65537, 2048)


class FakeNet:
    """Serves what a test put at a URL: a document, a status, or a whole response."""

    def __init__(self) -> None:
        self.at: dict[str, Any] = {}
        self.asked: list[str] = []

    async def fetch(self, request: Request) -> Response:
        self.asked.append(request.url)
        found = self.at.get(request.url, 404)
        if isinstance(found, Response):
            return found
        if isinstance(found, int):
            return Response(found, request.url, {}, b"")
        if isinstance(found, Exception):
            raise found
        kind = "application/jrd+json" if "/.well-known/" in request.url else ACTIVITY_JSON
        return Response(200, request.url, {"content-type": kind}, json.dumps(found).encode())

    def down(self, url: str) -> None:
        self.at[url] = Unreachable("connection refused")


class Person:
    """A remote actor with an RSA and an Ed25519 key."""

    def __init__(self, id: str, name: str, seed: int = 1) -> None:
        self.id = id
        self.name = name
        self.rsa = private_from_material(_RSA, f"{id}#main-key", id)
        self.ed25519 = ed25519_from_seed(bytes([seed]) * 32, f"{id}#ed25519-key", id)

    def document(self, **more: Any) -> dict[str, Any]:
        host = self.id.split("/")[2]
        keys = (self.rsa.public, self.ed25519.public)
        said = ActorDocument(
            id=self.id,
            kind="Person",
            name=self.name,
            inbox=f"{self.id}/inbox",
            shared_inbox=f"https://{host}/inbox",
            keys=keys,
        )
        return {**actor_page(said), **more}

    def says(self, kind: str, id: str = "", **more: Any) -> dict[str, Any]:
        host = self.id.split("/")[2]
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": id or f"https://{host}/t/1",
            "type": kind,
            "actor": self.id,
            **more,
        }


class System:
    """One node's door with everything behind it but the network."""

    def __init__(self, stores: Stores, clock: FakeClock) -> None:
        self.clock = clock
        self.net = FakeNet()
        self.database, self.units, self.directory = stores.database, stores.units, stores.directory
        self.arrivals, self.waiting = stores.door, Waiting(self.database, clock)
        self.discovery = Discovery(self.net, self.directory, SingleFlight(), clock)
        self.receiver = Receiver(self.discovery, self.arrivals, self.directory, clock, US)

    async def add_alice(self) -> None:
        async def write(unit: Unit) -> None:
            await unit.connection.execute(
                tables.actors.insert().values(
                    id=ALICE, kind="Person", local=True, inbox=f"{ALICE}/inbox", name="alice",
                    domain="a.test",
                )
            )  # fmt: skip

        await self.units.run(Unit, write)

    def publish(self, person: Person, **more: Any) -> None:
        self.net.at[person.id] = person.document(**more)

    def signed(
        self,
        key: PrivateKey,
        document: Any,
        target: str = "/inbox",
        dialect: Dialect = Dialect.CAVAGE,
        to: str = US,
    ) -> Delivery:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        request = Request("POST", to + target, {}, body)
        headers = httpsig.sign(request, key, self.clock.now(), dialect)
        return Delivery("POST", target, {name: [value] for name, value in headers.items()}, body)

    async def arrivals_applied(self) -> None:
        """As if a worker had been through all that came."""

        async def mark(unit: Unit) -> None:
            await unit.connection.execute(tables.arrivals.update().values(state="applied"))

        await self.units.run(Unit, mark)

    async def stored(self) -> list[str]:
        return [arrival.activity for arrival in await self.waits()]

    async def waits(self) -> list[Arrival]:
        """What is stored and not applied yet."""
        due = await self.waiting.due(dict.fromkeys(Priority, 1000))
        return [arrival for lane in due.values() for arrival in lane]


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    clock = FakeClock()
    stores = await open_new_stores("a.test", tmp_path, clock)
    found = System(stores, clock)
    await found.add_alice()
    yield found
    await stores.database.close()


@pytest.fixture
def bob() -> Person:
    return Person("https://b.test/a/bob", "bob")


@pytest.fixture
def eve() -> Person:
    return Person("https://evil.test/a/eve", "eve", 2)
