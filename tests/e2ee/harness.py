"""Nodes for the tests of sealed messages: a database, people with devices, and their MLS bytes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from node.accounts.seats import Proofs
from node.app.handlers import handlers
from node.app.parts import Stores
from node.e2ee.arriving import Arrivals
from node.e2ee.mls.public.commit import HPKECiphertext
from node.e2ee.mls.public.credentials import basic
from node.e2ee.mls.public.framing import (
    APPLICATION,
    COMMIT,
    PROPOSAL,
    PrivateMessage,
    encode_message,
)
from node.e2ee.mls.public.group_info import EncryptedGroupSecrets, Welcome
from node.e2ee.mls.public.leaf import Capabilities, Lifetime, leaf_fields
from node.e2ee.mls.public.suite import sign_content
from node.e2ee.peers import Answer
from node.errors import NodeError, Unreachable
from node.federation.activities.shapes import CreateSealed, RejectSealed
from node.federation.activities.table import parse
from node.store import tables
from node.testing.fakes import FakeClock
from node.testing.rows import Rows
from node.testing.stores import hear
from node.web.activitypub.sealed import SealedPages
from node.web.api import mailbox
from node.web.api.e2ee import routes
from node.web.api.scopes import ALL_SCOPES
from node.web.paging import ForwardPaging
from node.web.problems import problem_of
from node.web.routes import Call, Caller, Reply
from node.wire import json, tls
from node.wire.api.e2ee import ref_of

GROUP = b"mls://g/groupofalice"


# -- MLS bytes ---------------------------------------------------------------------------------


def sealed(content_type: int, epoch: int, text: bytes = b"", group: bytes = GROUP) -> bytes:
    """A PrivateMessage with this header; its ciphertext is `text`."""
    return encode_message(PrivateMessage(group, epoch, content_type, b"", b"who", text or b"?"))


def commit(epoch: int, text: bytes = b"", group: bytes = GROUP) -> bytes:
    return sealed(COMMIT, epoch, text, group)


def proposal(epoch: int, text: bytes = b"") -> bytes:
    return sealed(PROPOSAL, epoch, text)


def words(epoch: int, text: bytes = b"", group: bytes = GROUP) -> bytes:
    return sealed(APPLICATION, epoch, text, group)


def welcome(*refs: bytes, text: bytes = b"info") -> bytes:
    secret = HPKECiphertext(b"k" * 32, b"joiner")
    secrets = tuple(EncryptedGroupSecrets(ref, secret) for ref in refs)
    return encode_message(Welcome(1, secrets, text))


def package(
    actor: str,
    key: Ed25519PrivateKey,
    now: datetime,
    *,
    days: int = 30,
    start: timedelta = timedelta(hours=-1),
    suite: int = 1,
    spoil: bool = False,
) -> bytes:
    """A signed KeyPackage for `actor`, bare."""
    signature_key = key.public_key().public_bytes_raw()
    encryption, init = (X25519PrivateKey.generate().public_key().public_bytes_raw() for _ in "12")
    begins = int((now + start).timestamp())
    fields = leaf_fields(
        encryption,
        signature_key,
        basic(actor.encode()),
        Capabilities((1,), (1, 3), (), (), (1,)),
        Lifetime(begins, begins + days * 86400),
        (),
    )
    leaf = fields + tls.opaque(key.sign(sign_content(b"LeafNodeTBS", fields)))
    body = tls.u16(1) + tls.u16(suite) + tls.opaque(init) + leaf + tls.opaque(b"")
    signature = bytearray(key.sign(sign_content(b"KeyPackageTBS", body)))
    signature[0] ^= spoil
    return body + tls.opaque(bytes(signature))


# -- nodes -------------------------------------------------------------------------------------


@dataclass
class Person:
    """A device of somebody, and what it calls with."""

    harness: "Harness"
    caller: Caller
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def actor(self) -> str:
        return self.caller.actor

    async def call(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Reply:
        """Call the route as the web kernel would; `{ref}` is filled by the last path part."""
        for route in self.harness.routes:
            names = route.path.split("/")
            parts = path.split("/")
            if route.method == method and len(names) == len(parts):
                pairs = list(zip(names, parts, strict=True))
                if all(name == part or name.startswith("{") for name, part in pairs):
                    found = {n[1:-1]: p for n, p in pairs if n.startswith("{")}
                    page = ForwardPaging().read(query or {}) if route.paged else None
                    return await route.do(
                        Call(found, query or {}, {}, "::1", self.caller, body, page=page)
                    )
        raise AssertionError(f"no route {method} {path}")

    def package(self, **how: Any) -> bytes:
        return package(self.actor, self.key, self.harness.clock.now(), **how)


class Harness(Rows):
    """A node: its stores, its people, its pages."""

    def __init__(self, name: str, stores: Stores, clock: FakeClock) -> None:
        self.name = name
        self.origin = f"https://{name}.test"
        self.clock = clock
        self.database, self.units = stores.database, stores.units
        self.instance = Ed25519PrivateKey.generate()
        self.heard = handlers(Arrivals(self.instance))
        self.pages = SealedPages(self.units, self.instance, self.origin)
        self.neighbours: dict[str, Harness] = {}
        self.asked: list[str] = []
        self.cut = False
        boxes = mailbox.routes(self.units, Proofs(bytes(32)))
        self.routes = (*routes(self.units, self.instance, self, clock), *boxes)

    async def person(self, name: str, device: str = "phone") -> Person:
        """Sign somebody up with one device."""
        actor, account = f"{self.origin}/a/{name}", f"account-{name}"
        await self.account(account, actor, f"{actor}-tv")
        await self.knows(actor, account=account, key_packages=f"{actor}/key_packages")
        return await self.device(name, device)

    async def device(self, name: str, device: str) -> Person:
        """Another device of somebody."""
        account, id = f"account-{name}", f"{name}-{device}"
        actor = f"{self.origin}/a/{name}"
        await self.insert(tables.devices, id=id, account=account, actor=actor, created=0)
        caller = Caller(
            account, actor, name, "member", f"session of {id}", id, b"token", frozenset(ALL_SCOPES)
        )
        return Person(self, caller)

    async def revoke(self, person: Person) -> None:
        devices = tables.devices
        await self.change(devices, devices.c.id == person.caller.device, revoked=1)

    # -- node.e2ee.peers.Peers: straight into the other harness's pages ------------------

    def _neighbour(self, url: str) -> "Harness":
        if self.cut:
            raise Unreachable("the line is cut")
        self.asked.append(url)
        return self.neighbours[urlsplit(url).netloc]

    async def ask(self, actor: str, url: str, document: json.Document) -> Answer:
        other = self._neighbour(url)
        said = json.document(json.encode(document))
        try:
            if url.endswith("/claim"):
                owner = url.removesuffix("/key_packages/claim")
                return Answer(200, await other.pages.claim(owner, actor, said))
            return Answer(200, await other.pages.order(url, actor, said))
        except NodeError as error:
            problem = problem_of(error, "")
            return Answer(problem.kind.status, json.document(problem.document()))

    async def look(self, actor: str, url: str) -> Answer:
        other = self._neighbour(url)
        if url.endswith("/key_packages"):
            return Answer(200, await other.pages.key_packages(url.removesuffix("/key_packages")))
        found = await other.pages.object(url, actor)
        return Answer(200 if found else 404, found or {})

    async def meet(self, actor: str) -> None:
        self._neighbour(actor)  # raises when it cannot be asked
        if any(row.id == actor for row in await self.rows(tables.actors)):
            return
        await self.knows(actor, key_packages=f"{actor}/key_packages")

    # -- the post between nodes -------------------------------------------------------------------

    async def carry(self) -> list[CreateSealed | RejectSealed]:
        """Deliver all that is owed, in order; what was carried."""
        carried: list[CreateSealed | RejectSealed] = []
        bodies = {row.id: row.body for row in await self.rows(tables.outbox)}
        for row in await self.rows(tables.deliveries):
            activity = parse(json.document(bodies[row.activity]))
            assert isinstance(activity, CreateSealed | RejectSealed)
            await self.neighbours[row.host].receive(activity)
            carried.append(activity)
        await self.write(tables.deliveries.delete())
        return carried

    async def receive(self, activity: CreateSealed | RejectSealed) -> None:
        await hear(self.units, activity, self.heard)


async def befriend(one: Person, other: Person) -> None:
    for ours, theirs in ((one, other), (other, one)):
        await ours.harness.put_friendship(ours.actor, theirs.actor)


def introduce(*nodes: Harness) -> None:
    for harness in nodes:
        harness.neighbours = {urlsplit(h.origin).netloc: h for h in nodes if h is not harness}


def ref(url: str) -> str:
    return ref_of(url)


async def at_once(*calls: Any) -> list[Any]:
    """Run the calls concurrently; errors are among the answers."""
    return list(await asyncio.gather(*calls, return_exceptions=True))
