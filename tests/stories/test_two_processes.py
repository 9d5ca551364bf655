"""Two processes of one node over one PostgreSQL database share the work and do nothing twice."""

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from node.app import Node
from node.store import tables
from node.store.inbox import InboxUnit
from node.testing.town import Town, open_harness, open_town
from node.wire.api.inbox import NewPost, Post
from tests.postgres import Cluster
from tests.stories.people import befriend, person

POSTS = 12


@pytest.fixture
def urls(postgres_server: Cluster) -> dict[str, str]:
    return {"alpha.test": postgres_server.fresh(), "beta.test": ""}


async def settle(town: Town, second: Node) -> None:
    """Both processes of alpha work at the same time, and beta does."""
    nodes = [second, *(harness.node for harness in town.nodes.values())]
    while any(await asyncio.gather(*(node.worker.step() for node in nodes))):
        pass


@pytest.mark.postgres
@pytest.mark.clause("FED-8.2", "FED-8.9")
async def test_each_delivery_is_sent_once_and_in_order(
    tmp_path: Path, urls: dict[str, str]
) -> None:
    async with (
        open_town(tmp_path, *urls, database=urls.__getitem__) as town,
        open_harness(town, "alpha.test", "second", database=urls["alpha.test"]) as second,
        person(town, "alice", "alpha.test") as alice,
        person(town, "bob", "beta.test") as bob,
    ):
        await befriend(town, alice, bob)
        town.sent.clear()
        made: list[str] = []
        async with second.line(alice.line._token) as there:
            for number in range(POSTS):
                line = (alice.line, there)[number % 2]
                body = NewPost(content=f"<p>{number}</p>", audience="friends", format="html")
                made.append((await line.ask("POST", "/posts", Post, body)).id)
        await settle(town, second.node)
        bodies = [json.loads(one.body) for one in town.sent if one.method == "POST"]
        notes = [each["object"]["id"] for each in bodies if each["type"] == "Create"]
        assert Counter(notes) == dict.fromkeys(made, 1)
        assert notes == made

        async def left(unit: InboxUnit) -> int:
            t = tables.deliveries
            query = select(func.count()).select_from(t).where(t.c.state != "delivered")
            return int((await unit.connection.execute(query)).scalar_one())

        assert await second.node.stores.units.look(InboxUnit, left) == 0


@pytest.mark.postgres
async def test_two_first_starts_at_once_make_one_node(tmp_path: Path, urls: dict[str, str]) -> None:
    town = Town(tmp_path)
    url = urls["alpha.test"]
    async with open_harness(town, "alpha.test", database=url) as harness:  # for the schema
        await harness.node.stores.database.write(empty)
    (harness.folder / "node.key").unlink()

    async def start(process: str) -> set[str]:
        async with (
            open_harness(town, "alpha.test", process, database=url) as harness,
            harness.node.stores.database.read() as connection,
        ):
            return set((await connection.execute(select(tables.keys.c.actor))).scalars())

    actors = set.union(*await asyncio.gather(start("one"), start("two"), start("three")))
    assert len(actors) == 1


async def empty(connection: AsyncConnection) -> None:
    for table in reversed(tables.METADATA.sorted_tables):
        await connection.execute(table.delete())
