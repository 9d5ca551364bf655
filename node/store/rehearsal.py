"""A rehearsal: a unit that is done once for nothing, before the writer is held for it.

The first time a unit runs in a process it costs five times as much as ever after: its statements
are compiled, what it calls is set up. SQLite has one writer, and everybody else waits for it.
"""

from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from types import CodeType
from typing import Any, NoReturn, TypeVar

from node.store.compiled import compiled
from node.store.database import Database
from node.store.pipeline import Glance, Pipeline, Values

U = TypeVar("U")


class Rehearsed(Glance):
    """It looks, and of what is written only the statement is made."""

    def __init__(self, glance: Glance) -> None:
        super().__init__(glance.driver, glance.dialect)
        self._attempting = False

    def later(self, statement: Any, values: Values) -> None:
        compiled(statement, values, self.dialect)

    async def execute(self, statement: Any, values: Any = None) -> NoReturn:
        raise RehearsalOverError


class RehearsalOverError(Exception):
    """What comes now cannot be done for nothing: it is no constant, and may write."""


class Rehearsals:
    """Which units were rehearsed in this process."""

    def __init__(self, glances: Database) -> None:
        self._glances = glances
        self._done: set[tuple[CodeType, Hashable]] = set()

    async def before(
        self,
        begin: Callable[[Pipeline], U],
        work: Callable[[U], Awaitable[Any]],
        way: Hashable,
    ) -> None:
        """Rehearse `work`, a function of its page, on what `begin` makes, unless that was done.

        Nothing comes of it: what it refuses or cannot do is said by the unit itself. Where `work`
        asks one thing or another, each `way` of it is rehearsed.
        """
        done = work.__code__, way
        if done in self._done:
            return
        self._done.add(done)
        async with self._glances.glance() as glance:
            # Of the writers of PostgreSQL each waits for its own rows alone.
            if isinstance(glance, Glance):
                with suppress(Exception):
                    await work(begin(Rehearsed(glance)))
