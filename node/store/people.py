"""Who somebody is, as the client API says it: for whichever unit names people."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from node.store.pipeline import Pipeline, Step
from node.store.tables import actors
from node.wire.api.inbox import Person
from node.wire.ids import origin

_A = actors.c
PEOPLE = select(_A.id, _A.number, _A.name, _A.domain, _A.display_name, _A.icon).where(
    _A.id.in_(bindparam("people", expanding=True))
)


async def people(connection: Pipeline, ids: Iterable[str]) -> dict[str, Person]:
    """The named actors; one that is not known here is shown by its id alone."""
    wanted = set(ids)
    if not wanted:
        return {}
    [rows] = await connection.fetch_all(ask_people(wanted))
    return named(wanted, rows)


def ask_people(ids: Iterable[str]) -> Step:
    """The question for `named`, to be asked together with others."""
    return PEOPLE, {"people": sorted(set(ids))}


def named(ids: Iterable[str], rows: Sequence[Any]) -> dict[str, Person]:
    """Each of `ids`, from what `ask_people` was answered."""
    known = {
        row.id: Person(
            id=row.id,
            number=str(row.number),
            handle=f"@{row.name}@{row.domain or origin(row.id).authority}",
            display_name=row.display_name or row.name,
            icon=row.icon,
        )
        for row in rows
    }
    return {id: known.get(id) or Person(id=id, handle="", display_name=id) for id in ids}
