"""Pure: what a device makes of a group's roster: wishes are commits, commits are lines (E2E-8).

All of it happens inside a step of the device's state.
"""

from node.client import roster, roster_rows
from node.client.conversation_events import GroupChanged, GroupSpoilt
from node.client.device_state import DeviceState
from node.client.intents import Add, Appoint, Intent, Quit, Remove, Rename
from node.client.roster import Roster
from node.client.roster_rows import SpoiltRow, spoilt_row
from node.e2ee.mls.private.events import Committed, Event, Member, Proposed
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public.extensions import Extensions
from node.errors import Conflict, Forbidden, Refused

EMPTY = Roster("", {})
MOOT = "there is nothing to do: the group is like that"


def here(session: Session) -> Roster | None:
    """The roster of a group, as all in its epoch have it; None of a conversation without one."""
    return roster.of(session.group.context.extensions)


def actors_in(members: list[Member]) -> set[str]:
    return {member.identity.decode() for member in members}


def going(session: Session) -> set[int]:
    """The leaves of who is in the group no more (E2E-8.5)."""
    shape = here(session)
    if shape is None:
        return set()
    return {m.leaf for m in session.members() if not shape.rank(m.identity.decode())}


# -- what we mean to do ------------------------------------------------------------------------


def wished(before: Roster, intent: Intent, me: str) -> Roster:
    """What it makes of the roster. Raises `Refused` (E2E-8.1 to E2E-8.3) what is not ours to do."""
    people = dict(before.people)
    after = before
    match intent:
        case Add(listed=False):
            new = {actor: roster.MEMBER for actor in intent.packages if actor not in people}
            after = Roster(before.name, people | new)
        case Remove():
            left = {a: role for a, role in people.items() if a not in intent.actors or a == me}
            after = Roster(before.name, left)
        case Rename():
            after = Roster(intent.name, people)
        case Appoint() if intent.actor in people:
            after = Roster(before.name, people | {intent.actor: intent.role})
        case Quit() if before.actors != {me}:
            people.pop(me, None)
            after = Roster(before.name, people)
    if after != before:
        roster.check_change(before, after, me)
        roster.check(after)
    return after


def is_moot(before: Roster, intent: Intent) -> bool:
    """Whether it is so already."""
    match intent:
        case Remove():
            return not before.actors.intersection(intent.actors)
        case Rename():
            return before.name == intent.name
        case Appoint():
            return before.people.get(intent.actor, intent.role) == intent.role
    return False


def check(before: Roster, intent: Intent, me: str) -> None:
    """Raises as `wished`, and `Conflict` (DEV-4.5) for what is so already."""
    wished(before, intent, me)
    if is_moot(before, intent):
        raise Conflict("DEV-4.5", MOOT)


# -- what others did ---------------------------------------------------------------------------


def check_followed(before: Extensions, event: Event, after: Session) -> None:
    """What another sent may be followed. Raises `Refused` (E2E-8.4, E2E-8.7)."""
    if isinstance(event, Proposed) and roster.of(before) is not None:
        raise Forbidden("E2E-8.7", "in a group nobody proposes what others are to commit")
    if not isinstance(event, Committed) or event.own:
        return
    present = actors_in(list(after.members()))
    made = roster.Made(
        by=event.sender.identity.decode(),
        added=actors_in(list(event.added)),
        present=present,
        is_outside=event.external or event.reinit is not None,
    )
    roster.check_commit(before, after.group.context.extensions, made)


def spoil(state: DeviceState, group: str, event: Event, error: Refused) -> GroupSpoilt:
    """The relay took a commit that may not be followed: the group ends for all (E2E-8.6)."""
    assert isinstance(event, Committed)
    by = event.sender.identity.decode()
    row = SpoiltRow(by=by, epoch=event.epoch, reason=error.reason)
    state.put(spoilt_row(group), row)
    for name in state.names("parked", group):
        state.delete(name)
    return GroupSpoilt(group, by, error.clause, error.reason)


def check_joined(state: DeviceState, session: Session, by: str) -> Roster | None:
    """A group that this device was taken into. Raises `Refused` (E2E-8.1, E2E-8.8)."""
    group, found = session.group_id.hex(), here(session)
    if state.has(spoilt_row(group)):
        raise Forbidden("E2E-8.8", "a group that was ended goes on nowhere: begin a new one")
    if found is None:
        if roster_rows.is_group(state, group):
            raise Forbidden("E2E-8.8", "a group loses its people by no invitation")
        return None
    if not found.rank(state.actor) or not found.rank(by):
        raise Forbidden("E2E-8.8", "who invites, and who is invited, are people of the group")
    return found


def joined(state: DeviceState, group: str, found: Roster, by: str, now: int) -> None:
    """This device is in the group; of those who were there before it knows no more."""
    before = roster_rows.known(state, group) or replace_people(found, state.actor)
    if before != found:
        roster_rows.keep_line(state, group, before, found, by, now)
    roster_rows.keep(state, group, found)


def left(state: DeviceState, group: str, by: str, now: int) -> None:
    """This device is out of the group: that is the last that it knows of it."""
    before = roster_rows.known(state, group)
    if before is None or not before.rank(state.actor):
        return
    people = {actor: role for actor, role in before.people.items() if actor != state.actor}
    after = Roster(before.name, people)
    roster_rows.keep_line(state, group, before, after, by, now)
    roster_rows.keep(state, group, after)


def replace_people(found: Roster, without: str) -> Roster:
    """The roster before somebody came."""
    people = {actor: role for actor, role in found.people.items() if actor != without}
    return Roster("", people)


def entered(state: DeviceState, group: str, found: Roster, by: str, now: int) -> list[GroupChanged]:
    """The group is in another epoch: what is new of it."""
    before = roster_rows.known(state, group) or EMPTY
    if before == found:
        return []
    line = roster_rows.keep_line(state, group, before, found, by, now)
    roster_rows.keep(state, group, found)
    roles = tuple((one.actor, one.role) for one in line.roles)
    return [GroupChanged(group, by, tuple(line.came), tuple(line.went), line.name, roles)]
