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
from node.federation.sending import Attempt, Delivered, Later, judge
from node.net.addresses import check_url, is_public
from node.net.passing import LONGEST_SIDE, MOST_PIXELS
from node.ports import Request
from node.store import tables
from node.testing.town import Town, open_town
from node.testing.weather import Heard, Stranger
from node.web import bodies, problems
from node.wire.api.inbox import NewPost, Post
from node.wire.api.servers import ServerChoice, ServerList
from node.wire.pictures import measured
from node.wire.suffixes import Suffixes
from tests.abuse.inputs import FILES, Mouth, kind_of, read
from tests.stories.people import person

SPEC = Path(__file__).resolve().parents[2] / "spec"
SOME_ID = "01890a5d-ac96-774b-bcce-b302099a8057"


class Scene:
    """Alice with a post for all and one for friends; Mallory and Eve of another server.

    A third server is suspended: on it, and below it, lives another Mallory.
    """

    def __init__(self, town: Town, evil: Stranger, mouth: Mouth) -> None:
        self.town = town
        self.alpha = town.nodes["alpha.test"]
        self.evil = evil
        self.mouth = mouth

    async def do(self, number: int, input: dict[str, Any]) -> Heard:
        kind, what = kind_of(input)
        if kind in PURE:
            return PURE[kind](what)
        if kind == "raw":
            return await self._raw(what)
        if kind in ("call", "address"):
            return _called(kind, what)
        before = await _kept(self) if kind == "hosts" else {}
        heard = Heard(0, "")
        for request in self.mouth.requests(number, input):
            heard = await self._send(request)
        assert kind != "hosts" or await _kept(self) == before, "nothing of them is kept"
        return heard

    async def _send(self, request: Request) -> Heard:
        # Each on a connection of its own: some end theirs.
        headers = {**request.headers, "connection": "close"}
        return await self.evil.send(self.alpha, replace(request, headers=headers))

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
        others = [one.character("mallory") for one in blocked]
        people = dict(zip(("blocked", "below"), others, strict=True))
        mouth = Mouth(evil, town.clock, names, **people)
        scene = Scene(town, evil, mouth)
        dance = {"id": "https://evil.test/t/0", "type": "Dance", "actor": mouth.mallory.id}
        await evil.say(scene.alpha, mouth.mallory, dance)  # by which her key is known
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


# Groups whose inputs are no single request, and where each is tried.
ELSEWHERE = {
    4: "federation/test_discovery.py::an_id_of_another_origin_is_read_there_and_not_believed_here",
    5: "federation/test_discovery.py::after_a_redirect_the_last_server_speaks_only_for_itself",
    6: "federation/test_receiving.py::an_upload_on_the_victims_server_is_not_its_word",
    11: "wire/test_keys.py::an_rsa_key_of_the_wrong_strength",
    14: "federation/test_receiving.py::a_repeat_is_answered_like_the_first",
    16: "federation/test_receiving.py::a_rotated_key_is_fetched_once_more_and_then_not_again",
    17: "federation/test_receiving.py::a_key_that_its_owner_took_back_is_not_believed_for_long",
    21: "wire/test_ids.py::a_host_written_to_deceive",
    26: "federation/test_pages.py::who_is_blocked_and_says_who_they_are_is_shown_nothing",
    34: "net/test_fetcher.py::a_redirect_to_a_name_that_leads_inside_is_refused",
    35: "net/test_fetcher.py::a_fourth_redirect_is_not_followed_and_a_post_follows_none",
    53: "inbox/test_convergence.py::order_and_repeats_do_not_matter",
    55: "web/test_connections.py::half_open_handshakes_are_counted_and_end",
}


def test_each_group_has_inputs_here_or_a_test_elsewhere() -> None:
    here = {case["group"] for file in FILES for case in read(file)}
    assert here | ELSEWHERE.keys() == {*range(1, 58)}
    assert not here & ELSEWHERE.keys()
    tests = Path(__file__).parents[1]
    for place in ELSEWHERE.values():
        page, _, name = place.partition("::")
        assert f"def test_{name}(" in (tests / page).read_text(), place


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
