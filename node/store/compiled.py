"""Statements in the driver's own words, each made once, and the rows that they answer."""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import BindParameter, Boolean
from sqlalchemy.sql.visitors import cloned_traverse

# More than there are: statements are constants of their pages, each in a few lengths of lists.
MOST_KEPT = 4096
Make = Callable[[Sequence[Any]], Any]


class Compiled(Struct):
    """`order`: its parameters; `fixed`: those it brings itself; `truths`: columns of bools."""

    sql: str
    order: tuple[str, ...]
    fixed: Mapping[str, Any]
    lists: bool
    truths: frozenset[int] = frozenset()
    make: Make | None = None

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """What the driver is given for `values`."""
        given = _spread(values) if self.lists else values
        if not self.fixed:
            return [given[name] for name in self.order]
        return [given[name] if name in given else self.fixed[name] for name in self.order]

    def rows(self, names: Sequence[str], found: Sequence[Sequence[Any]]) -> Sequence[Any]:
        """What the driver answered, by name."""
        if not found:
            return ()
        if self.make is None:
            self.make = _maker(names, self.truths)
        return list(map(self.make, found))


def _maker(names: Sequence[str], truths: frozenset[int]) -> Make:
    """SQLite has no truth values: they are made of its numbers."""
    named: Any = namedtuple
    make: Callable[[Iterable[Any]], Any] = named("Row", names)._make
    if not truths:
        return make

    def row(values: Sequence[Any]) -> Any:
        said = list(values)
        for at in truths:
            if said[at] is not None:
                said[at] = bool(said[at])
        return make(said)

    return row


def _spread(values: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as their members, each by its own name."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, LISTS):
            members = _listed(value)
            found |= {f"{name}_{number}": member for number, member in enumerate(members, 1)}
        else:
            found[name] = value
    return found


LISTS = (list, tuple, set, frozenset)


def _listed(value: Iterable[Any]) -> list[Any]:
    """A list at one of a few lengths, its last member repeated: each length is compiled apart."""
    members = list(value)
    if members:
        members += members[-1:] * (_length(len(members)) - len(members))
    return members


def _length(count: int) -> int:
    """The next power of two."""
    return 1 << (count - 1).bit_length() if count else 0


_KEPT: dict[tuple[object, ...], Compiled] = {}


def compiled(statement: Any, values: Mapping[str, Any], dialect: Any) -> Compiled:
    """`statement` for values of these names; a list is of the next length that is kept."""
    lengths = tuple(_length(len(one)) for one in values.values() if isinstance(one, LISTS))
    key = dialect.name, statement, tuple(values), lengths
    known = _KEPT.get(key)
    if known is None:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()  # it happens to nobody whose statements are constants
        known = _KEPT[key] = _compile(statement, values, dialect)
    return known


def _write_out(parameter: BindParameter[Any]) -> None:
    if not parameter.required and isinstance(parameter.value, str | int):
        parameter.literal_execute = True


def _compile(statement: Any, values: Mapping[str, Any], dialect: Any) -> Compiled:
    listed = {
        name: _listed(value) if isinstance(value, LISTS) else value
        for name, value in values.items()
    }
    told = statement
    if dialect.name == "postgresql":
        # What a statement brings itself is written into it: it is planned once for all values of
        # its parameters, and what most rows have would be taken for something rare.
        told = cloned_traverse(statement, {}, {"bindparam": _write_out})
    # As for many rows: nobody waits for the key that a database would give back for one.
    made = told.compile(dialect=dialect, column_keys=list(listed), for_executemany=True)
    state = made.construct_expanded_state(listed)
    given = _spread(values)
    lists = any(isinstance(value, LISTS) for value in values.values())
    fixed = {name: value for name, value in state.parameters.items() if name not in given}
    columns = getattr(statement, "selected_columns", ())
    truths = [at for at, column in enumerate(columns) if isinstance(column.type, Boolean)]
    order = tuple(state.positiontup or ())
    return Compiled(state.statement, order, fixed, lists, frozenset(truths))
