"""Concrete inputs of the abuse groups, each with its answer: `cases/*.json`, one object a line.

`group` numbers the kind of abuse, `input` is what is done, `status` and `clause` how it is
answered. With 202 the clause is that by which the arrival is refused afterwards: FED-7.9 when it
was stored nowhere, "" when it was taken. Inputs are: `says` (an activity of Mallory's, signed as it
should be), `body` (bytes of hers, as pieces to repeat), `alter` (what is changed of a signed Like),
`get` (a signed read), `ask` (anybody's request), `call` and `address` (whom the node would call),
`proof` (an object proof, whose it is, and who brings it), `raw` (bytes on a connection, which then
goes silent), `hosts` (so many hosts named as a key's), `domains` (429: they have one share, 200:
two), `answers` (what a peer says to a delivery: 200 it has it, 503 it is asked again within twelve
hours, 410 never again), `picture` (its first bytes, in hexadecimal digits). Beside it `as` names
another sender, and `serves` what her server shows; `asked` is how often that server is asked at
most.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from node.errors import Forbidden, Refused
from node.federation.discovery import ACTIVITY_JSON
from node.federation.sending import Attempt, Delivered, Later, judge
from node.net.addresses import check_url, is_public
from node.net.passing import LONGEST_SIDE, MOST_PIXELS
from node.ports import Request, Response
from node.store import tables
from node.testing.town import Town, open_town
from node.testing.weather import Character, Heard, Stranger
from node.web import bodies, problems
from node.wire import proofs
from node.wire.api.inbox import NewPost, Post
from node.wire.api.servers import ServerChoice, ServerList
from node.wire.keys import PrivateKey, ed25519_from_seed
from node.wire.pictures import measured
from node.wire.suffixes import Suffixes
from tests.stories.people import person

CASES = Path(__file__).parent / "cases"
SPEC = Path(__file__).resolve().parents[2] / "spec"
SOME_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
FILES = sorted(CASES.glob("*.json"))


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


class Scene:
    """Alice with a post for all and one for friends; Mallory and Eve of another server.

    A third server is suspended: on it, and below it, lives another Mallory.
    """

    blocked: Character
    below: Character

    def __init__(self, town: Town, evil: Stranger, people: dict[str, str]) -> None:
        self.town = town
        self.alpha = town.nodes["alpha.test"]
        self.evil = evil
        self.mallory, self.eve = evil.character("mallory"), evil.character("eve")
        self.names = {**people, "mallory": self.mallory.id, "eve": self.eve.id}

    def fill(self, value: Any) -> Any:
        """`value` with `$name` as the id it stands for, and `[text, times]` under `*` repeated."""
        if isinstance(value, str):
            for name, id in self.names.items():
                value = value.replace(f"${name}", id)
            return value
        if isinstance(value, dict) and set(value) == {"*"}:
            each, times = value["*"]
            return each * times if isinstance(each, str) else [self.fill(each)] * times
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        return [self.fill(each) for each in value] if isinstance(value, list) else value

    async def do(self, number: int, input: dict[str, Any]) -> Heard:
        kind, what = next((kind, input[kind]) for kind in input if kind not in ("as", "serves"))
        one = getattr(self, input.get("as", "mallory"))
        self.evil.pages.update(self.served(input.get("serves", {})))
        if kind in PURE:
            return PURE[kind](what)
        if kind == "proof":
            return await self._proven(number, what)
        if kind == "raw":
            return await self._raw(what)
        if kind == "hosts":
            return await self._from_many_hosts(what)
        if kind in ("call", "address"):
            return _called(kind, what)
        if kind == "ask":
            body = what.get("body", "").encode()
            url = f"https://alpha.test{self.fill(what['path'])}"
            request = Request(what["method"], url, what.get("headers", {}), body)
            return await self._send(request)
        if kind == "get":
            url = self.fill(what)
            url = url if url.startswith("https://") else f"https://alpha.test{url}"
            return await self._send(self.evil.asks(one, url))
        if kind == "body":
            raw = "".join(text * times for text, times in what).encode("utf-8", "surrogatepass")
            return await self._post(raw)
        if kind == "says":
            host = one.id.split("/")[2]
            said = {"id": f"https://{host}/t/{number}", "actor": one.id, **what}
            return await self._post(json.dumps(self.fill(said)).encode(), one)
        return await self._altered(number, what)

    async def _post(self, raw: bytes, one: Character | None = None) -> Heard:
        key = (one or self.mallory).ed25519
        request = self.evil.signed(key, raw, "https://alpha.test/inbox")
        return await self._send(request)

    async def _send(self, request: Request) -> Heard:
        # Each on a connection of its own: some end theirs.
        headers = {**request.headers, "connection": "close"}
        return await self.evil.send(self.alpha, replace(request, headers=headers))

    async def _altered(self, number: int, what: dict[str, Any]) -> Heard:
        id = f"https://evil.test/t/{number}"
        said = self.mallory.says("Like", self.names["public"], id, to=[self.names["alice"]])
        signer = self.eve if what.get("by") == "eve" else self.mallory
        now = self.town.clock.now() + timedelta(seconds=what.get("seconds", 0))
        url = "https://alpha.test" + what.get("signed_for", "/inbox")
        key = signer.rsa if what.get("rsa") else signer.ed25519
        request = self.evil.signed(key, said, url, now)
        drop = {name.lower() for name in what.get("drop", ())}
        headers = {k: v for k, v in request.headers.items() if k.lower() not in drop}
        for name, (old, new) in what.get("swap", {}).items():
            headers = {
                k: v.replace(old, new) if k.lower() == name else v for k, v in headers.items()
            }
        headers.update(what.get("headers", {}))
        body = request.body + what.get("more", "").encode()
        method = what.get("method", "POST")
        return await self._send(Request(method, "https://alpha.test/inbox", headers, body))

    def served(self, pages: dict[str, Any]) -> dict[str, Response]:
        """What stands at addresses of evil.test: documents, or bytes of another kind."""
        found = {}
        for path, page in pages.items():
            url, plain = f"https://evil.test{path}", isinstance(page, dict) and "kind" in page
            body = page["body"] if plain else json.dumps(self.fill(page))
            headers = {"content-type": page["kind"] if plain else ACTIVITY_JSON}
            status = page.get("status", 200) if plain else 200
            found[url] = Response(status, url, headers, body.encode())
        return found

    async def _proven(self, number: int, what: dict[str, Any]) -> Heard:
        actor: Character = getattr(self, what.get("actor", "mallory"))
        says = what.get("says", {"type": "Like", "object": "$public", "to": ["$alice"]})
        document = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"https://evil.test/t/{number}",
            "actor": actor.id,
            **self.fill(says),
        }
        now = self.town.clock.now() + timedelta(seconds=what.get("seconds", 0))
        target = document["object"] if what.get("inner") else document
        made = []
        for name in what.get("by", ["mallory"]):
            key: PrivateKey = getattr(self, name).ed25519
            proof = dict(proofs.prove(target, key, now)["proof"]) | self.fill(what.get("proof", {}))
            made += [{name: each for name, each in proof.items() if each is not None}]
        made *= what.get("times", 1)
        if made:
            target["proof"] = made if len(made) > 1 else made[0]
        document.update(self.fill(what.get("edit", {})))
        return await self._post(
            json.dumps(document).encode(), getattr(self, what.get("sent_by", "mallory"))
        )

    async def _raw(self, pieces: list[str]) -> Heard:
        """What is said to someone who then says no more. The town's time passes, and for bodies,
        whose deadline is the loop's, that is short."""
        host, _, port = self.alpha.url.removeprefix("http://").partition(":")
        usual, bodies.BODY_SECONDS = bodies.BODY_SECONDS, 0.05
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write("".join(pieces).encode("latin-1"))
            await writer.drain()
            await self._settled()
            self.town.clock.pass_(timedelta(seconds=20))
            self.alpha.node.connections.sweep()
            answer = await reader.read()
            writer.close()
        finally:
            bodies.BODY_SECONDS = usual
        head, _, body = answer.partition(b"\r\n\r\n")
        clause = json.loads(body)["clause"] if body else ""
        return Heard(int(head.split()[1]) if head else 0, clause)

    async def _settled(self) -> None:
        """Until the node has seen what was sent: both ends are in this loop."""
        for _ in range(200):
            await asyncio.sleep(0)

    async def _from_many_hosts(self, count: int) -> Heard:
        """Likes under keys of as many hosts that there are not: nothing of them is kept."""
        before, heard = await _kept(self), Heard(0, "")
        for each in range(count):
            actor = f"https://h{each}.{each % 50}.test/a/x"
            said = {"id": f"{actor}/1", "type": "Like", "actor": actor, "object": "$public"}
            key = ed25519_from_seed(bytes(32), f"{actor}#ed25519-key", actor)
            raw = json.dumps(self.fill(said)).encode()
            heard = await self._send(self.evil.signed(key, raw, "https://alpha.test/inbox"))
        assert await _kept(self) == before
        return heard

    async def outcome(self, number: int, case: dict[str, Any]) -> tuple[int, str]:
        self.town.clock.pass_(timedelta(seconds=2))
        self.evil.asked.clear()
        heard = await self.do(number, case["input"])
        if "asked" in case:
            await self.town.settle()
            assert len(self.evil.asked) <= case["asked"], (case, [r.url for r in self.evil.asked])
        if heard.status != 202:
            return heard.status, heard.clause
        await self.town.settle()
        return 202, await _refusal(self.town, number)


def _shared(hosts: list[str]) -> Heard:
    """Whether these have one share of what a domain may deliver (FED-7.16)."""
    suffixes = Suffixes()
    one = len({suffixes.registrable(host) for host in hosts}) == 1
    return Heard(429, "FED-7.16") if one else Heard(200, "")


def _answered(what: dict[str, Any]) -> Heard:
    """What becomes of a delivery that is answered so."""
    now, wait = datetime(2026, 1, 1, tzinfo=UTC), what.get("retry-after")
    attempt = Attempt(0, now, wait, undoes=what.get("undoes", False))
    verdict = judge(what["status"], attempt, now, 1.0)
    clause = "FED-8.3" if wait is None else "FED-8.5"
    if isinstance(verdict, Later):
        assert now < verdict.at <= now + timedelta(hours=12)
        return Heard(503, clause)
    return Heard(200 if isinstance(verdict, Delivered) else 410, clause)


def _drawn(head: str) -> Heard:
    """Whether a picture that begins with these bytes is passed on."""
    refused = Heard(502, "VID-9.7")
    try:
        size = measured(bytes.fromhex(head))
    except ValueError:
        return refused
    if size is None or max(size) > LONGEST_SIDE or size[0] * size[1] > MOST_PIXELS:
        return refused
    return Heard(200, "VID-9.7")


PURE: dict[str, Callable[[Any], Heard]] = {
    "domains": _shared,
    "answers": _answered,
    "picture": _drawn,
}


def _called(kind: str, what: str) -> Heard:
    try:
        if kind == "call":
            check_url(what, frozenset())
        elif not is_public(what):
            raise Forbidden("FED-9.3", "not public")
    except Refused as refusal:
        return Heard(problems.kind_of(refusal).status, refusal.clause)
    return Heard(200, "")


async def _refusal(town: Town, number: int) -> str:
    """The clause by which the case's arrival was refused; FED-7.9 when there is none."""
    t = tables.arrivals.c
    async with town.nodes["alpha.test"].node.stores.database.read() as connection:
        query = select(t.state, t.reason).where(t.activity == f"https://evil.test/t/{number}")
        row = (await connection.execute(query)).first()
    if row is None:
        return "FED-7.9"
    return str(row.reason).partition(":")[0] if row.state == "refused" else ""


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_town(tmp_path, "alpha.test") as town, person(town, "alice", "alpha.test") as me:
        evil = Stranger(town, "evil.test")
        public, secret = [
            await me.line.ask("POST", "/posts", Post, NewPost(content="hello", audience=who))
            for who in ("public", "friends")
        ]
        blocked = [Stranger(town, domain) for domain in ("blocked.test", "sub.blocked.test")]
        admin = town.nodes["alpha.test"].line(town.admin_tokens["alpha.test"])
        async with admin as line:
            server = ServerChoice(host="blocked.test", suspended=True)
            await line.ask("PUT", "/admin/servers", ServerList, server)
        names = {"alice": me.actor, "public": public.id, "secret": secret.id}
        scene = Scene(town, evil, names)
        scene.blocked, scene.below = (one.character("mallory") for one in blocked)
        scene.names |= {"blocked": scene.blocked.id, "below": scene.below.id}
        dance = {"id": "https://evil.test/t/0", "type": "Dance", "actor": scene.mallory.id}
        await evil.say(scene.alpha, scene.mallory, dance)  # by which her key is known
        yield scene
        for one in (evil, *blocked):
            await one.close()


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_every_input_is_answered_as_written(scene: Scene, file: Path) -> None:
    wrong = []
    for number, case in enumerate(read(file)):
        found = await scene.outcome(number, case)
        if found != (case["status"], case["clause"]):
            wrong.append((json.dumps(case)[:300], found))
    assert not wrong, "\n".join(f"{found} to {case}" for case, found in wrong)


def test_the_cases_are_many_and_name_clauses_that_stand() -> None:
    cases = [case for file in FILES for case in read(file)]
    assert len(cases) >= 300
    written = "".join(page.read_text() for page in SPEC.glob("*.md"))
    assert all(f"**{case['clause']}**" in written for case in cases if case["clause"])
    assert len({json.dumps(case["input"], sort_keys=True) for case in cases}) == len(cases)
    assert {18, 19, 20, 28, 30, 37, 40, 41, 42, 47, 49, 52, 56, 57} <= {
        case["group"] for case in cases
    }


# Who calls these has no token yet, or needs none: each says itself what it asks for.
OPEN_ROUTES = {
    ("POST", "/accounts"),
    ("POST", "/login"),
    ("POST", "/invites/lookup"),
    ("POST", "/account/reset"),
    # A device that is being linked: by its code and its secret (LNK-5).
    ("POST", "/links"),
    ("POST", "/links/{code}/read"),
    ("POST", "/links/{code}/show"),
    ("POST", "/links/{code}/look"),
}


@pytest.mark.clause("API-3.1", "FED-4.1")
async def test_no_route_changes_anything_for_who_proves_nothing(scene: Scene) -> None:
    """Group 20: every route that changes state, walked without a token and without a signature."""
    before = await _kept(scene)
    wrong = []
    for surface in scene.alpha.node.web.surfaces:
        for route in surface.routes:
            if route.method == "GET" or (route.method, route.path) in OPEN_ROUTES:
                continue
            path = surface.prefix + re.sub(r"\{(?:[^{}]|\{[^}]*\})*\}", SOME_ID, route.path)
            ask = {"method": route.method, "path": path, "body": "{}"}
            headers = {"content-type": "application/json"}
            heard = await scene.do(0, {"ask": {**ask, "headers": headers}})
            scene.town.clock.pass_(timedelta(seconds=2))
            expected = {401} if surface.scopes is not None else {401, 404}
            if heard.status not in expected:
                wrong.append((route.method, path, heard.status, heard.clause))
    assert not wrong
    assert await _kept(scene) == before


async def _kept(scene: Scene) -> dict[str, list[Any]]:
    async with scene.alpha.node.stores.database.read() as connection:
        return {
            name: list((await connection.execute(select(table))).all())
            for name, table in tables.METADATA.tables.items()
        }
