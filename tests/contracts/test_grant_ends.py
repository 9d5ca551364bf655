"""What ends grants to play is seen by whoever holds some, in any process, on both databases."""

import pytest

from node.federation.activities import render
from node.store.accounts import AccountsUnit
from node.store.database import Database
from node.store.federation import FederationUnit
from node.store.unit import UnitContext, Units
from node.store.video import VideoUnit
from node.store.wakeups import Wakeups
from node.testing.fakes import FakeClock, FakeEntropy

ALICE = "https://a.test/a/alice"
BOB, DORA = "https://a.test/a/bob", "https://b.far.test/a/dora"


@pytest.mark.clause("VID-7.3", "ACC-1.13")
async def test_each_end_leaves_a_mark_of_its_own_for_whom_it_concerns(database: Database) -> None:
    clock = FakeClock()
    ours, beside = (
        Units(database, UnitContext("https://a.test", clock, FakeEntropy(seed), render), Wakeups())
        for seed in ("ours", "beside")
    )

    async def marks() -> list[frozenset[str]]:
        async def look(unit: VideoUnit) -> list[frozenset[str]]:
            return [await unit.ends(viewer, ALICE) for viewer in (BOB, DORA)]

        return await ours.look(VideoUnit, look)

    async def whom_it_concerned() -> list[bool]:
        before, now = found[-1], await marks()
        found.append(now)
        return [not late <= early for early, late in zip(before, now, strict=True)]

    found = [await marks()]
    assert found == [[frozenset(), frozenset()]]
    for _ in range(2):  # at the same instant: none hides behind an earlier one
        await beside.run(AccountsUnit, lambda unit: unit.drop_media_grants(BOB))
        assert await whom_it_concerned() == [True, False]
        await beside.run(FederationUnit, lambda unit: unit.suspend("far.test", True))
        assert await whom_it_concerned() == [False, True]
        await beside.run(FederationUnit, lambda unit: unit.suspend_actor(DORA, True))
        assert await whom_it_concerned() == [False, True]
        await beside.run(VideoUnit, lambda unit: unit.drop_grants_between(BOB, ALICE))
        assert await whom_it_concerned() == [True, False]
        await beside.run(VideoUnit, lambda unit: unit.drop_grants_between(BOB, DORA))
        assert await whom_it_concerned() == [False, False]
        await beside.run(AccountsUnit, lambda unit: unit.drop_media_grants(ALICE))
        assert await whom_it_concerned() == [True, True]
