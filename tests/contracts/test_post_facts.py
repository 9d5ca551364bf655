"""What handlers of posts ask is read for a whole batch: a trip for each would take longest."""

from typing import Any

import pytest

from node.inbox import posts
from node.store.database import Database
from node.store.inbox import InboxUnit
from node.store.pipeline import Pipeline
from tests.inbox.harness import BOB, DORA, create, note, open_harness


async def test_many_posts_are_applied_in_as_few_trips_as_two(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness, trips = await open_harness(database), [0]
    send = Pipeline._send

    async def counted(self: Pipeline, asked: Any) -> Any:
        trips[-1] += 1
        return await send(self, asked)

    monkeypatch.setattr(Pipeline, "_send", counted)
    for count in (2, 30):
        authors = [(BOB, DORA)[number % 2] for number in range(count)]
        said = [create(note(who, f"{count}-{at}")) for at, who in enumerate(authors)]

        async def work(unit: InboxUnit, said: Any = said) -> None:
            await unit.prepare(said)
            for one in said:
                await posts.on_create_note(one, unit)

        trips.append(0)
        await harness.units.run(InboxUnit, work)
    assert trips[1] == trips[2], trips
    assert len([kind for kind in await harness.told() if kind == "post"]) >= 15
