"""Pure: what a device makes of a group's roster: wishes are commits, commits are lines (E2E-8).

All of it happens inside a step of the device's state.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from node.client import later, roster, roster_leaves, roster_rows, rows
from node.client.conversation_events import GroupChanged, GroupSpoilt
from node.client.device_state import DeviceState
from node.client.intents import Add, Appoint, Intent, Quit, Remove, Rename
from node.client.roster import Roster
from node.client.roster_rows import SpoiltRow, spoilt_row
from node.e2ee.mls.private.events import Committed, Event, Member, Proposed, Removed
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.private.state import Staged
from node.e2ee.mls.public.extensions import Extensions
from node.e2ee.mls.public.tree import Tree
from node.errors import Conflict, Forbidden, Refused

EMPTY = Roster("", {})
NO_LEAVES = roster.Made("", (), ())
IS_OUT = "it was said by somebody who is out of the group"
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


def wished(before: Roster, intent: Intent, me: str, root: str = "") -> Roster:
    """What it makes of the roster, by us with that root. Raises `Refused` (E2E-8.1 to E2E-8.3)
    what is not ours to do."""
    after = _wished(before, intent, me)
    if root and me in after.people and not after.roots.get(me):
        after = replace(after, roots={**after.roots, me: root})
    if after != before:
        roster.check_change(before, after, me)
        roster.check(after)
    return after


def _wished(before: Roster, intent: Intent, me: str) -> Roster:
    people = dict(before.people)
    match intent:
        case Add(listed=False):
            new = {actor: roster.MEMBER for actor in intent.packages if actor not in people}
            roots = {a: roster_leaves.root_of_all(a, intent.packages[a]) for a in new}
            known = {actor: root for actor, root in roots.items() if root}
            return Roster(before.name, people | new, {**before.roots, **known})
        case Remove():
            return without(before, {*intent.actors} - {me})
        case Rename():
            return replace(before, name=intent.name)
        case Appoint() if intent.actor in people:
            return replace(before, people=people | {intent.actor: intent.role})
        case Quit() if before.actors != {me}:
            return without(before, {me})
    return before


def aimed(before: Roster, intent: Add) -> Roster:
    """Who is to be in it once that came true, whoever may do it. Raises `Forbidden` (E2E-8.9)."""
    return _wished(before, intent, "")


def without(before: Roster, actors: Collection[str]) -> Roster:
    """The roster without these people."""
    people = {actor: role for actor, role in before.people.items() if actor not in actors}
    roots = {actor: root for actor, root in before.roots.items() if actor not in actors}
    return Roster(before.name, people, roots)


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


def check_followed(extensions: Extensions, tree: Tree, event: Event, after: Session) -> None:
    """What another sent may be followed from where the group has these. Who is taken out by it
    judges it too. Raises `Refused` (E2E-8.4, E2E-8.7, E2E-8.9)."""
    if isinstance(event, Proposed) and roster.of(extensions) is not None:
        raise Forbidden("E2E-8.7", "in a group nobody proposes what others are to commit")
    if isinstance(event, Removed):
        return _check_removed(extensions, tree, event)
    if not isinstance(event, Committed) or event.own:
        return None
    if roster.of(extensions) is None:
        return roster.check_commit(extensions, after.group.context.extensions, NO_LEAVES)
    is_outside = event.external or event.reinit is not None
    added = [member.leaf for member in event.added]
    made = roster_leaves.made(tree, after.group.tree, event.sender.leaf, added, is_outside)
    return roster.check_commit(extensions, after.group.context.extensions, made)


def _check_removed(extensions: Extensions, tree: Tree, event: Removed) -> None:
    """Its path is not for us: all else of it is known."""
    if roster.of(extensions) is None:
        return
    if event.by is None:
        raise Forbidden("E2E-8.4", "nobody comes into a group by themselves, nor closes it")
    made = roster_leaves.made(tree, event.tree, event.by.leaf, event.added, is_path_known=False)
    roster.check_commit(extensions, event.extensions, made)


def check_own(extensions: Extensions, tree: Tree, staged: Staged, own: int) -> None:
    """What this device would commit itself: a race may have made it what nobody follows. Raises as
    `check_followed`."""
    after = staged.next.group
    if roster.of(extensions) is None:
        return
    made = roster_leaves.made(tree, after.tree, own, staged.added)
    roster.check_commit(extensions, after.context.extensions, made)


def spoil(state: DeviceState, group: str, event: Event, error: Refused) -> GroupSpoilt:
    """The relay took a commit that may not be followed: the group ends for all (E2E-8.6)."""
    assert isinstance(event, Committed | Removed)
    who = event.sender if isinstance(event, Committed) else event.by
    by = who.identity.decode() if who else ""
    row = SpoiltRow(by=by, epoch=event.epoch, reason=error.reason)
    state.put(spoilt_row(group), row)
    for name in state.names("parked", group):
        state.delete(name)
    later.forget(state, group, lambda _: True)
    state.delete(rows.crowded_row(group))
    return GroupSpoilt(group, by, error.clause, error.reason)


def check_joined(state: DeviceState, session: Session, inviter: Member | None) -> Roster | None:
    """A group that this device was taken into. Raises `Refused` (E2E-8.1, E2E-8.8)."""
    group, found = session.group_id.hex(), here(session)
    by = inviter.identity.decode() if inviter else ""
    if state.has(spoilt_row(group)):
        raise Forbidden("E2E-8.8", "a group that was ended goes on nowhere: begin a new one")
    if found is None:
        if roster_rows.is_group(state, group):
            raise Forbidden("E2E-8.8", "a group loses its people by no invitation")
        return None
    if inviter is None or not found.rank(state.actor) or not found.rank(by):
        raise Forbidden("E2E-8.8", "who invites, and who is invited, are people of the group")
    _check_keys(session, found, {by: inviter.leaf, state.actor: session.own_leaf})
    before = roster_rows.known(state, group)
    if before is not None:
        _check_again(before, found, by, state.actor)
    elif group in state.groups or state.has(rows.conversation_row(group)):
        raise Forbidden("E2E-8.8", "a conversation of two becomes no group by an invitation")
    return found


def _check_keys(session: Session, found: Roster, leaves: Mapping[str, int]) -> None:
    for actor, index in leaves.items():
        leaf, root = session.group.tree.leaf(index), found.roots.get(actor, "")
        if root and (leaf is None or roster_leaves.root_of(leaf) != root):
            raise Forbidden("E2E-8.8", f"that group has other keys of {actor}")


def _check_again(before: Roster, found: Roster, by: str, me: str) -> None:
    """A group that this device knew: what became of it meanwhile nobody can prove to it, so who
    invites gives nothing that was not theirs to give, as far as is known here (E2E-8.8)."""
    if before.roots.get(by, "") not in ("", found.roots.get(by, "")):
        raise Forbidden("E2E-8.8", f"that group has other keys of {by}")
    if before.rank(by) < _least(before, me):
        raise Forbidden("E2E-8.8", "who was put out of a group is taken in by its owners or admins")
    if before.people.get(by) == roster.OWNER:
        return
    owners = {actor for actor, role in before.people.items() if role == roster.OWNER}
    stand = {actor for actor in owners if found.people.get(actor) == roster.OWNER}
    if not stand or me in owners - stand or found.rank(by) > before.rank(by):
        raise Forbidden("E2E-8.8", "who invites gave that group other roles than they may")


def _least(before: Roster, me: str) -> int:
    """Any member takes back who is in it; who is out is taken in."""
    return 1 if before.rank(me) else 1 + roster.ROLES.index(roster.ADMIN)


def joined(state: DeviceState, group: str, found: Roster, by: str, now: int) -> None:
    """This device is in the group; of those who were there before it knows no more."""
    others = replace(without(found, {state.actor}), name="")
    before = roster_rows.known(state, group) or others
    if not is_alike(before, found):
        roster_rows.keep_line(state, group, before, found, by, now)
    roster_rows.keep(state, group, found)


def left(state: DeviceState, group: str, by: str, now: int, found: Roster | None = None) -> None:
    """This device is out of the group: that is the last that it knows of it. `found`: what the
    group is since; its person may be in it all the same, for people are no leaves."""
    before = roster_rows.known(state, group)
    if before is None or not before.rank(state.actor):
        return
    after = without(before, {state.actor}) if found is None else found
    if not is_alike(before, after):
        roster_rows.keep_line(state, group, before, after, by, now)
    roster_rows.keep(state, group, after)


def is_alike(before: Roster, after: Roster) -> bool:
    """Whether there is nothing to tell of it."""
    return before.name == after.name and before.people == after.people


def entered(state: DeviceState, group: str, found: Roster, by: str, now: int) -> list[GroupChanged]:
    """The group is in another epoch: what is new of it."""
    before = roster_rows.known(state, group) or EMPTY
    if is_alike(before, found):
        roster_rows.keep(state, group, found)  # keys may have come
        return []
    line = roster_rows.keep_line(state, group, before, found, by, now)
    roster_rows.keep(state, group, found)
    roles = tuple((one.actor, one.role) for one in line.roles)
    return [GroupChanged(group, by, tuple(line.came), tuple(line.went), line.name, roles)]
