"""What goes past SQLAlchemy to the drivers is kept, asked, refused and undone as through it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from node.store import compiled
from node.store.database import Database
from node.store.pipeline import Pipeline
from node.store.tables import posts, settings
from tests.contracts.stores import open_database
from tests.postgres import POSTGRESQL, fresh_database

ADD = settings.insert()
ASK = select(settings.c.value).where(settings.c.key == bindparam("key"))
SOME = select(settings.c.key).where(settings.c.key.in_(bindparam("keys", expanding=True)))


@pytest.fixture(params=[POSTGRESQL])
def postgresql_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database(request.param, request, tmp_path) as url:
        yield url


@pytest.fixture
async def postgresql(postgresql_url: str) -> AsyncIterator[Database]:
    opened = await open_database(postgresql_url)
    yield opened
    await opened.close()


async def value(database: Database, key: str) -> str | None:
    async with database.read() as connection:
        rows = await Pipeline(connection).fetch(ASK, {"key": key})
    return rows[0].value if rows else None


async def put(database: Database, key: str, value: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        pipeline = Pipeline(connection)
        pipeline.later(ADD, {"key": key, "value": value})
        await pipeline.flush()

    await database.write(work)


@pytest.mark.clause("API-2.3")
async def test_what_is_refused_is_said_without_the_values(database: Database) -> None:
    await put(database, "name", "one")
    with pytest.raises(IntegrityError) as caught:
        await put(database, "name", "open sesame")
    error: BaseException | None = caught.value
    while error is not None:
        assert "sesame" not in f"{error} {error!r}" and "(name)" not in str(error)
        error = error.__cause__
    assert await value(database, "name") == "one"


async def test_a_list_is_asked_for_in_whatever_length(database: Database) -> None:
    keys = [f"k{number}" for number in range(9)]
    for key in keys:
        await put(database, key, "")
    async with database.read() as connection:
        for count in (0, 1, 2, 3, 5, 9):
            rows = await Pipeline(connection).fetch(SOME, {"keys": keys[:count]})
            assert sorted(row.key for row in rows) == keys[:count]


async def test_what_was_read_first_holds_for_the_whole_look(database: Database) -> None:
    async with database.read() as connection:
        pipeline = Pipeline(connection)
        assert not await pipeline.fetch(ASK, {"key": "name"})
        await put(database, "name", "one")
        assert not await pipeline.fetch(ASK, {"key": "name"})
    assert await value(database, "name") == "one"


async def test_a_unit_that_is_cancelled_leaves_nothing_and_the_next_goes_on(
    database: Database,
) -> None:
    began = asyncio.Event()

    async def work(connection: AsyncConnection) -> None:
        pipeline = Pipeline(connection)
        pipeline.later(ADD, {"key": "name", "value": "one"})
        await pipeline.flush()
        began.set()
        await asyncio.Event().wait()

    working = asyncio.create_task(database.write(work))
    await began.wait()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    await put(database, "name", "two")
    assert await value(database, "name") == "two"


async def test_a_lost_connection_fails_its_unit_and_no_other(postgresql: Database) -> None:
    await put(postgresql, "name", "one")  # the connection is kept

    async def work(connection: AsyncConnection) -> None:
        pipeline = Pipeline(connection)
        pipeline.later(ADD, {"key": "other", "value": "two"})
        await pipeline.flush()
        (await connection.get_raw_connection()).driver_connection.terminate()  # type: ignore[union-attr]
        await pipeline.fetch(ASK, {"key": "other"})

    with pytest.raises(DBAPIError):
        await postgresql.write(work)
    assert (await value(postgresql, "name"), await value(postgresql, "other")) == ("one", None)


async def test_a_connection_that_was_lost_while_idle_is_opened_anew(postgresql: Database) -> None:
    async with postgresql.read() as connection:
        bare = (await connection.get_raw_connection()).driver_connection
    bare.terminate()  # type: ignore[union-attr]
    assert await value(postgresql, "name") is None


async def test_nothing_is_changed_by_a_look(postgresql: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with postgresql.read() as connection:
            pipeline = Pipeline(connection)
            pipeline.later(ADD, {"key": "name", "value": "one"})
            await pipeline.flush()


async def test_statements_that_are_no_constants_do_not_pile_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "_KEPT", {})
    monkeypatch.setattr(compiled, "MOST_KEPT", 8)
    async with database.read() as connection:
        for number in range(20):
            made = select(settings.c.value).where(settings.c.key == f"k{number}")
            assert not await Pipeline(connection).fetch(made, {})
    assert 0 < len(compiled._KEPT) <= 8


async def test_values_that_a_statement_brings_itself_are_written_into_it(
    postgresql: Database,
) -> None:
    asked = select(posts.c.id).where(posts.c.kind == "it's", posts.c.id == bindparam("id"))
    async with postgresql.read() as connection:
        assert not await Pipeline(connection).fetch(asked, {"id": "x"})
        made = compiled.compiled(asked, {"id": "x"}, connection.dialect)
    assert "'it''s'" in made.sql and made.order == ("id",)
