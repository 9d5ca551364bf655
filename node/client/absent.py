"""Pure: of whom no living device takes part in a group any more (spec DEV-10, DEV-16.8)."""

from collections.abc import Collection, Iterable
from typing import Final

from msgspec.structs import replace

from node.client import rows, stops, unfetched
from node.client.device_state import DeviceState
from node.client.groups import actors_of
from node.client.rows import AbsentRow
from node.e2ee.mls.private.events import Committed
from node.errors import Unreachable

NO_DEVICE: Final = "they have no device that could read this conversation: none is logged in"
NEW_DEVICE: Final = "they have a new device, and none that could read this conversation is left"


def is_absent(state: DeviceState, group: str) -> bool:
    """Whether nobody else is left there who could read what is said."""
    absent = set(state.names("absent", group))
    if not absent:
        return False
    others = {*state.conversation(group).members} - {state.actor}
    return bool(others) and {rows.absent_row(group, actor) for actor in others} <= absent


def nobody_there(state: DeviceState, group: str) -> Unreachable:
    """What is in the way of words meanwhile."""
    found = (state.get(name, AbsentRow) for name in state.names("absent", group))
    if any(row.has_new for row in found):
        return Unreachable(NEW_DEVICE, beyond=True, held="new_device")
    return Unreachable(NO_DEVICE, beyond=True, held="no_device")


def who_stays(
    state: DeviceState,
    group: str,
    event: Committed,
    put_out: Collection[str],
    now: int,
    by_leaves: bool = True,
) -> set[str]:
    """Who stays in the conversation though no leaf of theirs is left: their lists put the last
    ones off, and nobody wished them out. `put_out` are those whom somebody did, by this commit;
    not `by_leaves`: nobody else did, whatever leaves went (E2E-8.2)."""
    present = {*actors_of(state.groups.session(group).members())}
    gone = {member.signature_key: member.identity.decode() for member in event.removed}
    by_commit = gone.keys() - stops.revoked(state, group) if by_leaves else ()
    wished = {gone[key] for key in by_commit} | {*put_out}
    stay = {*state.conversation(group).members} - present - wished
    forget(state, group, {*actors_of(event.added), *(wished - present)})
    for actor in stay & {*gone.values()}:
        name = rows.absent_row(group, actor)
        known = state.find(name, AbsentRow) or AbsentRow(has_new=True)
        state.put(name, replace(known, since=now))
    return stay


def forget(state: DeviceState, group: str, actors: Iterable[str]) -> None:
    """They are there again, or belong to the conversation no more."""
    gone = list(actors)
    for actor in gone:
        state.delete(rows.absent_row(group, actor))
    unfetched.forget(state, group, gone)


def of(state: DeviceState, group: str) -> list[str]:
    """Of whom there is none."""
    head = len(rows.absent_row(group, ""))
    return sorted(name[head:] for name in state.names("absent", group))
