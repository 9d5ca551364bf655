"""SQLite in fewer trips: what aiosqlite sends to its thread one call at a time goes in one.

A statement costs SQLAlchemy four trips to aiosqlite's thread (cursor, execute, fetch, close), and
under load each trip waits for its turn twice. Here a statement, the BEGIN before it and the rows
behind it are one trip. What is asked and answered is the same.

A trip costs ten times as much as a question by key. Who asks such things alone asks them `here`,
on the thread of the loop; what waits for the disk or for another process stays a trip.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy.exc import DBAPIError

BUSY_MILLISECONDS = 30_000  # a trip waits so long for another process
Writes = Sequence[tuple[str, Sequence[Sequence[Any]]]]
Questions = Sequence[tuple[str, Sequence[Any]]]
Answers = list[tuple[Sequence[str], Sequence[Any]]]


class Cursor:
    """What SQLAlchemy asks of an aiosqlite cursor; it comes back with all its rows."""

    arraysize = 1

    def __init__(self, trips: "Connection") -> None:
        self._trips = trips
        self._found: Sequence[Any] = ()
        self._made: sqlite3.Cursor | None = None

    def _run(self, many: bool, sql: str, parameters: Any) -> None:
        """On the connection's thread."""
        self._made = self._trips.begun().cursor()
        if many:
            self._made.executemany(sql, parameters)
            return
        self._made.execute(sql, parameters)
        if self._made.description is not None:
            self._found = self._made.fetchall()

    @property
    def description(self) -> Any:
        return None if self._made is None else self._made.description

    @property
    def rowcount(self) -> int:
        return -1 if self._made is None else self._made.rowcount

    @property
    def lastrowid(self) -> int | None:
        return None if self._made is None else self._made.lastrowid

    async def __aenter__(self) -> "Cursor":
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> "Cursor":
        await self._trips.go(lambda: self._run(False, sql, parameters or ()))
        return self

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> "Cursor":
        await self._trips.go(lambda: self._run(True, sql, parameters))
        return self

    async def fetchall(self) -> Sequence[Any]:
        found, self._found = self._found, ()
        return found

    async def close(self) -> None:
        # Every row is here: SQLite has let go of the statement already.
        self._found = ()


def _executed(
    execute: Callable[[str, Any], sqlite3.Cursor], sql: str, arguments: Any
) -> sqlite3.Cursor:
    try:
        return execute(sql, arguments)
    except sqlite3.Error as error:
        raise as_said(sql, error) from error


def as_said(sql: str, error: sqlite3.Error) -> DBAPIError:
    """As SQLAlchemy says it, and as it does without the values."""
    said = DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True)
    assert isinstance(said, DBAPIError)
    return said


def _done(connection: sqlite3.Connection, writes: Writes, asked: Questions) -> Answers:
    for sql, rows in writes:
        if len(rows) == 1:
            _executed(connection.execute, sql, rows[0])
        else:
            _executed(connection.executemany, sql, rows)
    found: Answers = []
    for sql, values in asked:
        cursor = _executed(connection.execute, sql, values)
        names = [column[0] for column in cursor.description or ()]
        found.append((names, cursor.fetchall()))
    return found


class Glancer:
    """A connection of the loop's own thread, which only looks: each glance is of one instant."""

    def __init__(self, database: str) -> None:
        self._bare = sqlite3.connect(database, isolation_level=None)
        for pragma in ("query_only=ON", "cache_size=-8000"):
            self._bare.execute(f"PRAGMA {pragma}")

    async def send(self, writes: Writes, asked: Questions) -> Answers:
        """See `pipeline.Driver`."""
        if not self._bare.in_transaction:
            _executed(self._bare.execute, "BEGIN", ())
        return _done(self._bare, writes, asked)

    def end(self) -> None:
        """What is asked next is of another instant."""
        self._bare.rollback()

    def close(self) -> None:
        self._bare.close()


class Connection(aiosqlite.Connection):
    """A connection whose transactions begin with their first statement."""

    begins = ""  # what `send` says before its first statement, if SQLAlchemy has not said it
    here = False  # whether what is sent in this transaction is quick, and done on this thread

    def __init__(self, database: Path, **options: Any) -> None:
        # Of any thread, one at a time: whoever has the connection sees to that.
        options["check_same_thread"] = False
        super().__init__(lambda: sqlite3.connect(database, **options), iter_chunk_size=64)
        # A node that is killed must not wait for readers.
        self._thread.daemon = True
        self._begin_with = ""

    async def go(self, work: Callable[[], None]) -> None:
        """One trip: `work` runs on the connection's thread, after what is queued there."""
        await self._execute(work)  # type: ignore[no-untyped-call]

    async def send(self, writes: Writes, asked: Questions) -> Answers:
        """See `pipeline.Driver`: in one trip, or none."""
        self._begin_with = self._begin_with or self.begins
        if self.here and self._begins_here():
            return _done(self._conn, writes, asked)
        found: list[Answers] = []
        await self.go(lambda: found.append(_done(self.begun(), writes, asked)))
        return found[0]

    def _begins_here(self) -> bool:
        """Whether the transaction stands, begun on this thread if need be, without a wait.

        No, when another process is writing: then a trip waits for it.
        """
        if not self._begin_with:
            return True
        self._conn.execute("PRAGMA busy_timeout=0")
        try:
            self.begun()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            self._conn.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        return True

    def begin_with(self, words: str) -> None:
        """Say `words` (a BEGIN) before the next statement."""
        self._begin_with = words

    def begun(self) -> sqlite3.Connection:
        """The connection, inside of its transaction. On the connection's thread."""
        if self._begin_with and not self._conn.in_transaction:
            self._conn.execute(self._begin_with)
        self._begin_with = ""
        return self._conn

    def cursor(self) -> Cursor:  # type: ignore[override]
        return Cursor(self)

    async def commit(self) -> None:
        self._begin_with = ""
        if self._conn.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        self._begin_with = ""
        if self._conn.in_transaction:
            await super().rollback()


class Reader(Connection):
    """A connection that only looks: nobody has to wait for the end of its transactions."""

    begins = "BEGIN"

    async def rollback(self) -> None:
        self._begin_with = ""
        if self._conn.in_transaction:
            # The next statement queues up behind it.
            self._tx.put_nowait((None, self._conn.rollback))
