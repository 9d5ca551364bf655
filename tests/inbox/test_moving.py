"""Somebody elsewhere says that they moved: who knows them here is told, and no more is done."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from node.federation.activities.shapes import Move
from node.inbox import moving
from node.store.inbox import InboxUnit
from node.testing.fakes import FakeClock
from node.testing.memory import MemoryTables
from node.testing.stores import open_new_stores
from tests.inbox.harness import ALICE, BOB, CAROL, EVE, Harness, any_harness

NEW, NEWER = "https://gamma.test/a/bob", "https://delta.test/a/bob"


def moves(target: str = NEW, actor: str = BOB) -> Move:
    return Move(f"{actor}/move/{target[8:13]}", actor, target)


@pytest.fixture(params=["memory", "sqlite"])
async def node(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Harness]:
    if request.param == "memory":
        yield await any_harness(MemoryTables())
        return
    stores = await open_new_stores("alpha.test", tmp_path, FakeClock())
    yield await any_harness(stores.database)
    await stores.database.close()


@pytest.mark.clause("INB-7.1", "FED-6.21")
async def test_friends_and_followers_are_told_where_somebody_moved(node: Harness) -> None:
    await node.follow(CAROL, BOB)
    await node.hear(moves())
    assert await node.notices(ALICE) == [("moved", BOB, NEW)]
    assert await node.notices(CAROL) == [("moved", BOB, NEW)]
    await node.hear(moves())
    assert await node.notices(ALICE) == [("moved", BOB, NEW)], "once"
    for target in (NEWER, NEW, NEWER):
        node.clock.pass_(timedelta(days=1))
        await node.hear(moves(target))
    assert await node.notices(ALICE) == [("moved", BOB, NEWER)], "however often they move"
    assert node.sent == [], "nobody is asked to follow anybody"


@pytest.mark.clause("INB-7.1")
async def test_who_goes_back_and_forth_rings_once_a_day(node: Harness) -> None:
    await node.hear(moves())
    told = await node.told()
    for target in (NEWER, NEW, NEWER):
        node.clock.pass_(timedelta(hours=7))
        await node.hear(moves(target))
        assert await node.do(lambda unit: unit.moved_to(BOB)) == target
    assert await node.told() == told and await node.notices(ALICE) == [("moved", BOB, NEW)]
    node.clock.pass_(timedelta(hours=3))
    await node.hear(moves(NEWER))
    assert await node.notices(ALICE) == [("moved", BOB, NEWER)], "of this they were not told yet"
    node.clock.pass_(timedelta(days=2))
    told = await node.told()
    await node.hear(moves(NEWER))
    assert await node.told() == told, "but of this they were"


@pytest.mark.clause("INB-7.1")
async def test_nobody_hears_of_strangers_who_move(node: Harness) -> None:
    await node.hear(moves(actor=EVE), moves(actor="https://gamma.test/a/nobody"))
    assert await node.notices(ALICE) == await node.notices(CAROL) == []


@pytest.mark.clause("INB-7.1")
async def test_many_are_told_in_pages(node: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "PAGE", 1)
    await node.follow(CAROL, BOB)
    left: list[str] = []

    async def add_job(_unit: object, _kind: str, subject: str) -> None:
        left.append(subject)

    for kind in (InboxUnit, type(await node.do(_itself))):
        monkeypatch.setattr(kind, "add_job", add_job)
    await node.hear(moves())
    assert len(await node.notices(ALICE)) + len(await node.notices(CAROL)) == 1
    await node.hear(moves(NEWER))  # who was not told yet is told of the newest
    first = await node.notices(ALICE) + await node.notices(CAROL)
    while left:
        subject = left.pop()
        await node.do(lambda unit, subject=subject: moving.go_on(unit, subject))  # type: ignore[misc]
    assert first == [("moved", BOB, NEW)]
    places = {object for _, _, object in await node.notices(ALICE) + await node.notices(CAROL)}
    assert places == {NEW, NEWER}


async def _itself(unit: InboxUnit) -> InboxUnit:
    return unit
