"""A database, SQLite or PostgreSQL: one place that opens it and says how a transaction begins.

SQLite: WAL, `synchronous=FULL`, one writer that begins with BEGIN IMMEDIATE (the driver's own
default loses updates), readers beside it. PostgreSQL: SERIALIZABLE, tried again on a clash.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from node.errors import Broken, NoRoom
from node.store import sqlite_driver
from node.store.pipeline import Glance, Pipeline

T = TypeVar("T")
WRITES = "BEGIN IMMEDIATE"
READERS = 4
# A wait for a reader is a queue, not a fault: a machine that stood still goes on where it was.
# What is longer than this is a connection that was never given back.
LONGEST_QUEUE_SECONDS = 600
# PostgreSQL: serialization_failure and deadlock_detected; both ask for the same unit again.
CLASHES = {"40001", "40P01"}
TRIES = 12


def _sqlite(url: str, kind: type[sqlite_driver.Connection], begin: str, size: int) -> AsyncEngine:
    path = Path(str(make_url(url).database))

    def connect() -> sqlite_driver.Connection:
        return kind(path, isolation_level=None, timeout=30)

    engine = create_async_engine(
        url,
        async_creator=connect,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=LONGEST_QUEUE_SECONDS,
        hide_parameters=True,
    )

    def connected(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={sqlite_driver.BUSY_MILLISECONDS}",
            "cache_size=-8000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begins(connection: Any) -> None:
        connection.connection.driver_connection.begin_with(begin)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begins)
    return engine


def _no_room(error: DBAPIError) -> bool:
    """SQLITE_FULL, or disk_full of PostgreSQL; SQLite's log says a full disk in its own way too."""
    return (
        getattr(error.orig, "sqlstate", None) == "53100"
        # The second: no room for what readers and the writer share in memory.
        or getattr(error.orig, "sqlite_errorname", None) in ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
    )


def _clashes(error: DBAPIError) -> bool:
    """Whether the same unit may succeed when it runs again."""
    # Two processes may draw the same number in one millisecond: the next one is another.
    number_taken = isinstance(error, IntegrityError) and "number" in str(error.orig)
    return number_taken or getattr(error.orig, "sqlstate", None) in CLASHES


class Writer:
    """The one connection that writes to SQLite. It is kept, and lent to a transaction at a time."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._turn = asyncio.Lock()
        self._kept: AsyncConnection | None = None
        self._taking_back: asyncio.Future[None] | None = None
        self.turns, self.waited_seconds = 0, 0.0  # of all, since the start

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]], here: bool) -> T:
        """Run `work` in a transaction and commit; where either fails nothing of it stays."""
        ticks = asyncio.get_running_loop().time
        asked = ticks()
        async with self._turn:
            self.turns, self.waited_seconds = self.turns + 1, self.waited_seconds + ticks() - asked
            if self._taking_back is not None:
                # Whoever went away did not see its end.
                await asyncio.wait({self._taking_back})
            connection = self._kept = self._kept or await self._engine.connect()
            driver = _driver(connection)
            driver.here = here
            driver.begin_with(WRITES)
            try:
                result = await work(connection)
                await self._commit(connection)
            except BaseException:
                self._taking_back = asyncio.ensure_future(self._take_back(connection))
                await asyncio.shield(self._taking_back)
                raise
            return result

    async def _commit(self, connection: AsyncConnection) -> None:
        if connection.in_transaction():
            await connection.commit()
            return
        try:
            await _driver(connection).commit()
        except sqlite3.Error as error:
            raise sqlite_driver.as_said("COMMIT", error) from error

    async def _take_back(self, connection: AsyncConnection) -> None:
        # Also when a commit failed: the library goes on only after it was taken back.
        await connection.rollback()
        await _driver(connection).rollback()
        self._taking_back = None

    async def close(self) -> None:
        if self._kept is not None:
            await self._kept.close()


def _driver(connection: AsyncConnection) -> sqlite_driver.Connection:
    return connection.sync_connection.connection.driver_connection  # type: ignore


class Database:
    """Two doors: `write` (one transaction at a time on SQLite) and `read`.

    An error names the statement and never its values: logs keep errors, values are people's own.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._glancing: sqlite_driver.Glancer | None = None
        self.has_room = True  # as far as the last change showed
        if self.is_sqlite:
            self._writer = _sqlite(url, sqlite_driver.Connection, WRITES, 1)
            self._reader = _sqlite(url, sqlite_driver.Reader, "BEGIN", READERS)
            self._kept = Writer(self._writer)
        else:
            # By name: a node with SQLite has no use for the other driver.
            self._driver = import_module("node.store.postgres_driver")
            self._writer = self._reader = self._driver.engine(url)

    @property
    def engines(self) -> tuple[AsyncEngine, ...]:
        """What stands behind the doors: for those who watch all that is said to the database."""
        return (self._writer, self._reader)

    @property
    def writer_waits(self) -> tuple[int, float] | None:
        """How many changes had their turn, and how long they waited in all; SQLite's alone."""
        return (self._kept.turns, self._kept.waited_seconds) if self.is_sqlite else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection to look with: all that is asked there is answered as of the first question.

        Nothing may be changed through it.
        """
        if self.is_sqlite:
            async with self._reader.connect() as connection:
                yield connection
        else:
            async with self._driver.within(self._reader, "repeatable_read", True) as connection:
                yield connection

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Pipeline]:
        """To ask constants for a few rows by key, which SQLite answers on this thread: a tenth of
        what a trip costs. What takes longer would keep the whole node waiting: `read` does that."""
        if not (self.is_sqlite and Pipeline.together):
            async with self.read() as connection:
                yield Pipeline(connection)
            return
        if self._glancing is None:
            self._glancing = sqlite_driver.Glancer(str(make_url(self.url).database))
        try:
            yield Glance(self._glancing, self._reader.dialect)
        finally:
            self._glancing.end()

    @asynccontextmanager
    async def listener(self) -> AsyncIterator[Any]:
        """A connection of PostgreSQL's driver (asyncpg), outside of the pool, to listen with."""
        engine = create_async_engine(self.url, poolclass=NullPool, hide_parameters=True)
        try:
            async with engine.connect() as connection:
                bare = await connection.get_raw_connection()
                yield bare.driver_connection
        finally:
            await engine.dispose()

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]], here: bool = False) -> T:
        """Run `work` in a transaction and commit. It may run again, so it changes only rows.

        `here`: it asks by key and writes little, so SQLite does it on this thread.

        Raises what `work` raises (and rolls back), `NoRoom` when the disk is full (FED-12.8), or
        `Broken` when clashes do not end.
        """
        for _ in range(TRIES):
            try:
                if self.is_sqlite:
                    result = await self._kept.run(work, here)
                else:
                    async with self._driver.within(self._writer, "serializable") as connection:
                        result = await work(connection)
                self.has_room = True
                return result
            except DBAPIError as error:
                if _no_room(error):
                    self.has_room = False
                    raise NoRoom("the database has no room left on its disk") from error
                if not _clashes(error):
                    raise
        raise Broken("the database refuses this change again and again")

    async def close(self) -> None:
        if self._glancing is not None:
            self._glancing.close()
        if self.is_sqlite:
            await self._kept.close()
        await self._writer.dispose()
        if self._reader is not self._writer:
            await self._reader.dispose()
