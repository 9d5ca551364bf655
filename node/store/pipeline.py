"""Statements that go together: what a unit writes waits for its next question, or for its end.

Through SQLAlchemy a statement costs a quarter of a millisecond on SQLite and a whole one on
PostgreSQL, most of it on the way to the driver. Here each statement is compiled once (`compiled`)
and handed to the driver itself: to SQLite's all that wait in one trip, to PostgreSQL's one after
the other. What they do, and in which order, is the same.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import groupby
from typing import Any, Protocol, TypeAlias

from sqlalchemy import CursorResult, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from node.errors import Refused
from node.store.compiled import compiled

Values: TypeAlias = Mapping[str, Any]
Step: TypeAlias = tuple[Any, Values]
Write: TypeAlias = tuple[str, Sequence[Sequence[Any]]]
Question: TypeAlias = tuple[str, Sequence[Any]]
Answer: TypeAlias = tuple[Sequence[str], Sequence[Sequence[Any]]]

SAVEPOINT = text("SAVEPOINT attempt")
RELEASE = text("RELEASE SAVEPOINT attempt")
TAKE_BACK = text("ROLLBACK TO SAVEPOINT attempt")
MARKER: Step = (SAVEPOINT, {})


class Driver(Protocol):
    """A connection of the driver, inside of its transaction."""

    async def send(self, writes: Sequence[Write], asked: Sequence[Question]) -> list[Answer]:
        """Do `writes` (a statement and its rows), then ask: of each the names and the rows.

        Raises `DBAPIError` without the values: they are people's own.
        """
        ...


class Pipeline:
    """The connection of a unit."""

    together = True  # False sends all through SQLAlchemy: whoever listens there hears it

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.dialect: Any = connection.dialect
        self._waiting: list[Step] = []
        self._attempting = False

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
        except Refused as refusal:
            failure = refusal.with_traceback(None)  # its frames would hold it, and it them
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
        if not self.together:
            await self._one_by_one(waiting)
            return [(await self._connection.execute(*step)).all() for step in asked]
        dialect = self.dialect
        writes = [
            (one.sql, [one.arguments(values) for values in rows])
            for one, rows in (
                (compiled(statement, rows[0], dialect), rows)
                for statement, rows in _grouped(waiting)
            )
        ]
        questions = [compiled(statement, values, dialect) for statement, values in asked]
        answers = await self._driver.send(
            writes,
            [
                (one.sql, one.arguments(values))
                for one, (_, values) in zip(questions, asked, strict=True)
            ],
        )
        return [one.rows(*answer) for one, answer in zip(questions, answers, strict=True)]

    @property
    def _driver(self) -> Driver:
        bare = self._connection.sync_connection
        assert bare is not None, "a unit has its connection until it ends"
        driver: Driver = bare.connection.driver_connection  # type: ignore[assignment]
        return driver

    async def _one_by_one(self, steps: Sequence[Step]) -> None:
        for statement, rows in _grouped(steps):
            await self._connection.execute(statement, rows if len(rows) > 1 else rows[0])


class Glance(Pipeline):
    """A look at a few rows by key, on the loop's own thread. It asks constants alone."""

    def __init__(self, driver: Driver, dialect: Any) -> None:
        self.dialect = dialect
        self.driver = driver
        self._waiting = []

    @property
    def _driver(self) -> Driver:
        return self.driver

    def later(self, statement: Any, values: Values) -> None:
        raise TypeError("a glance writes nothing: run a unit")

    async def execute(self, statement: Any, values: Any = None) -> CursorResult[Any]:
        raise TypeError("a glance asks constants of its page: fetch them, or look")


def _grouped(steps: Sequence[Step]) -> list[tuple[Any, list[Values]]]:
    """Neighbours of one statement together: their order stays."""
    return [
        (members[0][0], [values for _, values in members])
        for members in (
            list(group) for _, group in groupby(steps, lambda step: (id(step[0]), *step[1]))
        )
    ]
