"""Whatever order and however often activities arrive, the same state is left (INB-1.1)."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from node.federation.activities.shapes import (
    Activity,
    Delete,
    Like,
    Note,
    Undo,
    UpdateNote,
)
from node.graph.visibility import Audience, AudienceKind
from node.testing.fakes import NEW_YEAR
from node.testing.memory import MemoryTables
from node.testing.memory.tables import Written
from tests.inbox.harness import ALICE, BOB, Harness, any_harness, create, note

MINE = "https://alpha.test/o/mine"
POST = note()
ANSWER = note(BOB, "answer", in_reply_to=MINE, to=(f"{ALICE}/friends", ALICE))


def newer(made: Note, minutes: int, words: str) -> UpdateNote:
    changed = replace(
        made, content=f"<p>{words}</p>", updated=NEW_YEAR + timedelta(minutes=minutes)
    )
    return UpdateNote(f"{made.id}/update/{words}", made.author, changed)


def story(made: Note) -> list[Activity]:
    return [
        create(made),
        newer(made, 1, "first"),
        newer(made, 2, "second"),
        newer(made, 3, "third"),
        Delete(f"{made.id}/delete", made.author, made.id),
    ]


LIKE, AGAIN = Like(f"{BOB}/like/1", BOB, MINE), Like(f"{BOB}/like/2", BOB, MINE)
LIKES: list[Activity] = [
    LIKE,
    AGAIN,
    Undo(f"{BOB}/undo/1", BOB, LIKE.id, LIKE),
    Undo(f"{BOB}/undo/2", BOB, AGAIN.id, AGAIN),
]
POOLS = [story(POST), story(ANSWER), LIKES, [*story(ANSWER)[:2], *LIKES[:3]]]


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Activity], list[Activity]]:
    """Up to five activities as they were said, and an order with repeats in which they arrive."""
    pool = draw(st.sampled_from(POOLS))
    chosen = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=5, unique_by=id))
    said = [one for one in pool if any(one is other for other in chosen)]
    again = draw(st.lists(st.sampled_from(said), max_size=3))
    return said, draw(st.permutations([*said, *again]))


async def left(order: Sequence[Activity]) -> dict[str, Any]:
    """What is kept after these have arrived, without instants of arrival."""
    tables = MemoryTables()
    harness = await any_harness(tables)
    mine = Note(MINE, ALICE, content="", published=NEW_YEAR)
    tables.posts[MINE] = Written(mine, "note", MINE, local=True, at=0, number=1)
    tables.audiences[MINE] = (Audience(AudienceKind.FRIENDS),)
    for activity in order:
        await harness.hear(activity)
    return await state(harness, tables)


async def state(harness: Harness, tables: MemoryTables) -> dict[str, Any]:
    posts = {
        id: ("gone",) if post.deleted else (post.note.content, post.updated, post.thread)
        for id, post in tables.posts.items()
    }
    if posts.get(POST.id) == ("gone",):
        # A row that was there before its Delete stays as a root of replies; both show nothing.
        del posts[POST.id]
    if posts.get(ANSWER.id) == ("gone",):
        del posts[ANSWER.id]
    return {
        "posts": posts,
        "reactions": {(key[1], tuple(sorted(said))) for key, said in tables.reactions.items()},
        "feed": await harness.feed(ALICE),
        "timeline": [post for _, post in tables.timeline],
        "notices": sorted(await harness.notices(ALICE)),
        "graves": set(tables.graves),
    }


@pytest.mark.clause("INB-1.1", "INB-1.4", "INB-1.5", "INB-3.3")
@settings(max_examples=400)
@given(arrivals())
def test_order_and_repeats_do_not_matter(case: tuple[list[Activity], list[Activity]]) -> None:
    said, order = case
    expected = asyncio.run(left(said))
    found = asyncio.run(left(order))
    assert found == expected, json.dumps([one.id for one in order], indent=1)


def test_the_stories_end_as_they_are_told() -> None:
    gone = asyncio.run(left(story(POST)))
    assert gone["posts"].keys() == {MINE}
    assert gone["graves"] == {(POST.id, BOB)}
