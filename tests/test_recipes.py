"""The recipes of CONTRIBUTING.md, followed for toys: where they lead nowhere, these tests fail."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest
from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from node.app import application, opening
from node.app.application import WebSide
from node.app.parts import Stores
from node.config import Config
from node.e2ee.arriving import Arrivals
from node.errors import Malformed, Missing, Unproven
from node.federation.activities import parse, render, table
from node.federation.activities.attribution import Envelope
from node.federation.activities.reading import Doc, one, url_id
from node.store.graph import GraphUnit
from node.store.unit import Units
from node.testing.town import Town, open_town
from node.testing.weather import Stranger
from node.web.api.scopes import Scope
from node.web.problems import Problem
from node.web.routes import Call, Reply, Route
from node.web.surface import Cors, Surface
from node.wire.api.cursor import Cursor
from node.worker.handlers import Handlers, on


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with open_town(tmp_path, "alpha.test") as town:
        yield town


@pytest.fixture
async def beta(town: Town) -> AsyncIterator[Stranger]:
    stranger = Stranger(town, "beta.test")
    yield stranger
    await stranger.close()


# -- a new activity type ---------------------------------------------------------------------------


class Wave(Struct, frozen=True):
    """Step 2: `actor` waves at `object` (an actor)."""

    id: str
    actor: str
    object: str


def parse_wave(document: Doc, envelope: Envelope) -> Wave:
    """Step 3. Raises `Malformed`."""
    waved = url_id(one(document.get("object"), "who is waved at"), "who is waved at")
    if waved == envelope.actor:
        raise Malformed("FED-6.6", "nobody waves at themselves")
    return Wave(envelope.id, envelope.actor, waved)


def render_wave(wave: Wave) -> Mapping[str, Any]:
    """Step 3."""
    return {"type": "Wave", "id": wave.id, "actor": wave.actor, "object": wave.object}


class WavingUnit(Protocol):
    """Step 5: what the handler needs of a unit; here `GraphUnit` has all of it already (step 6)."""

    async def account_of(self, actor: str) -> str | None: ...
    async def tell(self, account: str, kind: str, data: Mapping[str, object]) -> None: ...
    async def owe(self, activity: Any, to: list[str]) -> None: ...
    def mint_activity(self) -> str: ...


async def on_wave(wave: Wave, unit: WavingUnit) -> None:
    """Step 5: our person is told, and waves back."""
    account = await unit.account_of(wave.object)
    if account is None:
        return
    await unit.tell(account, "wave", {"actor": wave.actor})
    await unit.owe(Wave(unit.mint_activity(), wave.object, wave.actor), to=[wave.actor])


@pytest.fixture
def waving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps 4 and 7: the entries in the tables."""
    monkeypatch.setitem(table.VERBS, "Wave", table.Verb(parse_wave))
    monkeypatch.setitem(table.RENDER, Wave, render_wave)
    written = opening.handlers

    def handlers(sealed: Arrivals) -> Handlers:
        return Handlers(*written(sealed).all, on(Wave, GraphUnit, on_wave))

    monkeypatch.setattr(opening, "handlers", handlers)


async def arrived(town: Town) -> list[tuple[str, str]]:
    """What alpha has stored of what came, and how it ended."""
    async with town.nodes["alpha.test"].node.stores.database.read() as connection:
        rows = await connection.exec_driver_sql("SELECT state, reason FROM arrivals ORDER BY seq")
        return [(row.state, row.reason) for row in rows]


def test_step_8_what_we_send_reads_back(waving: None) -> None:
    wave = Wave("https://a.test/t/1", "https://a.test/a/ann", "https://b.test/a/bob")
    assert parse(json.loads(render(wave))) == wave


async def test_a_new_activity_is_admitted_applied_and_refused(
    waving: None, town: Town, beta: Stranger
) -> None:
    alice = (await town.sign_up("alice", "alpha.test")).account
    alpha, bob = town.nodes["alpha.test"], beta.character("bob")
    said = {"type": "Wave", "id": "https://beta.test/t/1", "actor": bob.id}
    assert (await beta.say(alpha, bob, {**said, "object": alice.actor})).status == 202
    await town.settle()
    assert await arrived(town) == [("applied", "")]
    told = [json.loads(r.body or b"") for r in beta.asked if r.method == "POST"]
    assert [(one["type"], one["actor"], one["object"]) for one in told] == [
        ("Wave", alice.actor, bob.id)
    ]
    wrong = {**said, "id": "https://beta.test/t/2", "object": bob.id, "to": [alice.actor]}
    assert (await beta.say(alpha, bob, wrong)).status == 202
    await town.settle()
    assert (await arrived(town))[1] == ("refused", "FED-6.6: nobody waves at themselves")


async def test_before_its_recipe_was_followed_it_is_dropped(town: Town, beta: Stranger) -> None:
    alice = (await town.sign_up("alice", "alpha.test")).account
    bob = beta.character("bob")
    said = {"type": "Wave", "id": "https://beta.test/t/1", "actor": bob.id, "object": alice.actor}
    assert (await beta.say(town.nodes["alpha.test"], bob, said)).status == 202
    assert await arrived(town) == []


# -- a new route -----------------------------------------------------------------------------------


class Waves(Struct, frozen=True):
    """Step 2: what is answered."""

    items: list[str]


class NewWave(Struct, frozen=True, forbid_unknown_fields=True):
    """Step 2: what is sent."""

    actor: str


class WavePages:
    """Step 3: the verbs. What was waved is in memory here; a real page asks its unit."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._waved: list[str] = []

    async def wave(self, call: Call) -> Reply:
        """A POST hands its key to the unit that decides."""
        wave: NewWave = call.body

        async def work(unit: GraphUnit) -> None:
            if await unit.account_of(wave.actor) is None:
                raise Missing("GRA-3.12", "nobody here has this id: check it")

        await self._units.run(GraphUnit, work, once=call.once)
        self._waved.append(wave.actor)
        return Reply(Waves(items=self._waved))

    async def waves(self, call: Call) -> Reply:
        """A list is paged by the page that the surface read."""
        start = call.after.at if call.after else 0
        items = self._waved[start : start + call.limit]
        end = start + len(items)
        return Reply(Waves(items=items), after=Cursor(end, "wave") if self._waved[end:] else None)

    def routes(self) -> tuple[Route, ...]:
        """Step 4: the table."""
        return (
            Route("POST", "/waves", self.wave, "Wave.", Scope.WRITE, NewWave, Waves, 201),
            Route("GET", "/waves", self.waves, "Whom you waved at.", Scope.READ,
                  answers=Waves, paged=True),
        )  # fmt: skip


@pytest.fixture
def waves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Step 5: `app/application` hands the page what it needs."""
    written = application.api_surface

    def with_waves(routes: tuple[Route, ...], config: Config) -> Surface:
        return written((*routes, *waving_pages[0].routes()), config)

    waving_pages: list[WavePages] = []
    built = application.make_web

    def make(config: Config, system: Any, stores: Stores, *rest: Any) -> Any:
        waving_pages[:] = [WavePages(stores.units)]
        return built(config, system, stores, *rest)

    monkeypatch.setattr(application, "api_surface", with_waves)
    monkeypatch.setattr(opening, "make_web", make)


async def test_a_new_route_is_described_guarded_paged_and_done_once(
    waves: None, town: Town
) -> None:
    """Step 6."""
    session = await town.sign_up("alice", "alpha.test")
    me, alpha = session.account.actor, town.nodes["alpha.test"]
    async with alpha.line(session.token or "") as line:
        for _ in range(3):
            assert await line.ask("POST", "/waves", Waves, NewWave(me))
        with pytest.raises(Missing, match=r"GRA-3\.12"):
            await line.ask("POST", "/waves", Waves, NewWave("https://alpha.test/a/nobody"))
        assert (await line.ask("GET", "/waves", Waves)).items == [me] * 3
        with pytest.raises(Malformed, match=r"API-5\.2"):
            await line.ask("GET", "/waves", Waves, query={"after": "x"})
        described = json.loads((await line.send("GET", "/openapi.json")).content)
    paths = described["paths"]["/waves"]
    assert paths["get"]["security"] == [{"token": ["read"]}]
    assert {one["name"] for one in paths["get"]["parameters"]} == {"limit", "after"}
    async with alpha.line() as line:
        with pytest.raises(Unproven):
            await line.ask("GET", "/waves", Waves)


# -- a new surface ---------------------------------------------------------------------------------


def show_error(_request: web.Request, problem: Problem) -> web.Response:
    """Step 2: errors in its own shape."""
    return web.json_response({"error": problem.detail}, status=problem.kind.status)


async def hello(call: Call) -> Reply:
    """Step 3: a page of routes."""
    return Reply({"hello": call.caller.name})


@pytest.fixture
def greeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps 2 to 4: the surface, its routes, and its place in the application."""
    built = application.make_web

    def make(config: Config, *rest: Any) -> WebSide:
        side = built(config, *rest)
        ours = side.surfaces[0]
        toy = Surface(
            prefix="/hello/v1",
            routes=(
                Route("GET", "/me", hello, "Greet.", "read", answers=dict[str, str]),
                Route("GET", "/loud", hello, "Greet loudly.", "greet", answers=dict[str, str]),
            ),
            bodies=ours.bodies,
            errors=show_error,
            paging=ours.paging,
            scopes={"greet": "be greeted", "read": "read"},
            cors=Cors(),
            csp="default-src 'self'",
        )
        return replace(side, surfaces=(*side.surfaces, toy))

    monkeypatch.setattr(opening, "make_web", make)


async def test_a_new_surface_answers_in_its_own_way(greeting: None, town: Town) -> None:
    """Step 5."""
    session = await town.sign_up("alice", "alpha.test")
    alpha = town.nodes["alpha.test"]
    token = {"Authorization": f"Bearer {session.token}", "Origin": "https://app.test"}
    async with aiohttp.ClientSession(alpha.url) as browser:
        async with browser.get("/hello/v1/me", headers=token) as answer:
            assert (answer.status, await answer.json()) == (200, {"hello": "alice"})
            assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        async with browser.get("/hello/v1/loud", headers=token) as answer:
            # A session of ours has the scopes of our API; this one is the surface's own.
            assert (answer.status, set(await answer.json())) == (403, {"error"})
        async with browser.get("/hello/v1/you") as answer:
            assert (answer.status, set(await answer.json())) == (404, {"error"})
        async with browser.get("/api/kith/v1/you") as answer:
            assert (await answer.json())["code"] == "missing"
