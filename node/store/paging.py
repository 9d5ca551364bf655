"""Where a page begins: behind the last row of the one before, by instant and then by id.

The pair is compared as one value, which an index over both serves from that row on. By the instant
alone, rows of the same microsecond would be lost or shown twice.
"""

from typing import Any

from sqlalchemy import ColumnElement, true, tuple_

from node.wire.api.cursor import Cursor


def older(at: Any, id: Any, after: Cursor | None) -> ColumnElement[bool]:
    """What comes behind `after` in a list that begins with the newest."""
    return true() if after is None else tuple_(at, id) < tuple_(after.at, after.id)


def newer(at: Any, id: Any, after: Cursor | None) -> ColumnElement[bool]:
    """What comes behind `after` in a list that begins with the oldest."""
    return true() if after is None else tuple_(at, id) > tuple_(after.at, after.id)
