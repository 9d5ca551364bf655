"""PostgreSQL by its driver, asyncpg: units and their statements without a layer between.

A statement costs SQLAlchemy a millisecond here, most of it to expand lists and to adapt the driver
to what is not asynchronous. The engine still keeps the connections and runs what goes through it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

T = TypeVar("T")
CONNECTIONS = 10
STATEMENTS_KEPT = 500  # prepared ones, of each connection


class Said(Exception):
    """What PostgreSQL says, without the details: they hold values."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error.args[0] if error.args else type(error).__name__)
        self.sqlstate: str | None = getattr(error, "sqlstate", None)


def _told(sql: str, error: Exception) -> DBAPIError:
    """As SQLAlchemy says it."""
    kind = DBAPIError
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        kind = IntegrityError
    return kind(sql, None, Said(error), hide_parameters=True)


async def _asked(sql: str, ask: Callable[..., Awaitable[T]], *given: Any) -> T:
    try:
        return await ask(*given)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _told(sql, error) from None


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that is sent what `pipeline` has compiled."""

    async def send(
        self,
        writes: Sequence[tuple[str, Sequence[Sequence[Any]]]],
        asked: Sequence[tuple[str, Sequence[Any]]],
    ) -> list[tuple[Sequence[str], Sequence[Any]]]:
        """See `pipeline.Driver`: one after the other, the rows of one statement together."""
        for sql, rows in writes:
            if len(rows) == 1:
                await _asked(sql, self.execute, sql, *rows[0])
            else:
                await _asked(sql, self.executemany, sql, rows)
        found: list[tuple[Sequence[str], Sequence[Any]]] = []
        for sql, values in asked:
            records: Sequence[Any] = await _asked(sql, self.fetch, sql, *values)
            found.append((list(records[0].keys()) if records else (), records))
        return found


def engine(url: str) -> AsyncEngine:
    """Keeps connections; when a transaction begins and ends, `within` says."""
    return create_async_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=CONNECTIONS,
        hide_parameters=True,
        connect_args={
            "connection_class": Connection,
            "statement_cache_size": STATEMENTS_KEPT,
            # Compiling what runs for a millisecond takes longer than running it.
            "server_settings": {"jit": "off"},
        },
    )


@asynccontextmanager
async def within(
    engine: AsyncEngine, isolation: str, readonly: bool = False
) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction, which is committed at the end of the block.

    When the block fails it is rolled back; a connection that cannot do that is given up.
    """
    async with engine.connect() as connection:
        bare = await _standing(connection)
        transaction = bare.transaction(isolation=isolation, readonly=readonly)
        await _ends(connection, "BEGIN", transaction.start)
        try:
            yield connection
        except BaseException:
            with suppress(DBAPIError):  # the connection was lost: it is rolled back all the same
                await _ends(connection, "ROLLBACK", transaction.rollback)
            raise
        await _ends(connection, "COMMIT", transaction.commit)


async def _standing(connection: AsyncConnection) -> Any:
    """The driver's connection; one that was lost while it was idle is opened anew."""
    bare = (await connection.get_raw_connection()).driver_connection
    if bare is not None and bare.is_closed():
        await connection.invalidate()
        bare = (await connection.get_raw_connection()).driver_connection
    return bare


async def _ends(
    connection: AsyncConnection, word: str, work: Callable[[], Awaitable[None]]
) -> None:
    """Begin or end a transaction. Where that fails, nobody else is given the connection."""
    try:
        await _asked(word, work)
    except BaseException:
        await connection.invalidate()
        raise
