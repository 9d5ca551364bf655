"""Pure: what a device's person makes of groups, each deed a step (spec E2E-8, DEV-19)."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from node.client import lists, roster, roster_leaves, roster_rows, rosters, rows, taking_part
from node.client.conversation_events import ConversationEvent
from node.client.device_outbox import DeviceOutbox
from node.client.device_state import DeviceState
from node.client.device_trust import DeviceTrust
from node.client.groups import new_group_id
from node.client.intents import Appoint, Intent, Quit, Remove, Rename
from node.client.key_stock import Packages
from node.client.roster import Roster
from node.client.roster_rows import LineRow, SpoiltRow
from node.client.rows import ConversationRow
from node.e2ee.mls.public import key_package
from node.errors import Forbidden, Missing, Refused

NAMELESS_SECONDS = 86_400
OTHER_KEYS = "{who} is in the group with other keys: take them out, and then in again"
NO_GROUP = "that conversation has no people to add, no roles and no name: begin a group"


class DeviceRosters:
    """The groups of one device. Each deed raises `Forbidden` (E2E-8.3) without the right to it,
    before anything is owed, and `Conflict` (ACC-4.4) for a vault that was left behind."""

    def __init__(
        self,
        state: DeviceState,
        outbox: DeviceOutbox,
        trust: DeviceTrust,
        check: Callable[[], None],
    ) -> None:
        self._state = state
        self._outbox = outbox
        self._trust = trust
        self._check = check

    def learn(self) -> bool:
        """New leaves say that this device knows groups (DEV-19.1); whether that is news."""
        me = self._state.groups.me
        able = me.supporting(roster.EXTENSION)
        if able == me:
            return False
        with self._state.step():
            self._state.write(rows.CLIENT, able.dump())
        self._state.groups.me = able
        return True

    def of(self, group: str) -> Roster | None:
        """The group as this device saw it last; None of a conversation that is none."""
        return roster_rows.known(self._state, group)

    def lines(self, *groups: str) -> list[LineRow]:
        """What happened to groups, the oldest first."""
        return roster_rows.lines(self._state, *groups)

    def spoilt(self, group: str) -> SpoiltRow | None:
        """Who ended a group, and how (E2E-8.6)."""
        return self._state.find(roster_rows.spoilt_row(group), SpoiltRow)

    def is_nameless(self, actor: str, now: int) -> bool:
        """Whether their handle was asked for in vain within a day."""
        asked = int(self._state.read(roster_rows.nameless_row(actor)) or b"0")
        return 0 <= now - asked < NAMELESS_SECONDS

    def note_nameless(self, actor: str, now: int) -> None:
        """Their handle was asked for in vain."""
        with self._state.step():
            self._state.write(roster_rows.nameless_row(actor), str(now).encode())

    # -- what a person does ----------------------------------------------------------------------

    def start(self, name: str, packages: Packages, now: int) -> str:
        """A new group, with us as its owner. Raises `Malformed`, `TooMuch` (E2E-8.1, E2E-8.2), and
        as `Device.start`."""
        self._check()
        add = self._trust.adding(packages, now)
        me = self._state.actor
        people = dict.fromkeys(packages, roster.MEMBER) | {me: roster.OWNER}
        roots = {a: roster_leaves.root_of_all(a, found) for a, found in packages.items()}
        roots[me] = roster_leaves.own_root(self._state.groups.me)
        known = {actor: root for actor, root in roots.items() if root}
        made = roster.check(Roster(name, people, known))
        roster.check_devices(made, 1 + sum(map(len, packages.values())))
        with self._state.step():
            group_id = new_group_id(self._state.entropy)
            alone = rosters.without(made, {*packages} - {me})  # the commit brings the others
            group = self._state.groups.found(group_id, now, (roster.extension(alone),))
            row = ConversationRow(group_id=group_id, members=sorted(people), created=now)
            self._state.put(rows.conversation_row(group), row)
            roster_rows.keep_line(self._state, group, rosters.EMPTY, made, me, now)
            roster_rows.keep(self._state, group, made)
            lists.came_into_a_group(self._state)
            self._outbox.change(group, add, now)
        return group

    def check_start(self, name: str, actors: Iterable[str]) -> None:
        """Before anybody is asked for key packages. Raises `Malformed`, `TooMuch` (E2E-8.1)."""
        self._check()
        people = dict.fromkeys(actors, roster.MEMBER) | {self._state.actor: roster.OWNER}
        roster.check(Roster(name, people))

    def check_add(self, group: str, actors: Iterable[str]) -> None:
        """Before anybody is asked for key packages. Raises `Forbidden` (E2E-8.3), `TooMuch`."""
        before = self._mine(group)
        new = {actor: roster.MEMBER for actor in actors if actor not in before.people}
        after = replace(before, people={**before.people, **new})
        roster.check_change(before, after, self._state.actor)
        roster.check(after)

    def add(self, group: str, packages: Packages, now: int) -> None:
        """Take people in with these devices of theirs."""
        add = self._trust.adding(packages, now)
        self.check_add(group, packages)
        self._check_keys(group, packages)
        with self._state.step():
            self._outbox.change(group, add, now)

    def _check_keys(self, group: str, packages: Packages) -> None:
        """Raises `Forbidden` (E2E-8.9) for who is in the group with other keys."""
        here = self._mine(group)
        for actor, found in packages.items():
            parsed = [key_package.parse(data) for data in found]
            if here.rank(actor) and not any(roster_leaves.is_of(one, here) for one in parsed):
                raise Forbidden("E2E-8.9", OTHER_KEYS.format(who=actor))

    def remove(self, group: str, actors: Iterable[str], now: int) -> None:
        """Take people out. Raises `Conflict` (DEV-4.5) where none of them is in it."""
        self._change(group, Remove(sorted(set(actors) - {self._state.actor})), now)

    def rename(self, group: str, name: str, now: int) -> None:
        """Give the group another name."""
        self._change(group, Rename(roster.check_name(name)), now)

    def appoint(self, group: str, actor: str, role: str, now: int) -> None:
        """Give somebody another role. Raises `Missing` (E2E-8.2) for who is not in it."""
        if not self._mine(group).rank(actor):
            raise Missing("E2E-8.2", f"{actor} {roster.NOBODY}")
        self._change(group, Appoint(actor, role), now)

    def quit(self, group: str, now: int) -> list[ConversationEvent]:
        """Be in the group no more, with all our devices. Raises `Malformed` (E2E-8.1) for the last
        owner while others are there."""
        before = self._mine(group)
        session = self._state.groups.session(group)
        if before.actors == {self._state.actor} and len(list(session.members())) == 1:
            with self._state.step():
                return taking_part.quit(self._state, group, now)
        self._change(group, Quit(), now)
        return []

    def _mine(self, group: str) -> Roster:
        found = rosters.here(self._state.groups.session(group))
        if found is None:
            raise Missing("E2E-8.2", NO_GROUP)
        return found

    def _change(self, group: str, intent: Intent, now: int) -> None:
        self._check()
        if self._outbox.quits(group):
            raise Missing("E2E-5.6", "this device is leaving that group")
        rosters.check(self._mine(group), intent, self._state.actor)
        with self._state.step():
            self._outbox.change(group, intent, now)


def knows_groups(package: bytes) -> bool:
    """Whether the device of that key package can be in a group (DEV-19.1)."""
    try:
        listed = key_package.parse(package).leaf.capabilities.extensions
    except Refused:
        return False
    return roster.EXTENSION in listed
