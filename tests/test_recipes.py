"""The recipes of CONTRIBUTING.md, followed for toys: where they lead nowhere, these tests fail."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from msgspec import Struct

from node.app import opening
from node.e2ee.arriving import Arrivals
from node.errors import Malformed
from node.federation.activities import parse, render, table
from node.federation.activities.attribution import Envelope
from node.federation.activities.reading import Doc, one, url_id
from node.store.graph import GraphUnit
from node.testing.town import Town, open_town
from node.testing.weather import Stranger
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
