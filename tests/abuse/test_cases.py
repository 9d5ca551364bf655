"""Concrete inputs of the abuse groups, each with its answer: `cases/*.json`, one object a line.

`group` numbers the kind of abuse, `input` is what is done, `status` and `clause` how it is
answered. With 202 the clause is that by which the arrival is refused afterwards: FED-7.9 when it
was stored nowhere, "" when it was taken. Inputs are: `says` (an activity of Mallory's, signed as it
should be), `body` (bytes of hers, as pieces to repeat), `alter` (what is changed of a signed Like),
`get` (a signed read), `ask` (anybody's request), `call` and `address` (whom the node would call).
"""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from node.errors import Forbidden, Refused
from node.net.addresses import check_url, is_public
from node.ports import Request
from node.store import tables
from node.testing.town import Town, open_town
from node.testing.weather import Character, Heard, Stranger
from node.web import problems
from node.wire.api.inbox import NewPost, Post
from tests.stories.people import person

CASES = Path(__file__).parent / "cases"
SPEC = Path(__file__).resolve().parents[2] / "spec"
SOME_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
FILES = sorted(CASES.glob("*.json"))


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


class Scene:
    """Alice with a post for all and one for friends; Mallory and Eve of another server."""

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
        (kind, what), *_ = input.items()
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
            return await self._send(self.evil.asks(self.mallory, url))
        if kind == "body":
            raw = "".join(text * times for text, times in what).encode("utf-8", "surrogatepass")
            return await self._post(raw)
        if kind == "says":
            said = {"id": f"https://evil.test/t/{number}", "actor": self.mallory.id, **what}
            return await self._post(json.dumps(self.fill(said)).encode())
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

    async def outcome(self, number: int, case: dict[str, Any]) -> tuple[int, str]:
        self.town.clock.pass_(timedelta(seconds=2))
        heard = await self.do(number, case["input"])
        if heard.status != 202:
            return heard.status, heard.clause
        await self.town.settle()
        return 202, await _refusal(self.town, number)


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
        yield Scene(town, evil, {"alice": me.actor, "public": public.id, "secret": secret.id})
        await evil.close()


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_every_input_is_answered_as_written(scene: Scene, file: Path) -> None:
    wrong = []
    for number, case in enumerate(read(file)):
        found = await scene.outcome(number, case)
        if found != (case["status"], case["clause"]):
            wrong.append((json.dumps(case)[:300], found))
    assert not wrong


def test_the_cases_are_many_and_name_clauses_that_stand() -> None:
    cases = [case for file in FILES for case in read(file)]
    assert len(cases) >= 300
    written = "".join(page.read_text() for page in SPEC.glob("*.md"))
    assert all(f"**{case['clause']}**" in written for case in cases if case["clause"])
    assert len({json.dumps(case["input"], sort_keys=True) for case in cases}) == len(cases)
    assert {20, 28, 30} <= {case["group"] for case in cases}


# Who calls these has no token yet, or needs none: each says itself what it asks for.
OPEN_ROUTES = {("POST", "/accounts"), ("POST", "/login")}


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
