"""Pure: what a device owes its groups, and in which order it goes out (spec DEV-3, DEV-4).

`next` answers what to do now, `outcome` takes what became of it. What is in the way of a group is
remembered for as long as the device runs, and only holds that group back.
"""

import hashlib
from collections.abc import Collection

from msgspec.structs import replace

from node.client import (
    absent,
    behind,
    declined,
    home,
    lists,
    roster_rows,
    rows,
    stops,
    taking_part,
    untold,
)
from node.client.archiving import Archiving
from node.client.conversation_events import ConversationEvent, MembersChanged
from node.client.device_state import DeviceState
from node.client.exchange import (
    Accepted,
    Carried,
    Create,
    Created,
    Fetch,
    LostRace,
    Next,
    Outcome,
    Send,
    Tell,
    Wait,
)
from node.client.intents import Add, Intent, Leave, Quit, Refresh, Remove, Say
from node.client.leaves import Leaves
from node.client.message_maker import MessageMaker
from node.client.obstacles import Obstacles
from node.client.rows import InvitedRow, MessageRow, OwedRow
from node.client.staged import is_staged, unmake, unstage
from node.client.undone import undone
from node.e2ee.mls.private.events import Committed
from node.e2ee.mls.public import framing
from node.errors import Conflict, Missing, NodeError, Refused


class DeviceOutbox:
    """The rows of intent, in their order: per group, what is made goes before what is not."""

    def __init__(self, state: DeviceState, leaves: Leaves) -> None:
        self._state = state
        self._judging = leaves
        self.maker = MessageMaker(state)
        self.archiving = Archiving(state)
        self.obstacles = Obstacles()

    # -- what is owed ----------------------------------------------------------------------------

    def owed(self, group: str) -> list[tuple[str, OwedRow]]:
        """What is owed to one group, in the order in which it was meant."""
        names = self._state.names("owed", group)
        return [(name, self._state.get(name, OwedRow)) for name in names]

    def owe(self, group: str, intent: Intent) -> str:
        """Mean to do something, when its turn has come."""
        return self._owe(OwedRow(group=group, intent=intent))

    def _owe(self, owed: OwedRow) -> str:
        name = rows.owed_row(owed.group, self._state.number())
        self._state.put(name, owed)
        return name

    def say(self, group: str, message: MessageRow, name: str = "") -> None:
        """Owe words; sealed at once, unless something has to go out before them. `name` is their
        row's, where they are no message of their own.

        Raises `TooMuch` (E2E-5.3), `Missing` (E2E-5.6) for a conversation that this device leaves.
        """
        name = name or rows.message_row(group, message.actor, message.id)
        if self._leaves(group):
            raise Missing("E2E-5.6", "this device is leaving that conversation")
        for readmission in behind.take_postponed(self._state, self.maker, group):
            self._owe(readmission)
        owed = OwedRow(group=group, intent=Say(name))
        if self._waits(group):
            self.maker.check_length(message)
            self._state.put(name, message)
            self._owe(owed)
        else:
            self._owe(self.maker.seal(owed, message))

    def change(self, group: str, intent: Intent, now: int) -> None:
        """Owe anything else; made at once, unless something has to go out before it.

        Raises `Conflict` (DEV-4.5) when it is so already.
        """
        owed = OwedRow(group=group, intent=intent)
        if self._unmade(group) or self._state.groups.session(group).staged is not None:
            self._owe(owed)
        elif not isinstance(intent, Refresh) and self.maker.is_moot(owed):
            raise Conflict("DEV-4.5", "there is nothing to do: the conversation is like that")
        else:
            self._owe(self.maker.make(owed, now))

    def _leaves(self, group: str) -> bool:
        """Whether this device means to leave; nothing is owed after that."""
        last = self._state.last("owed", group)
        return last is not None and isinstance(self._state.get(last, OwedRow).intent, Leave | Quit)

    def _waits(self, group: str) -> bool:
        staged = self._state.groups.session(group).staged is not None
        busy = staged or self._rests(group)
        return busy or self.maker.must_commit(group) or self._unmade(group)

    def _rests(self, group: str) -> bool:
        """Whether nothing may be sealed there: this device is behind, nobody else is there, or
        somebody is who must not read it."""
        state = self._state
        rests = behind.is_behind(state, group) or absent.is_absent(state, group)
        return rests or stops.is_stopped(state, group)

    def _unmade(self, group: str) -> bool:
        """Whether something waits to be made: what is made stands before it, but for a commit."""
        last = self._state.last("owed", group)
        return last is not None and not self._state.get(last, OwedRow).content

    # -- what to do ------------------------------------------------------------------------------

    def next(self, now: int) -> Next:
        """What to do now. Where a message has to be made for that, it is on disk already."""
        if self.obstacles.is_behind:
            return Fetch()
        for group in self._ready_groups():
            found = self._next_of(group, now)
            if found is not None:
                return found
        return Wait(self.obstacles.first_of(self._state.groups_with("owed")))

    @property
    def has_work(self) -> bool:
        """Whether there is something to do that nothing is known to be in the way of."""
        found = (self._first(group) for group in self._ready_groups())
        return any(first is not None and not first[1].proposed for first in found)

    def held(self, group: str) -> NodeError | None:
        """What is in the way of one group."""
        if found := self.obstacles.of(group):
            return found
        if behind.is_behind(self._state, group):
            return behind.catching_up(self._state, group)
        if stops.is_stopped(self._state, group):
            return stops.why(self._state, group)
        gone = absent.is_absent(self._state, group)
        return absent.nobody_there(self._state, group) if gone else None

    def _ready_groups(self) -> list[str]:
        first = {g: self._state.first("owed", g) or "" for g in self._state.groups_with("owed")}
        ready = [g for g in first if self.obstacles.is_free(g) and self._may_send(g)]
        return sorted(ready, key=lambda group: first[group].rpartition("/")[2])

    def _may_send(self, group: str) -> bool:
        """Whether anything may go out now; who takes part may change while nothing is said."""
        if not self._rests(group):
            return True
        return not behind.is_behind(self._state, group) and self._first(group) is not None

    def _first(self, group: str) -> tuple[str, OwedRow] | None:
        """What comes next in a group: a commit that is under way, or else the first."""
        if self._rests(group):
            return next(filter(self._may_pass, self.owed(group)), None)
        name = self._state.first("owed", group)
        if name is None:
            return None
        owed = self._state.get(name, OwedRow)
        if owed.content or group not in self._state.groups:
            return name, owed
        staged = self._state.groups.session(group).staged
        if staged is None:
            return self._failure(group) or (name, owed)
        # It was made last, so that those before it could wait for it.
        for other, made in reversed(self.owed(group)):
            if made.content == staged.commit:
                return other, made
        return name, owed

    def _failure(self, group: str) -> tuple[str, OwedRow] | None:
        """What was missed is asked for before more is made: our own words may be many."""
        if self._state.first("failure", group) is None:
            return None
        names = self._state.names("owed", group)
        owed = ((name, self._state.get(name, OwedRow)) for name in names)
        return next((each for each in owed if _asks(each[1].intent)), None)

    def _may_pass(self, one: tuple[str, OwedRow]) -> bool:
        """Whether it may go out though nothing is said: who must not read it goes, who could comes
        (DEV-16.4, DEV-10.3). A commit that was made before goes too."""
        intent = one[1].intent
        comes = isinstance(intent, Add) and not stops.is_stopped(self._state, one[1].group)
        return comes or isinstance(intent, Remove | Leave | Quit) or is_staged(self._state, one[1])

    def _next_of(self, group: str, now: int) -> Next | None:
        while (first := self._first(group)) is not None:
            name, owed = first
            if owed.proposed:
                return None
            if owed.content:
                return self._send(name, owed)
            told = self._make(name, owed, now)
            if told is not None:
                return told
        return None

    def _send(self, name: str, owed: OwedRow) -> Send | Create:
        row = self._state.conversation(owed.group)
        if not row.ref:
            others = tuple(actor for actor in row.members if actor != self._state.actor)
            return Create(name, owed.group, row.group_id, others)
        return Send(name, owed.group, row.ref, owed.content, owed.welcomes, owed.removed)

    def _make(self, name: str, owed: OwedRow, now: int) -> Tell | None:
        """Make the message of `owed`, or the commit that has to go before it."""
        try:
            with self._state.step():
                if self.maker.is_moot(owed):
                    return self._let_go(name, owed)
                if isinstance(owed.intent, Say) and self.maker.must_commit(owed.group):
                    refresh = OwedRow(group=owed.group, intent=Refresh())
                    self._owe(self.maker.make(refresh, now))
                else:
                    self._state.put(name, self.maker.make(owed, now))
        except Refused as error:
            with self._state.step():
                dropped = self._drop(name, owed, error, now)
                return Tell(tuple(untold.keep(self._state, dropped)), error)
        return None

    def _let_go(self, name: str, owed: OwedRow) -> Tell | None:
        """There is nothing left to do; a wish that others fulfilled is told."""
        self._state.delete(name)
        moot = Conflict("DEV-4.5", "somebody else did it first")
        events = untold.keep(self._state, tuple(undone(self._state, owed, moot)))
        return Tell(events, moot) if events else None

    # -- what became of it -----------------------------------------------------------------------

    def outcome(self, asked: Carried, outcome: Outcome, now: int) -> list[ConversationEvent]:
        """Take in what came of `asked`."""
        if self.obstacles.takes(asked, outcome):
            return []
        match asked, outcome:
            case Fetch(), _:
                self.obstacles.caught_up()
            case Create(), Created():
                home.known_as(self._state, asked.group, outcome)
            case Send(), Accepted():
                return self._accepted(asked, now)
            case Send(), LostRace():
                self._lost(asked, outcome.epoch)
            case Send() | Create(), Refused():
                return self._refused(asked, outcome, now)
        return []

    def _refused(self, asked: Send | Create, error: Refused, now: int) -> list[ConversationEvent]:
        if home.node_forgot(self._state, self.obstacles, asked.group, error):
            return []
        owed = self._state.find(asked.row, OwedRow)
        return self._drop(asked.row, owed, error, now) if owed else []

    def _accepted(self, sent: Send, now: int) -> list[ConversationEvent]:
        owed = self._state.find(sent.row, OwedRow)
        if owed is None or owed.content != sent.content:
            return []
        if isinstance(owed.intent, Leave):
            self._state.put(sent.row, replace(owed, proposed=True))
            return []
        self._state.delete(sent.row)
        if isinstance(owed.intent, Say):
            message = self._state.get(owed.intent.message, MessageRow)
            self._state.put(owed.intent.message, replace(message, sent=True))
            self.archiving.said(sent.group, message)
            # Else each message would be written twice; after a kill it is the same bytes again.
            self._state.postpone()
            return []
        return self._merge(owed, now)

    def _merge(self, owed: OwedRow, now: int) -> list[ConversationEvent]:
        """Our commit is in force."""
        if not is_staged(self._state, owed):
            return []
        groups = self._state.groups
        event = groups.apply(owed.group, groups.session(owed.group).merge(now))
        for welcome in owed.welcomes:
            digest = hashlib.sha256(welcome.content).digest()
            self._state.put(rows.invited_row(owed.group, digest), InvitedRow(actors=[*welcome.to]))
        if isinstance(owed.intent, Quit):
            return [taking_part.quit(self._state, owed.group, now)]
        wished = owed.intent.actors if isinstance(owed.intent, Remove) else ()
        changed, *doubts = self.entered(owed.group, event, now, wished)
        began = event.epoch == 1 and bool(event.added)
        is_news = not began and bool(changed.added or changed.removed)
        return [*doubts, changed] if is_news else doubts

    def _lost(self, sent: Send, epoch: int) -> None:
        """Another's commit came first: it made all that is made in this group too old."""
        self._unmake_all(sent.group)
        is_here = self._epoch(sent.group) != framing.header(sent.content).epoch
        self.obstacles.lost_race(sent.group, epoch, is_here)

    def _epoch(self, group: str) -> int | None:
        groups = self._state.groups
        return groups.session(group).epoch if group in groups else None

    def _unmake_all(self, group: str) -> None:
        for name, owed in self.owed(group):
            if owed.content:
                unmake(self._state, name, owed)

    def _drop(self, name: str, owed: OwedRow, error: Refused, now: int) -> list[ConversationEvent]:
        """It will never be taken; nor will words that a commit had to come before.

        A conversation that never began is forgotten too, or the next words would go to nobody.
        """
        unstage(self._state, owed)
        never_began = self._epoch(owed.group) == 0
        all_of_it = never_began or isinstance(owed.intent, Refresh)
        found: list[ConversationEvent] = []
        for other, row in self.owed(owed.group) if all_of_it else [(name, owed)]:
            self._state.delete(other)
            found += undone(self._state, row, error)
            if not never_began:
                declined.refused(self._state, row, now)
        if never_began:
            self._state.groups.forget(owed.group)
            roster_rows.forget(self._state, owed.group)
            self._state.delete(rows.conversation_row(owed.group))
        return found

    def give_up(self, group: str, error: Refused) -> list[ConversationEvent]:
        """This device can speak there no more: keys go, history stays, what is owed is told."""
        owed = [row for _, row in self.owed(group)]
        found = [event for row in owed for event in undone(self._state, row, error)]
        self.forget(group)
        return found

    def forget(self, group: str) -> None:
        """Be out of a group: its keys go, and what is owed."""
        taking_part.forget(self._state, group)

    # -- what the group did meanwhile ------------------------------------------------------------

    def entered(
        self, group: str, event: Committed, now: int, wished: Collection[str] = ()
    ) -> tuple[MembersChanged, *tuple[ConversationEvent, ...]]:
        """The group is in another epoch: who is in it now, what has to be made anew, and who is
        not spoken to. `wished`: whom our person put out by it."""
        changed, shaped = taking_part.entered(self._state, group, event, now, wished)
        for name, owed in self.owed(group):
            # A commit or a proposal of the epoch before is void; words may have been accepted.
            if owed.content and not isinstance(owed.intent, Say):
                unmake(self._state, name, owed)
        self._go_on(group)
        came = {member.signature_key for member in event.added}
        declined.came(self._state, group, came)
        doubts = [*shaped, *self._judging.look(group, now, came)]
        return changed, *doubts

    def _go_on(self, group: str) -> None:
        """The commit that was awaited is there, or this device was taken back."""
        self.obstacles.commit_came(group)
        behind.caught_up(self._state, group)

    def taken_back(self, group: str) -> None:
        """This device begins anew in the group: what was made in its old epoch is made again."""
        self._unmake_all(group)
        self._go_on(group)
        declined.forget(self._state, group)
        lists.came_into_a_group(self._state)

    def ended(self, group: str) -> bool:
        """This device is out of the group. Whether it had wished so."""
        wished = [name for name, owed in self.owed(group) if isinstance(owed.intent, Leave)]
        for name in [*wished, rows.asked_row(group)]:
            self._state.delete(name)
        declined.forget(self._state, group)
        self.obstacles.forget(group)
        return bool(wished)


def _asks(intent: Intent) -> bool:
    return isinstance(intent, Say) and intent.message.startswith("failure/")
