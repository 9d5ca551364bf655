"""Whatever order and however often activities arrive, the same state is left (INB-1.1)."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from node.federation.activities.shapes import (
    Activity,
    Delete,
    Like,
    Note,
    Undo,
    UpdateNote,
)
from node.store import tables
from node.store.database import Database
from node.testing.fakes import NEW_YEAR
from tests.inbox.houses import ALICE, BOB, House, create, note, open_house

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
        newer(made, 2, "of the same instant"),
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


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with a post of Alice's, as a file to be copied."""
    file = tmp_path_factory.mktemp("template") / "kith.sqlite3"

    async def build() -> None:
        database = Database(f"sqlite+aiosqlite:///{file}")

        async def make(connection: AsyncConnection) -> None:
            await connection.run_sync(tables.METADATA.create_all)

        await database.write(make)
        house = await open_house(database)
        await house.insert(
            tables.posts, id=MINE, author=ALICE, local=True, thread=MINE, published=0
        )
        await house.insert(tables.audiences, post=MINE, kind="friends", ref="")
        await database.close()

    asyncio.run(build())
    return file


async def left(template: Path, order: Sequence[Activity]) -> dict[str, Any]:
    """What is on disk after these have arrived, without instants of arrival."""
    with tempfile.TemporaryDirectory() as folder:
        file = shutil.copy(template, folder)
        house = House(Database(f"sqlite+aiosqlite:///{file}"))
        try:
            for activity in order:
                await house.hear(activity)
            return await state(house)
        finally:
            await house.database.close()


async def state(house: House) -> dict[str, Any]:
    posts = {
        row.id: ("gone",) if row.deleted else (row.content, row.updated, row.thread)
        for row in await house.rows(tables.posts)
    }
    if posts.get(POST.id) == ("gone",):
        # A row that was there before its Delete stays as a root of replies; both show nothing.
        del posts[POST.id]
    if posts.get(ANSWER.id) == ("gone",):
        del posts[ANSWER.id]
    said = {
        (row.object, tuple(sorted(row.activity.split())))
        for row in await house.rows(tables.reactions)
    }
    return {
        "posts": posts,
        "reactions": said,
        "feed": await house.feed(ALICE),
        "timeline": [row.post for row in await house.rows(tables.timeline)],
        "notices": sorted(await house.notices(ALICE)),
        "graves": {(row.id, row.actor) for row in await house.rows(tables.tombstones)},
    }


@pytest.mark.clause("INB-1.1", "INB-1.4", "INB-1.5", "INB-3.3")
@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(arrivals())
def test_order_and_repeats_do_not_matter(
    template: Path, case: tuple[list[Activity], list[Activity]]
) -> None:
    said, order = case
    expected = asyncio.run(left(template, said))
    found = asyncio.run(left(template, order))
    assert found == expected, json.dumps([one.id for one in order], indent=1)


def test_the_stories_end_as_they_are_told(template: Path) -> None:
    gone = asyncio.run(left(template, story(POST)))
    assert gone["posts"].keys() == {MINE}
    assert gone["graves"] == {(POST.id, BOB)}
