"""What a node keeps of the Resends that it sent, and how often it was answered."""

import asyncio
from datetime import timedelta

import pytest

from node.federation.catching_up import LOST, Asked
from node.store.catching_up import CatchingUpUnit
from node.store.database import Database
from node.store.unit import UnitContext, Units
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy

HOME, BOB = "https://alpha.test", "https://beta.test/a/bob"
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def units(database: Database, clock: FakeClock) -> Units:
    return Units(database, UnitContext(HOME, clock, FakeEntropy(), lambda _: b"{}"), Wakeups())


@pytest.mark.clause("FED-13.9")
async def test_who_was_asked_is_known_and_how_many_posts_they_named(
    units: Units, clock: FakeClock
) -> None:
    asked = Asked(f"{HOME}/t/one", BOB, clock.now() - HOUR, clock.now())
    await units.run(CatchingUpUnit, lambda unit: unit.keep_asked(asked))
    assert await units.look(CatchingUpUnit, lambda unit: unit.asked(asked.id)) == asked
    assert await units.look(CatchingUpUnit, lambda unit: unit.asked(f"{HOME}/t/two")) is None

    async def name(posts: int, resend: str = asked.id) -> bool:
        return await units.run(
            CatchingUpUnit, lambda unit: unit.count_named(resend, posts, most=500)
        )

    # However many answers are applied at once, they name no more together.
    assert sorted(await asyncio.gather(*(name(90) for _ in range(7)))) == [False] * 2 + [True] * 5
    assert not await name(51)
    assert await name(50)
    assert not await name(1)
    assert await name(0)
    assert not await name(1, f"{HOME}/t/two")


@pytest.mark.clause("FED-13.9")
async def test_notices_of_a_restore_are_counted_for_one_person(
    units: Units, clock: FakeClock
) -> None:
    async def notify(*told: tuple[str, str, str]) -> None:
        async def work(unit: CatchingUpUnit) -> None:
            for account, kind, object in told:
                unit.notify_of(account, kind, BOB, object, quiet=True)

        await units.run(CatchingUpUnit, work)

    await notify(("alice", LOST, "before"))
    clock.pass_(HOUR)
    restored = clock.now()
    await notify(*(("alice", LOST, object) for object in ("one", "two", "three")))
    await notify(("bob", LOST, "one"), ("alice", "like", "four"), ("carol", "like", "one"))

    async def look(unit: CatchingUpUnit) -> None:
        assert await unit.notices_since([], LOST, restored) == {}
        given = await unit.notices_since(["alice", "bob", "carol"], LOST, restored)
        assert given == {"alice": 3, "bob": 1}
        assert await unit.notified(LOST, []) == set()
        told = await unit.notified(LOST, ["before", "one", "four"])
        assert told == {("alice", "before"), ("alice", "one"), ("bob", "one")}

    await units.look(CatchingUpUnit, look)
