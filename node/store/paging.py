"""Where a page begins: behind the last row of the one before, by instant and then by id.

The pair is compared as one value, which an index over both serves from that row on. By the instant
alone, rows of the same microsecond would be lost or shown twice.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    bindparam,
    select,
    true,
    tuple_,
)

from node.wire.api.cursor import Cursor


def older(at: Any, id: Any, after: Cursor | None) -> ColumnElement[bool]:
    """What comes behind `after` in a list that begins with the newest."""
    return true() if after is None else tuple_(at, id) < tuple_(after.at, after.id)


def newer(at: Any, id: Any, after: Cursor | None) -> ColumnElement[bool]:
    """What comes behind `after` in a list that begins with the oldest."""
    return true() if after is None else tuple_(at, id) > tuple_(after.at, after.id)


def near(column: Any, where: ColumnElement[bool]) -> "Select[Any]":
    """A page of the people in `column`, by their ids: its own index ends it early."""
    page = select(column.label("actor")).where(where, column > bindparam("after"))
    return select(page.order_by(column).limit(bindparam("most")).subquery().c.actor)


class Pages:
    """A list that begins with the newest, as statements that are made once: see `page`."""

    def __init__(self, query: "Select[Any]", at: Any, id: Any) -> None:
        ordered = query.order_by(at.desc(), id.desc()).limit(bindparam("most", type_=BigInteger))
        self._first, self._next = ordered, ordered.where(_behind(at, id))

    def page(
        self, limit: int, after: Cursor | None, **values: object
    ) -> "tuple[Select[Any], dict[str, object]]":
        """The statement of the page behind `after`, and its values: one row more than `limit`."""
        chosen = {**values, "most": limit + 1, **_place(after)}
        return self._first if after is None else self._next, chosen


class Windows:
    """As `Pages`, of a long list of which few rows may count: a page looks at `size` rows at most.

    `line` selects the whole list, `at` and `id` among its columns; `pick` what counts of a window
    of it. A page that is not full goes on where its window ended: see `end`.
    """

    def __init__(
        self, line: "Select[Any]", at: Any, id: Any, pick: "Callable[[FromClause], Select[Any]]"
    ) -> None:
        ordered = line.order_by(at.desc(), id.desc())
        later = ordered.where(_behind(at, id))
        size = bindparam("size", type_=BigInteger)
        most = bindparam("most", type_=BigInteger)

        def picked(window: FromClause) -> "Select[Any]":
            inner_at, inner_id = window.c[at.name], window.c[id.name]
            return pick(window).order_by(inner_at.desc(), inner_id.desc()).limit(most)

        self._first, self._next = (picked(one.limit(size).subquery()) for one in (ordered, later))
        self._ends = tuple(
            one.with_only_columns(at.label("published"), id.label("id")).offset(size).limit(1)
            for one in (ordered, later)
        )

    def page(
        self, limit: int, size: int, after: Cursor | None, **values: object
    ) -> "tuple[Select[Any], dict[str, object]]":
        """The statement of the page behind `after`, and its values: one row more than `limit`."""
        chosen = {**values, "size": size, "most": limit + 1, **_place(after)}
        return self._first if after is None else self._next, chosen

    def end(
        self, size: int, after: Cursor | None, **values: object
    ) -> "tuple[Select[Any], dict[str, object]]":
        """The last row of the window behind `after`; none when the list ends within it."""
        return self._ends[after is not None], {**values, "size": size - 1, **_place(after)}


def _behind(at: Any, id: Any) -> ColumnElement[bool]:
    last = tuple_(bindparam("after_at", type_=BigInteger), bindparam("after_id", type_=Text))
    return tuple_(at, id) < last


def _place(after: Cursor | None) -> dict[str, object]:
    return {} if after is None else {"after_at": after.at, "after_id": after.id}
