"""A post into the feeds of many: two statements, whatever their number.

Row by row each would be a turn of its own for the interpreter's lock, which a busy node keeps for
itself meanwhile, and everybody else waits for the writer of SQLite. So the people go to the
database as one value, a JSON list, and it makes the rows.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, Text, bindparam, cast, exists, func, literal, select, true
from sqlalchemy.sql.selectable import TableValuedAlias

from node.store import tables
from node.store.upserts import Speaks, insert_ignore_found

_T, _P = tables.timeline.c, tables.posts.c
_OF = _P.id == bindparam("of")


class Showing(NamedTuple):
    """Of `people` and the post `of`.

    `events` comes first, for those in whose feeds it is not yet; they are told `told`. Then
    `lines`: the lines of the feeds. Of a post that is not there neither makes a row.
    """

    events: Any
    lines: Any


def showing(connection: Speaks, shared: bool = False) -> Showing:
    """The statements, in the words of this database; of what was `shared`, with an instant `at`."""
    return _showing(connection.dialect.name, shared)


def _each(dialect: str) -> TableValuedAlias:
    people = bindparam("people", type_=Text)
    if dialect == "sqlite":
        return func.json_each(people).table_valued("value", name="each")
    listed = func.json_array_elements_text(cast(people, JSON))
    return listed.table_valued("value", name="each").render_derived()


@lru_cache(None)
def _showing(dialect: str, shared: bool) -> Showing:
    each = _each(dialect)
    rows = tables.posts.join(each, true())
    place: list[Any]
    columns, place = ["account", "post", "published"], [_P.published]
    if shared:
        columns.append("shared")
        place = [bindparam("at", type_=BigInteger), literal(1, BigInteger)]
    line = select(each.c.value, _P.id, *place).select_from(rows)
    told = (
        each.c.value,
        literal("post"),
        bindparam("told", type_=Text),
        bindparam("by", type_=Text),
        bindparam("now", type_=tables.events.c.created.type),
    )
    there = exists().where(_T.account == each.c.value, _T.post == _P.id)
    return Showing(
        tables.events.insert().from_select(
            ["account", "kind", "data", "about", "created"],
            select(*told).select_from(rows).where(_OF, ~there),
            include_defaults=False,
        ),
        insert_ignore_found(dialect, tables.timeline, columns, line.where(_OF)),
    )
