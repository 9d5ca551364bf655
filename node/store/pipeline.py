"""Statements that go together: what a unit writes waits for its next question, or for its end.

Through SQLAlchemy a statement costs a quarter of a millisecond, nearly all of it on the way to the
driver's thread and back. Here each statement is compiled once, and all that wait are one trip to
SQLite. What they do, and in which order, is the same; PostgreSQL is sent one after the other.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from msgspec import Struct
from sqlalchemy import Boolean, CursorResult, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

Values: TypeAlias = Mapping[str, Any]
Step: TypeAlias = tuple[Any, Values]

SAVEPOINT = text("SAVEPOINT attempt")
RELEASE = text("RELEASE SAVEPOINT attempt")
TAKE_BACK = text("ROLLBACK TO SAVEPOINT attempt")
MARKER: Step = (SAVEPOINT, {})


class Compiled(Struct):
    """A statement in SQLite's words. `order` are its parameters, `fixed` those it brings itself."""

    sql: str
    order: tuple[str, ...]
    fixed: Mapping[str, Any]
    row: Callable[[Sequence[Any]], Any] | None = None

    def arguments(self, values: Values) -> list[Any]:
        return [values[name] if name in values else self.fixed[name] for name in self.order]


class Pipeline:
    """The connection of a unit."""

    together = True  # False sends all through SQLAlchemy: whoever listens there hears it

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._waiting: list[Step] = []
        self._attempting = False

    @property
    def dialect(self) -> Any:
        return self._connection.dialect

    def later(self, statement: Any, values: Values) -> None:
        """Have `statement` done before whatever is asked next. Its rows come back to nobody.

        `statement` is a constant of its page: it is compiled once and never forgotten.
        """
        self._waiting.append((statement, values))

    async def fetch(self, statement: Any, values: Values) -> Sequence[Any]:
        """The rows that `statement`, a constant of its page, answers. It only looks."""
        [rows] = await self.fetch_all((statement, values))
        return rows

    async def fetch_all(self, *asked: Step) -> list[Sequence[Any]]:
        """What several questions answer, in one trip. They only look."""
        kept: list[Step] = []
        if self._waiting and self._waiting[-1] is MARKER:
            kept.append(self._waiting.pop())  # nothing was written behind it
        found = await self._send(asked)
        self._waiting = kept
        return found

    async def flush(self) -> None:
        """Do what waits."""
        if self._waiting:
            await self._send(())

    async def execute(
        self, statement: Any, values: Values | Sequence[Values] | None = None
    ) -> CursorResult[Any]:
        """Any statement, as SQLAlchemy does it, behind all that waits."""
        await self.flush()
        result: CursorResult[Any] = await self._connection.execute(statement, values)
        return result

    async def attempt(self, work: Callable[[], Awaitable[None]]) -> Exception | None:
        """Do `work`; when it fails, nothing that it wrote stays, and its error is the answer.

        The savepoint goes out only if something was written before a further question. Raises
        what the database raises: that is about the whole transaction.
        """
        assert not self._attempting, "one attempt at a time"
        self._attempting = True
        self._waiting.append(MARKER)
        failure: Exception | None = None
        try:
            await work()
        except DBAPIError:
            raise
        except Exception as error:
            failure = error
        finally:
            self._attempting = False
        for place, step in enumerate(self._waiting):
            if step is MARKER:
                self._waiting[place:] = [] if failure else self._waiting[place + 1 :]
                return failure
        if failure:
            self._waiting = [(TAKE_BACK, {})]
        self.later(RELEASE, {})
        return failure

    async def _send(self, asked: Sequence[Step]) -> list[Sequence[Any]]:
        waiting, self._waiting = self._waiting, []
        if self.dialect.name != "sqlite" or not self.together:
            await self._one_by_one(waiting)
            return [(await self._connection.execute(*step)).all() for step in asked]
        driver: Any = self._connection.sync_connection.connection.driver_connection  # type: ignore[union-attr]
        dialect, found = self.dialect, list[Sequence[Any]]()

        def run() -> None:
            connection = driver.begun()
            for compiled, rows in _grouped(waiting, dialect):
                if len(rows) == 1:
                    _executed(connection.execute, compiled.sql, rows[0])
                else:
                    _executed(connection.executemany, compiled.sql, rows)
            for statement, values in asked:
                found.append(_answer(connection, statement, values, dialect))

        await driver.go(run)
        return found

    async def _one_by_one(self, steps: Sequence[Step]) -> None:
        for _, group in groupby(steps, lambda step: (id(step[0]), *step[1])):
            members = list(group)
            rows = [values for _, values in members]
            await self._connection.execute(members[0][0], rows if len(rows) > 1 else rows[0])


def _grouped(steps: Sequence[Step], dialect: Any) -> Iterator[tuple[Compiled, list[list[Any]]]]:
    """Neighbours of one statement together: `executemany` keeps their order."""
    for _, group in groupby(steps, lambda step: (id(step[0]), *step[1])):
        members = list(group)
        compiled = _compiled(*members[0], dialect)
        yield compiled, [compiled.arguments(values) for _, values in members]


def _answer(
    connection: sqlite3.Connection, statement: Any, values: Values, dialect: Any
) -> Sequence[Any]:
    values = {name: _listed(value) for name, value in values.items()}
    compiled = _compiled(statement, values, dialect)
    arguments = compiled.arguments(_spread(values))
    cursor = _executed(connection.execute, compiled.sql, arguments)
    if cursor.description is None:
        return ()
    if compiled.row is None:
        compiled.row = _maker(statement, [column[0] for column in cursor.description])
    return list(map(compiled.row, cursor.fetchall()))


def _maker(statement: Any, names: list[str]) -> Callable[[Sequence[Any]], Any]:
    """Makes a row with these names of what SQLite answers, which has no truth values."""
    named: Any = namedtuple
    make: Callable[[Iterable[Any]], Any] = named("Row", names)._make
    columns = getattr(statement, "selected_columns", ())
    truths = {at for at, column in enumerate(columns) if isinstance(column.type, Boolean)}
    if not truths:
        return make

    def row(values: Sequence[Any]) -> Any:
        return make(
            bool(value) if at in truths and value is not None else value
            for at, value in enumerate(values)
        )

    return row


def _executed(
    execute: Callable[[str, Any], sqlite3.Cursor], sql: str, arguments: Any
) -> sqlite3.Cursor:
    try:
        return execute(sql, arguments)
    except sqlite3.Error as error:
        # As SQLAlchemy says it, and as it does without the values: they are people's own.
        raise DBAPIError.instance(sql, None, error, sqlite3.Error, hide_parameters=True) from error


def _listed(value: Any) -> Any:
    """A list at one of a few lengths, its last member repeated: each length is compiled apart."""
    if not isinstance(value, list | tuple | set | frozenset):
        return value
    members = list(value)
    if members:
        members += members[-1:] * ((1 << (len(members) - 1).bit_length()) - len(members))
    return members


def _spread(values: Values) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list):
            found |= {f"{name}_{number}": member for number, member in enumerate(value, 1)}
        else:
            found[name] = value
    return found


_KNOWN: dict[tuple[Any, tuple[str, ...], tuple[int, ...]], Compiled] = {}


def _compiled(statement: Any, values: Values, dialect: Any) -> Compiled:
    lengths = tuple(len(value) for value in values.values() if isinstance(value, list))
    key = statement, tuple(values), lengths
    known = _KNOWN.get(key)
    if known is None:
        made = statement.compile(dialect=dialect, column_keys=list(values))
        state = made.construct_expanded_state(dict(values))
        given = _spread(values)
        fixed = {name: value for name, value in state.parameters.items() if name not in given}
        known = Compiled(state.statement, tuple(state.positiontup or ()), fixed)
        _KNOWN[key] = known
    return known
