"""Whoever wrote or was read much is erased in slices, which may be stopped between any two."""

import pytest
from sqlalchemy import select

from node.federation.activities.shapes import Like
from node.inbox.audiences import Choice
from node.store import erasing, tables
from node.store.database import Database
from node.store.erasing import ERASE_ACTOR, ERASE_POST, Erasing
from node.store.inbox import InboxUnit
from node.store.unit import Unit
from node.worker.erasing import Eraser
from tests.inbox.harness import ALICE, BOB, DatabaseHarness, Harness, any_harness, create, note

MANY = 7


@pytest.fixture
async def harness(database: Database, monkeypatch: pytest.MonkeyPatch) -> Harness:
    monkeypatch.setattr(erasing, "POSTS", 2)
    monkeypatch.setattr(erasing, "ROWS", 2)
    return await any_harness(database)


async def waiting(harness: DatabaseHarness, kind: str) -> list[str]:
    jobs = tables.jobs.c
    return [row.subject for row in await harness.rows(tables.jobs, jobs.kind == kind)]


async def count(harness: DatabaseHarness, table: object, *which: object) -> int:
    return len(await harness.rows(table, *which))


@pytest.mark.clause("INB-1.7")
async def test_an_actor_who_wrote_much_goes_in_slices(harness: DatabaseHarness) -> None:
    mine = [await harness.publish(ALICE) for _ in range(MANY)]
    for number in range(MANY):
        written = create(note(BOB, str(number)))
        await harness.hear(written, Like(f"{BOB}/like/{number}", BOB, mine[number].id))
        await harness.put_arrival(BOB, f"{BOB}/t/{number}", b'{"words": 1}', "applied")
    await harness.units.run(InboxUnit, lambda unit: unit.erase_actor(BOB))
    posts, t = tables.posts.c, tables.timeline.c
    left = [posts.author == BOB, posts.deleted.is_(None)]
    assert await count(harness, tables.posts, *left) == MANY - 2, "the first slice goes at once"
    assert await waiting(harness, ERASE_ACTOR) == [BOB]
    # A slice, and the process is killed: the next one goes on.
    await harness.units.run(Unit, lambda unit: Erasing(unit).actor_slice(BOB))
    await Eraser(harness.units).actor(BOB)
    assert await count(harness, tables.posts, *left) == 0
    gone = select(posts.id).where(posts.author == BOB)
    assert await count(harness, tables.timeline, t.post.in_(gone)) == 0
    assert await count(harness, tables.reactions, tables.reactions.c.actor == BOB) == 0
    assert await count(harness, tables.notices, tables.notices.c.actor == BOB) == 0
    assert set((await harness.arrivals()).values()) == {b""}


@pytest.mark.clause("INB-1.6")
async def test_a_post_that_was_read_and_liked_much_goes_in_slices(
    harness: DatabaseHarness,
) -> None:
    mine = await harness.publish(ALICE, choice=Choice.PUBLIC)
    for number in range(MANY):
        row = {"actor": f"https://b.test/{number}", "object": mine.id, "kind": "like"}
        await harness.insert(tables.reactions, created=0, **row)
        await harness.insert(tables.timeline, account=f"r{number}", post=mine.id, published=0)
        told = {"account": "alice", "kind": "like", "actor": row["actor"], "object": mine.id}
        await harness.insert(tables.notices, id=str(number), created=0, **told)
    await harness.do(lambda unit: unit.erase_post(mine.id))
    (row,) = await harness.rows(tables.posts, tables.posts.c.id == mine.id)
    assert row.content == "" and row.deleted is not None, "the words go at once"
    assert await waiting(harness, ERASE_POST) == [mine.id]
    await Eraser(harness.units).post(mine.id)
    assert await harness.readers(mine.id) == []
    assert await count(harness, tables.reactions) == 0
    assert await count(harness, tables.notices) == 0
    told = await harness.told()
    assert told.count("post_deleted") >= MANY
