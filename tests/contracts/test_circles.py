"""Whom what is said to all reaches, page by page, on the fake and both databases."""

import json

import pytest

from node.accounts.account import delete_account
from node.federation import telling
from node.federation.activities import parse
from node.federation.activities.shapes import Delete
from node.federation.capabilities import FRIENDSHIP, VIDEOS
from node.federation.copies import Copy, copy_for
from node.store.accounts import AccountsUnit
from node.store.circles import Circles
from node.store.unit import Unit
from node.testing import memory
from tests.contracts.stores import Store, circles
from tests.inbox.harness import ALICE, BOB, CAROL, DORA, EVE, Harness, actor_id, any_harness

CHANNEL = f"{ALICE}-c"


@pytest.fixture
async def harness(store: Store) -> Harness:
    return await any_harness(store)


async def pages(harness: Harness, of: list[str], followers: bool, most: int) -> list[list[str]]:
    async def walk(unit: Unit) -> list[list[str]]:
        found, after = [], ""
        while True:
            page, after = await circles(unit).circle(of, followers, after, most)
            found.append(list(page))
            if not after:
                return found

    return await harness.units.look(Unit, walk)


@pytest.mark.clause("FED-8.16")
async def test_a_circle_is_friends_followers_and_whom_one_follows_once_each(
    harness: Harness,
) -> None:
    await harness.follow(BOB, ALICE)
    await harness.follow(EVE, CHANNEL)
    await harness.follow(ALICE, DORA)
    assert await pages(harness, [ALICE, CHANNEL], False, 9) == [[CAROL, BOB, DORA, EVE]]
    assert await pages(harness, [ALICE, CHANNEL], False, 3) == [[CAROL, BOB, DORA], [EVE]]
    assert await pages(harness, [ALICE, CHANNEL], False, 2) == [[CAROL, BOB], [DORA, EVE], []]
    assert await pages(harness, [CHANNEL], True, 9) == [[EVE]]
    assert await pages(harness, [BOB], True, 9) == [[]]


@pytest.mark.clause("VID-8.2")
async def test_who_hears_the_author_needs_no_copy_of_their_channels_video(
    harness: Harness,
) -> None:
    await harness.follow(EVE, ALICE)
    fans = [await harness.person(actor_id(name, "gamma.test")) for name in ("fay", "gus")]

    async def reading(copy: Copy) -> list[str]:
        people = [BOB, EVE, *fans]
        found = await harness.units.look(
            Unit, lambda unit: circles(unit).reading(people, copy, ALICE)
        )
        return sorted(found)

    assert (await reading(Copy.VIDEO), await reading(Copy.SHARE)) == ([], sorted(fans))


@pytest.mark.parametrize(
    ("capabilities", "hears_note", "copy"),
    [
        ([], False, Copy.SHARE),
        ([], True, None),
        ([FRIENDSHIP], False, Copy.VIDEO),
        ([FRIENDSHIP], True, None),
        ([VIDEOS], False, Copy.SHARE),
        ([VIDEOS], True, Copy.SHARE),
    ],
)
@pytest.mark.clause("VID-8.2")
def test_the_copy_is_what_the_server_reads(
    capabilities: list[str], hears_note: bool, copy: Copy | None
) -> None:
    assert copy_for(capabilities, hears_note) is copy


@pytest.mark.clause("ACC-1.8", "FED-8.16")
async def test_who_leaves_is_heard_of_at_home_after_all_others_are_told(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "PAGE", 2)
    subjects: list[str] = []

    async def note(_circles: object, kind: str, subject: str) -> None:
        assert kind == telling.TELL
        subjects.append(subject)

    for each in (Circles, memory.Circles):
        monkeypatch.setattr(each, "add_job", note)
    await harness.units.run(AccountsUnit, lambda unit: delete_account("alice", unit))
    assert [inbox for _, inbox in await harness.take_owed()] == [f"{BOB}/inbox"]
    assert await harness.take_arrived() == []
    await harness.units.run(Unit, lambda unit: telling.go_on(subjects.pop(), circles(unit)))
    ((body, inbox),) = await harness.take_owed()
    assert inbox == f"{DORA}/inbox"
    assert subjects == [] and await harness.take_arrived() == [body]
    said = parse(json.loads(body))
    assert isinstance(said, Delete) and said.actor == said.object == ALICE
