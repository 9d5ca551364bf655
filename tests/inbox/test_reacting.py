"""Likes, shares, their taking back; blocks (INB-3, INB-5)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from node.federation.activities.shapes import Announce, Block, Like, Undo
from node.store import tables
from node.store.feeds import FeedUnit
from node.store.streams import Place, StreamsUnit
from node.testing.fakes import NEW_YEAR
from node.wire.times import micros
from tests.inbox.harness import ALICE, BOB, CAROL, DORA, EVE, DatabaseHarness, create, note

Refuses = Callable[[str], AbstractContextManager[None]]


def like(object: str, actor: str = BOB, name: str = "like/1") -> Like:
    return Like(f"{actor}/{name}", actor, object)


def undo(said: Like | Announce, enclosed: bool = True) -> Undo:
    return Undo(f"{said.id}/undo", said.actor, said.id, said if enclosed else None)


async def likes(harness: DatabaseHarness, id: str) -> int:
    return (await harness.shown(ALICE, id)).likes


@pytest.mark.clause("INB-3.1", "INB-5.4")
async def test_likes_of_a_post_and_its_video_count_once(harness: DatabaseHarness) -> None:
    mine = await harness.publish(ALICE)
    video = mine.id + "-video"
    row = tables.posts.update().where(tables.posts.c.id == mine.id).values(video=video)
    await harness.write(row)
    first, second = like(mine.id), like(video, name="like/2")
    await harness.hear(first, second, second)
    assert await likes(harness, mine.id) == 1
    assert await harness.notices(ALICE) == [("like", BOB, mine.id)]
    await harness.hear(undo(first))
    assert await likes(harness, mine.id) == 1
    await harness.hear(undo(second))
    assert await likes(harness, mine.id) == 0


@pytest.mark.clause("INB-3.2")
async def test_who_may_not_see_a_post_neither_likes_nor_shares_it(
    harness: DatabaseHarness, refused: Refuses
) -> None:
    mine = await harness.publish(ALICE)
    for said in (like(mine.id, EVE), Announce(f"{EVE}/share", EVE, mine.id, NEW_YEAR)):
        with refused("INB-3.2"):
            await harness.hear(said)
    assert await harness.rows(tables.reactions) == []


@pytest.mark.clause("INB-3.3", "INB-5.4")
@pytest.mark.parametrize("enclosed", [True, False])
async def test_what_is_taken_back_leaves_nothing(harness: DatabaseHarness, enclosed: bool) -> None:
    mine = await harness.publish(ALICE)
    said = like(mine.id)
    await harness.hear(said, undo(said, enclosed), said)
    assert await likes(harness, mine.id) == 0
    assert await harness.notices(ALICE) == []
    await harness.hear(like(mine.id, name="like/2"))
    assert await likes(harness, mine.id) == 1


@pytest.mark.clause("INB-3.3")
async def test_an_undo_may_come_first_or_without_an_id(harness: DatabaseHarness) -> None:
    mine = await harness.publish(ALICE)
    said = like(mine.id)
    await harness.hear(undo(said), said)
    assert await likes(harness, mine.id) == 0
    await harness.hear(like(mine.id, name="like/2"))
    await harness.hear(Undo(f"{BOB}/undo/x", BOB, "", Like("", BOB, mine.id)))
    assert await likes(harness, mine.id) == 0


@pytest.mark.clause("INB-3.3")
async def test_nobody_takes_back_what_another_said(
    harness: DatabaseHarness, refused: Refuses
) -> None:
    mine = await harness.publish(ALICE)
    said = like(mine.id)
    await harness.hear(said, Undo(f"{DORA}/undo", DORA, said.id))
    assert await likes(harness, mine.id) == 1
    with refused("GRA-3.7"):  # by the first room that hears of it
        await harness.hear(Undo(f"{EVE}/undo", EVE, said.id, Like(said.id, EVE, mine.id)))


@pytest.mark.clause("INB-3.4")
async def test_what_others_say_of_a_post_elsewhere_is_not_kept(harness: DatabaseHarness) -> None:
    post = note()
    await harness.hear(create(post), like(post.id, DORA))
    assert await harness.rows(tables.reactions) == []


@pytest.mark.clause("INB-5.2")
async def test_a_block_purges_what_ties_the_two(harness: DatabaseHarness) -> None:
    mine, theirs = await harness.publish(ALICE), note()
    await harness.hear(create(theirs), like(mine.id), like(mine.id, DORA))
    await harness.hear(create(note(BOB, "2", in_reply_to=mine.id, to=(f"{ALICE}/friends",))))
    await harness.hear(Block(f"{ALICE}/block", ALICE, BOB))
    await harness.friendship(ALICE, BOB, "blocked", "none")
    assert await harness.feed(ALICE) == []
    assert await harness.notices(ALICE) == [("like", DORA, mine.id)]
    assert await likes(harness, mine.id) == 1
    assert await harness.comments(ALICE, mine.id) == []
    assert await harness.rows(tables.timeline, tables.timeline.c.account == "alice") == []


@pytest.mark.clause("INB-5.2", "INB-5.5")
async def test_a_stream_that_resumes_shows_no_event_that_was_taken_back(
    harness: DatabaseHarness,
) -> None:
    units = harness.units
    await harness.hear(create(note(DORA, "d")), create(note(BOB)))
    before = await units.look(StreamsUnit, lambda unit: unit.newest("alice"))
    await harness.hear(Block(f"{ALICE}/block", ALICE, BOB))
    assert await units.look(StreamsUnit, lambda unit: unit.unbroken(before))
    start = Place(0, micros(NEW_YEAR))
    told = await units.look(StreamsUnit, lambda unit: unit.behind(start, "alice", "device"))
    assert [(one.kind, BOB in one.data, DORA in one.data) for one in told] == [
        ("post", False, True)
    ]
    assert [row.kind for row in await harness.rows(tables.events)] == ["post", "void"]


@pytest.mark.clause("INB-5.1")
async def test_pages_of_posts_of_one_instant_hold_each_once(harness: DatabaseHarness) -> None:
    made = [note(BOB, str(number), published=NEW_YEAR) for number in range(7)]
    late = note(DORA, "late", published=NEW_YEAR + timedelta(days=1))
    await harness.hear(*map(create, made), create(late))
    found, after = [], None
    for _ in range(9):
        items, after = await harness.look(lambda unit, a=after: unit.feed("alice", ALICE, 3, a))
        found += [one.id for one in items]
        if after is None:
            break
    assert found == [late.id, *sorted((one.id for one in made), reverse=True)]


@pytest.mark.clause("INB-5.1")
async def test_pages_of_notices_of_one_instant_hold_each_once(harness: DatabaseHarness) -> None:
    mine = await harness.publish(ALICE)
    for other in (BOB, DORA, CAROL):
        await harness.do(lambda unit, a=other: unit.notify("alice", "like", a, mine.id))
    found, after = [], None
    while True:
        items, after = await harness.look(lambda unit, a=after: unit.noticed("alice", 1, a))
        found += [one.actor.id for one in items]
        if after is None:
            break
    assert sorted(found) == sorted([BOB, DORA, CAROL])
    (newest, *_), _ = await harness.look(lambda unit: unit.noticed("alice", 1, None))
    await harness.units.run(FeedUnit, lambda unit: unit.read_up_to("alice", newest.id))
    items, _ = await harness.look(lambda unit: unit.noticed("alice", 40, None))
    assert all(one.read for one in items)
