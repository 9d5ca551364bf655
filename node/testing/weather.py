"""The world around a Town: weather that loses, doubles and delays, and peers that are scripted.

A `ScriptedServer` is one that a test writes: real keys, documents as it likes, and requests that
say what nobody should. A `Stranger` is such a server in a Town.
"""

import io
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Protocol

import aiohttp
from cryptography.hazmat.primitives.asymmetric import rsa
from yarl import URL

from node.federation.activities.context import with_context
from node.federation.actors import ActorDocument, actor_page
from node.federation.capabilities import OURS
from node.federation.discovery import ACTIVITY_JSON
from node.ports import Clock, Entropy, Request, Response
from node.testing.town import Fate
from node.wire import httpsig
from node.wire.httpsig import Dialect
from node.wire.keys import PrivateKey, ed25519_from_seed, private_from_material

JRD = "application/jrd+json"
FATES = (Fate.LOST, Fate.UNANSWERED, Fate.TWICE, Fate.LATE)


class Storm:
    """Weather for a town: of a hundred requests `strength` meet one of the four bad fates."""

    def __init__(self, entropy: Entropy, strength: int) -> None:
        self.met: set[Fate] = set()
        self._entropy = entropy
        self._strength = strength

    def __call__(self, _request: Request) -> Fate:
        luck, kind = self._entropy.draw(2)
        if luck * 100 >= self._strength * 256:
            return Fate.ARRIVES
        self.met.add(fate := FATES[kind % len(FATES)])
        return fate


@cache
def _rsa() -> rsa.RSAPrivateKey:
    """One for all characters: to make one takes a while, and their ids tell them apart."""
    return rsa.generate_private_key(65537, 2048)


class Character:
    """An actor of a stranger, with an RSA and an Ed25519 key."""

    def __init__(self, id: str, name: str) -> None:
        self.id = id
        self.name = name
        self.host = id.split("/")[2]
        self.rsa = private_from_material(_rsa(), f"{id}#main-key", id)
        seed = id.encode()[-32:].rjust(32, b"\0")
        self.ed25519 = ed25519_from_seed(seed, f"{id}#ed25519-key", id)

    def document(self, **more: Any) -> dict[str, Any]:
        """Their actor document; `more` replaces what an honest one would say."""
        said = ActorDocument(
            id=self.id,
            kind="Person",
            name=self.name,
            inbox=f"{self.id}/inbox",
            followers=f"{self.id}/followers",
            friends=f"{self.id}/friends",
            keys=(self.rsa.public, self.ed25519.public),
            capabilities=OURS,
        )
        return {**actor_page(said), **more}

    def says(self, type: str, object: Any, id: str = "", **more: Any) -> dict[str, Any]:
        """An activity of theirs, such as it stands on the wire."""
        told = {"id": id or f"https://{self.host}/t/{self.name}-{type}", "type": type}
        return dict(with_context({**told, "actor": self.id, "object": object, **more}))

    def note(self, name: str = "1", **more: Any) -> dict[str, Any]:
        """A Note of theirs."""
        return {
            "id": f"https://{self.host}/o/{self.name}-{name}",
            "type": "Note",
            "attributedTo": self.id,
            "content": "<p>hello</p>",
            **more,
        }


@dataclass(frozen=True, slots=True)
class Heard:
    """How a node answered. `clause` is that of its refusal."""

    status: int
    clause: str
    document: Mapping[str, Any] = field(default_factory=dict)


class World(Protocol):
    """Where a stranger stands: `strangers` answer by their domains, and all have one time."""

    strangers: dict[str, Callable[[Request], Awaitable[Response]]]

    @property
    def clock(self) -> Clock: ...


class Hearer(Protocol):
    """A node that hears what a stranger says: its name, and the address where it really listens."""

    @property
    def domain(self) -> str: ...

    @property
    def url(self) -> str: ...


class ScriptedServer:
    """A server that shows and says what it is told to, with real keys. `signed` and `asks` make
    requests; who sends them is another matter."""

    def __init__(self, clock: Clock, domain: str) -> None:
        self.domain = domain
        self.pages: dict[str, Response] = {}
        self.asked: list[Request] = []
        self._clock = clock

    # -- what it serves --------------------------------------------------------------------------

    def character(self, name: str) -> Character:
        """Somebody who can be found here, by id and by handle."""
        one = Character(f"https://{self.domain}/a/{name}", name)
        self.put(one.id, one.document())
        handle = f"acct:{name}@{self.domain}"
        found = {"rel": "self", "type": ACTIVITY_JSON, "href": one.id}
        url = f"https://{self.domain}/.well-known/webfinger?resource=acct%3A{name}%40{self.domain}"
        self.put(url, {"subject": handle, "links": [found]}, JRD)
        return one

    def put(self, url: str, document: Any, kind: str = ACTIVITY_JSON) -> None:
        """Serve `document` at `url`."""
        headers = {"content-type": kind}
        self.pages[url] = Response(200, url, headers, json.dumps(document).encode())

    async def answer(self, request: Request) -> Response:
        """What stands at the address; an inbox takes everything."""
        self.asked.append(request)
        if request.method == "POST":
            return Response(202, request.url, {}, b"")
        return self.pages.get(request.url) or Response(404, request.url, {}, b"")

    # -- what it says ----------------------------------------------------------------------------

    def signed(
        self,
        key: PrivateKey,
        document: Any,
        url: str,
        at: datetime | None = None,
        dialect: Dialect = Dialect.RFC9421,
    ) -> Request:
        """A POST of `document` (bytes: just those) to `url`, signed by `key` at the time `at`."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        plain = Request("POST", url, {"content-type": ACTIVITY_JSON}, body)
        made = httpsig.sign(plain, key, at or self._clock.now(), dialect)
        return Request("POST", url, {**plain.headers, **made}, body)

    def asks(self, one: Character, url: str) -> Request:
        """A GET of `url` in the name of `one`."""
        plain = Request("GET", url, {"accept": ACTIVITY_JSON})
        now = self._clock.now()
        made = httpsig.sign(plain, one.ed25519, now, Dialect.RFC9421)
        return Request("GET", url, {**plain.headers, **made})


class Stranger(ScriptedServer):
    """A server of the town that is no node: what it says goes over the same HTTP as everyone's."""

    def __init__(self, town: World, domain: str) -> None:
        super().__init__(town.clock, domain)
        self._session = aiohttp.ClientSession()
        town.strangers[domain] = self.answer

    async def send(self, harness: Hearer, request: Request) -> Heard:
        """Send it, as it is."""
        target = request.url.partition(f"//{harness.domain}")[2]
        async with self._session.request(
            request.method,
            URL(harness.url + target, encoded=True),
            headers={**request.headers, "host": harness.domain},
            # As a stream, so that a large body does not stop the loop.
            data=io.BytesIO(request.body) if request.body else None,
            allow_redirects=False,
        ) as answer:
            body = await answer.read()
        try:
            said = json.loads(body)
        except ValueError:
            said = {}
        return Heard(answer.status, str(said.get("clause", "")), said)

    async def say(self, harness: Hearer, one: Character, document: Any) -> Heard:
        """Deliver `document` to the shared inbox of `harness`, signed by `one` as it should be."""
        url = f"https://{harness.domain}/inbox"
        return await self.send(harness, self.signed(one.ed25519, document, url))

    async def close(self) -> None:
        """Close its connections."""
        await self._session.close()
