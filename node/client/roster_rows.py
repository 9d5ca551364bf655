"""Pure: what a device keeps of a group beside its MLS records (spec E2E-8, DEV-19, DEV-1)."""

from collections.abc import Iterable
from typing import Final

import msgspec

from node.client.device_state import DeviceState
from node.client.roster import Roster

MOST_LINES: Final = 500  # of a group: nobody fills the vault by coming and going


class PersonRow(msgspec.Struct, kw_only=True, frozen=True):
    """Somebody in a group; `role` as in `roster.ROLES`."""

    actor: str
    role: str


class RosterRow(msgspec.Struct, kw_only=True, frozen=True):
    """A group as this device saw it last: it is shown so once it is out of it, too."""

    name: str
    people: list[PersonRow]


class LineRow(msgspec.Struct, kw_only=True, frozen=True):
    """What `by` made of a group at `at` (microseconds): who came and went, its new name if it has
    one, and who has which other role."""

    at: int
    number: int
    by: str
    came: list[str]
    went: list[str]
    name: str
    roles: list[PersonRow]


class SpoiltRow(msgspec.Struct, kw_only=True, frozen=True):
    """That `by` ended a group for all by a commit that nobody follows (E2E-8.6), and why."""

    by: str
    epoch: int
    reason: str


def roster_row(group: str) -> str:
    return f"roster/{group}"


def line_row(group: str, number: int) -> str:
    return f"line/{group}/{number:016d}"


def spoilt_row(group: str) -> str:
    return f"spoilt/{group}/0"


def is_group(state: DeviceState, group: str) -> bool:
    """Whether it has a name and roles: it is no conversation of two people then, whoever is in."""
    return state.has(roster_row(group))


def known(state: DeviceState, group: str) -> Roster | None:
    """The group as it was seen last."""
    row = state.find(roster_row(group), RosterRow)
    return None if row is None else Roster(row.name, {one.actor: one.role for one in row.people})


def lines(state: DeviceState, *groups: str) -> list[LineRow]:
    """What happened to groups, the oldest first."""
    names = [name for group in groups for name in state.names("line", group)]
    return sorted((state.get(name, LineRow) for name in names), key=lambda one: one.number)


def keep(state: DeviceState, group: str, roster: Roster) -> None:
    """The group is like that now."""
    state.put(roster_row(group), RosterRow(name=roster.name, people=_people(roster.people.items())))


def forget(state: DeviceState, group: str) -> None:
    """It never began."""
    for name in [roster_row(group), *state.names("line", group)]:
        state.delete(name)


def keep_line(
    state: DeviceState, group: str, before: Roster, after: Roster, by: str, now: int
) -> LineRow:
    """What became of the group, as a line of its history."""
    both = before.actors & after.actors
    roles = ((actor, after.people[actor]) for actor in both)
    line = LineRow(
        at=now * 1_000_000,
        number=state.number(),
        by=by,
        came=sorted(after.actors - before.actors),
        went=sorted(before.actors - after.actors),
        name=after.name if after.name != before.name else "",
        roles=_people((actor, role) for actor, role in roles if before.people[actor] != role),
    )
    state.put(line_row(group, line.number), line)
    if len(names := state.names("line", group)) > MOST_LINES:
        state.delete(names[0])
    return line


def _people(found: Iterable[tuple[str, str]]) -> list[PersonRow]:
    return [PersonRow(actor=actor, role=role) for actor, role in sorted(found)]
