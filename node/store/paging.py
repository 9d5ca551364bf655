"""Where a page begins: behind the last row of the one before, by instant and then by id.

The pair is compared as one value, which an index over both serves from that row on. By the instant
alone, rows of the same microsecond would be lost or shown twice.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Text, bindparam, select, true, tuple_

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
        last = tuple_(bindparam("after_at", type_=BigInteger), bindparam("after_id", type_=Text))
        ordered = query.order_by(at.desc(), id.desc()).limit(bindparam("most", type_=BigInteger))
        self._first, self._next = ordered, ordered.where(tuple_(at, id) < last)

    def page(
        self, limit: int, after: Cursor | None, **values: object
    ) -> "tuple[Select[Any], dict[str, object]]":
        """The statement of the page behind `after`, and its values: one row more than `limit`."""
        values["most"] = limit + 1
        if after is None:
            return self._first, values
        return self._next, {**values, "after_at": after.at, "after_id": after.id}
