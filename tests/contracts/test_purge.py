"""Every table forgets as its `keep` says, on every database."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from node.store import tables
from node.store.database import Database
from node.store.purge import RULES, WITH_ANOTHER, Purge
from node.store.tables.columns import FOREVER
from node.testing.fakes import FakeClock
from node.wire.times import micros


def test_the_rules_are_those_of_the_tables() -> None:
    said = {
        table.name: table.info["keep"]
        for table in tables.METADATA.tables.values()
        if table.info["keep"] != FOREVER
    }
    rules = {name: keep.words for name, keep in RULES.items()} | WITH_ANOTHER
    assert rules == said


async def test_a_round_over_all_tables_runs(database: Database) -> None:
    await Purge(database, FakeClock())()


@pytest.mark.parametrize(("days", "left"), [(29, 1200), (31, 0)])
async def test_old_arrivals_go_in_groups_and_broken_ones_stay(
    database: Database, days: int, left: int
) -> None:
    clock = FakeClock()
    at = micros(clock.now())

    async def write(connection: AsyncConnection) -> None:
        rows = [
            {"actor": "b", "activity": str(n), "body": b"", "received": at, "due": at}
            for n in range(1200)
        ]
        await connection.execute(
            tables.arrivals.insert(), [{**row, "state": "applied"} for row in rows]
        )
        await connection.execute(
            tables.arrivals.insert(), {**rows[0], "activity": "x", "state": "broken"}
        )

    await database.write(write)
    clock.pass_(timedelta(days=days))
    await Purge(database, clock)()
    async with database.read() as connection:
        count = (await connection.execute(select(func.count(tables.arrivals.c.seq)))).scalar_one()
    assert count == left + 1


async def test_a_stranger_is_forgotten_and_a_friend_is_not(database: Database) -> None:
    clock = FakeClock()
    at = micros(clock.now())

    async def write(connection: AsyncConnection) -> None:
        for id in ("https://b.test/stranger", "https://b.test/friend"):
            await connection.execute(tables.actors.insert().values(id=id, fetched=at, local=False))
            await connection.execute(
                tables.keys.insert().values(
                    id=f"{id}#main-key", actor=id, public=b"", created=at, algorithm="rsa"
                )
            )
        await connection.execute(
            tables.friendships.insert().values(
                actor="https://a.test/a", other="https://b.test/friend", updated=at
            )
        )

    await database.write(write)
    clock.pass_(timedelta(days=91))
    await Purge(database, clock)()
    async with database.read() as connection:
        actors = (await connection.execute(select(tables.actors.c.id))).scalars().all()
        keys = (await connection.execute(select(tables.keys.c.actor))).scalars().all()
    assert actors == keys == ["https://b.test/friend"]
