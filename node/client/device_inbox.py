"""Pure: what a device reads, and what it makes of it (spec DEV-5).

What is wrong is told, not raised. What comes before its commit or its Welcome waits; what comes
after its keys are gone is asked for again. All of it happens inside a step of the device's state;
`Refused` is raised before anything of it is changed.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from node.client import absent, behind, later, lists, parked, roster, rosters, rows, unfetched
from node.client import content as inner
from node.client.coming_back import ComingBack
from node.client.conversation_events import (
    ConversationCaughtUp,
    ConversationEvent,
    ConversationJoined,
    ConversationLeft,
    MembersChanged,
    MessageReceived,
    MessageUnreadable,
    NodeRestored,
)
from node.client.device_outbox import DeviceOutbox
from node.client.device_state import DeviceState
from node.client.errands import Errands
from node.client.groups import actors_of
from node.client.intents import Refresh
from node.client.leaves import Leaves
from node.client.put_again import put_again, say_again
from node.client.repair import Repair
from node.client.returns import Returns, is_word
from node.client.roster_rows import spoilt_row
from node.client.rows import ConversationRow, IncarnationRow, PackageRow, ParkedRow
from node.client.said import Said, message_of
from node.e2ee.mls.private import events
from node.e2ee.mls.private.client import OwnPackage
from node.e2ee.mls.private.session import Step
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.group_info import Welcome
from node.e2ee.mls.public.proposals import Remove
from node.errors import Forbidden, Missing, Refused


class DeviceInbox:
    """Takes in the items of the mailbox, in their order."""

    def __init__(
        self, state: DeviceState, outbox: DeviceOutbox, leaves: Leaves, said: Said
    ) -> None:
        self._state = state
        self._said = said
        self._leaves = leaves
        self._outbox = outbox
        self.repair = Repair(state, outbox)
        self.returns = Returns(state, outbox)
        self.errands = Errands(state, outbox)
        self.back = ComingBack(state, outbox)

    @property
    def cursor(self) -> int:
        """The last mailbox item that is on our disk."""
        return int(self._state.read(rows.CURSOR) or b"0")

    def take(
        self, items: Iterable[ParkedRow], now: int, incarnation: str = ""
    ) -> list[ConversationEvent]:
        """Take in items of the mailbox. A repeat is silence.

        Another `incarnation` than before: numbers begin anew, and items may come twice.
        """
        found: list[ConversationEvent] = []
        if incarnation:
            found += self._born_again(incarnation, now)
        cursor = before = self.cursor
        for item in items:
            if item.seq > cursor:
                cursor = item.seq
                found += self._take(item, now)
        if cursor > before:
            self._state.write(rows.CURSOR, str(cursor).encode())
        return found

    def _born_again(self, incarnation: str, now: int) -> list[ConversationEvent]:
        known = self._state.find(rows.INCARNATION, IncarnationRow)
        if known is not None and known.name == incarnation:
            return []
        before = self.cursor if known is not None else 0
        self._state.put(rows.INCARNATION, IncarnationRow(name=incarnation, before=before))
        if known is None:
            return []
        self._state.write(rows.CURSOR, b"0")
        self.errands.restored()
        self.back.restored()
        put_again(self._state, self._outbox.archiving, now)
        say_again(self._state, self._outbox, now)
        return [NodeRestored()]

    def _came_before(self, item: ParkedRow) -> bool:
        """Whether it may be one that was read when the numbers were those of another life."""
        known = self._state.find(rows.INCARNATION, IncarnationRow)
        return known is not None and item.seq <= known.before

    def _take(self, item: ParkedRow, now: int) -> list[ConversationEvent]:
        found = self._open_or_tell(item, now)
        if found and isinstance(
            found[-1], ConversationJoined | ConversationCaughtUp | MembersChanged
        ):
            found += self.take_parked(found[-1].conversation, now)
        return found

    def take_parked(self, group: str, now: int) -> list[ConversationEvent]:
        """Take in what waited, as far as that goes: a commit may have waited behind its words."""
        found: list[ConversationEvent] = []
        groups, went_on = self._state.groups, True
        parked.rename(self._state, group)  # not in the midst of them
        while went_on and self._state.first("parked", group) is not None:
            epoch = groups.session(group).epoch if group in groups else -1
            for one in parked.waiting(self._state, group):
                if group in groups and one.epoch > groups.session(group).epoch:
                    break  # nor is anything behind it of an earlier one
                item = self._state.find(one.name, ParkedRow)
                if item is None:
                    continue  # it went with what nobody follows (DEV-19.6)
                self._state.delete(one.name)
                found += self._open_or_tell(item, now)
            went_on = group in groups and groups.session(group).epoch != epoch
            self._state.delete(rows.crowded_row(group))
        self.repair.ask_now(group, now)
        return found

    def _open_or_tell(self, item: ParkedRow, now: int) -> list[ConversationEvent]:
        try:
            return self._open(item, now)
        except Refused as error:
            told = self._unreadable(item, error)
            return [] if self._came_before(item) else [told]

    def _open(self, item: ParkedRow, now: int) -> list[ConversationEvent]:
        if is_word(item):
            return self.returns.take(self._group_of(item), item)
        header = framing.header(item.content)
        if header.wire_format == framing.WELCOME:
            return self._join(item, now)
        if header.wire_format == framing.GROUP_INFO:
            return []
        group, epoch = (header.group_id or b"").hex(), header.epoch or 0
        groups = self._state.groups
        row = self._state.find(rows.conversation_row(group), ConversationRow)
        if row is None or row.left:
            return self._park(group, item, quietly=row is not None)
        if epoch > groups.session(group).epoch:
            self.back.make_room(group, item)
            return self._park(group, item)
        if question := self.back.asks(item):
            self.back.asked(group, question)
            return []
        return self._follow(group, item, now)

    def _follow(self, group: str, item: ParkedRow, now: int) -> list[ConversationEvent]:
        """What is of the group as it is now."""
        groups = self._state.groups
        session = groups.session(group)
        before = session.group
        step = session.receive(item.content, now)
        try:
            rosters.check_followed(before.context.extensions, before.tree, step.value, step.session)
        except Refused as error:
            groups.pass_over(group)
            return self._unfollowed(group, step.value, error)
        if isinstance(step.value, events.Removed) and step.value.again:
            groups.pass_over(group)
            behind.taken_out(self._state, group, step.value.epoch, now)
            return []
        return self._happened(group, groups.apply(group, step), item, now)

    def _unfollowed(
        self, group: str, event: events.Event, error: Refused
    ) -> list[ConversationEvent]:
        """What the relay took, and nobody may follow: a commit ends the group (E2E-8.6)."""
        if not isinstance(event, events.Committed | events.Removed):
            raise error
        spoilt = rosters.spoil(self._state, group, event, error)
        told = self._outbox.give_up(group, error)
        self.errands.left(group, [self._state.actor])
        return [*told, spoilt]

    def _park(self, group: str, item: ParkedRow, quietly: bool = False) -> list[ConversationEvent]:
        """It came before its commit or its Welcome: keep it until that is here.

        `quietly` of a group that this device is out of: it may be asked in again, or never.
        """
        if self._state.has(spoilt_row(group)):
            return []  # of what nobody follows
        crowded = parked.keep(self._state, group, item, self._came_before(item))
        if crowded is None or parked.was_told(self._state, group, crowded):
            return []
        asked = self.repair.ask(group, crowded, is_early=True)
        if quietly or self._came_before(crowded):
            return []
        known = group if group in self._state.groups else self._group_of(item)
        return [MessageUnreadable(known, "E2E-5.4", parked.CROWDED, asked_again=asked)]

    def _unreadable(self, item: ParkedRow, error: Refused) -> MessageUnreadable:
        """Tell of it; what was missed is asked for again, in the same step (E2E-5.9)."""
        group = self.repair.missed(item, error)
        asked = bool(group) and self.repair.ask(group, item)
        known = group or self._group_of(item)
        return MessageUnreadable(known, error.clause, error.reason, asked_again=asked)

    def _group_of(self, item: ParkedRow) -> str:
        for group, row in self._state.conversations().items():
            if item.ref and row.ref == item.ref:
                return group
        return ""

    # -- what was read ---------------------------------------------------------------------------

    def _join(self, item: ParkedRow, now: int) -> list[ConversationEvent]:
        body = framing.parse_message(item.content)
        assert isinstance(body, Welcome)
        named = (rows.package_row(entry.new_member) for entry in body.secrets)
        name = next(filter(self._state.has, named), None)
        if name is None:
            raise Missing("E2E-5.4", "a Welcome for none of our key packages")
        row = self._state.get(name, PackageRow)
        groups = self._state.groups
        step = groups.join(item.content, OwnPackage.load(row.package), now)
        group = step.value.group_id.hex()
        by = step.value.by.identity.decode() if step.value.by else ""
        shape = rosters.check_joined(self._state, step.session, step.value.by)
        if group in groups:
            self.back.check_taken_back(group, step.value)
            if not self._state.has(rows.asked_row(group)):
                return []  # its commit is still to come, and says whether it is true (DEV-9.8)
            stood = self._all_keys(group)
            told = self._taken_back(group, step, item)
            if shape is not None:
                told = [*rosters.entered(self._state, group, shape, by, now), *told]
            return [*self._leaves.look(group, now, self._all_keys(group) - stood), *told]
        joined = groups.apply(group, step)
        if not row.last_resort:
            self._state.delete(name)
        parked.forget_before(self._state, group, joined.epoch)
        later.forget(self._state, group, lambda epoch: epoch < joined.epoch)
        members = actors_of(groups.session(group).members())
        if shape is not None:
            members = sorted(shape.actors)
            rosters.joined(self._state, group, shape, by, now)
        conversation = ConversationRow(
            group_id=joined.group_id,
            ref=item.ref,
            url=item.url,
            members=members,
            created=now,
            joined=joined.epoch,
            grown=joined.epoch,
        )
        self._state.put(rows.conversation_row(group), conversation)
        self.errands.came(group, [self._state.actor, *members])
        lists.came_into_a_group(self._state)
        doubts = self._leaves.look(group, now, self._all_keys(group))
        return [*doubts, ConversationJoined(group, by, tuple(members))]

    def _all_keys(self, group: str) -> set[bytes]:
        """To who joins all leaves are new; to who is taken back those that did not stand before."""
        members = self._state.groups.session(group).members()
        return {member.signature_key for member in members}

    def _taken_back(
        self, group: str, step: Step[events.Joined], item: ParkedRow
    ) -> list[ConversationEvent]:
        """Others took this device back (DEV-9.4); what it could not read is asked for again."""
        groups, row = self._state.groups, self._state.conversation(group)
        groups.forget(group)
        self._outbox.taken_back(group)
        joined = groups.apply(group, step)
        shape = rosters.here(groups.session(group))
        members = sorted(shape.actors) if shape else actors_of(groups.session(group).members())
        grown = row.grown if set(members) <= set(row.members) else joined.epoch
        name = rows.conversation_row(group)
        kept = replace(row, ref=item.ref, url=item.url, members=members, grown=grown)
        self._state.put(name, kept)
        # Nothing tells whether somebody put them out meanwhile: a person takes them in again.
        absent.forget(self._state, group, {*absent.of(self._state, group)} - {*members})
        missed = parked.missed(self._state, group, row.joined, joined.epoch)
        missed = [each for each in missed if self.repair.ask(group, each)]
        parked.forget_before(self._state, group, joined.epoch)
        return [ConversationCaughtUp(group, len(missed))]

    def _happened(
        self, group: str, event: events.Event, item: ParkedRow, now: int
    ) -> list[ConversationEvent]:
        match event:
            case events.ApplicationMessage():
                return self._read(group, event, item)
            case events.Committed():
                return self._entered(group, event, now)
            case events.Removed():
                return [self._left(group, event, now)]
            case events.Proposed() if isinstance(event.proposal, Remove):
                self._commit_if_ours(group)
        return []

    def _entered(self, group: str, event: events.Committed, now: int) -> list[ConversationEvent]:
        """Another's commit: our node was not told whom it took out."""
        changed, *doubts = self._outbox.entered(group, event, now)
        session = self._state.groups.session(group)
        present = actors_of(session.members())
        if rosters.going(session):
            self._commit_if_ours(group)
        self.errands.came(group, present)
        self.errands.left(group, {*actors_of(event.removed)} - {*present})
        return [*doubts, changed]

    def _read(
        self, group: str, event: events.ApplicationMessage, item: ParkedRow
    ) -> list[ConversationEvent]:
        actor = event.sender.identity.decode()
        session = self._state.groups.session(group)
        if event.sender.leaf in rosters.going(session) and event.epoch == session.epoch:
            # The ratchet has moved all the same: the key was used.
            raised = Forbidden("E2E-8.5", rosters.IS_OUT)
            return [MessageUnreadable(group, raised.clause, raised.reason)]
        try:
            said = inner.read(event.data)
        except Refused as error:
            # The ratchet has moved all the same: the key was used.
            return [MessageUnreadable(group, error.clause, error.reason)]
        told = self.returns.heard(group, actor)
        if said.kind == inner.FAILURE:
            return [*told, *self.repair.mend(group, said.about)]
        if said.kind in inner.QUIET:
            return told
        if said.kind in inner.ACTS:
            return [*told, *self._said.heard(group, event, said, item.at)]
        name = rows.message_row(group, actor, said.id)
        if self._state.has(name):
            return told
        row = self._said.meet(group, message_of(said, actor, item.at, self._state.number()))
        if row is None:
            return told  # it was taken back
        self._state.put(name, row)
        self._outbox.archiving.heard(group, event, row)
        came = MessageReceived(group, said.id, actor, row.text, said.kind, item.at)
        return [*told, came, *self._said.came(group, said.id, item.at)]

    def _left(self, group: str, event: events.Removed, now: int) -> ConversationLeft:
        row = self._state.conversation(group)
        self._state.put(rows.conversation_row(group), replace(row, left=True))
        wished = self._outbox.ended(group)
        unfetched.forget(self._state, group, row.members)
        self.errands.left(group, [self._state.actor])
        by = event.by.identity.decode() if event.by else ""
        rosters.left(self._state, group, by, now, roster.of(event.extensions))
        return ConversationLeft(group, self._state.actor if wished else by)

    def _commit_if_ours(self, group: str) -> None:
        """Somebody is to go: the first of those who stay commits it, so that one does (DEV-4.7)."""
        session = self._state.groups.session(group)
        going = {
            pending.proposal.removed
            for pending in session.pending().values()
            if isinstance(pending.proposal, Remove)
        } | rosters.going(session)
        stay = [member.leaf for member in session.members() if member.leaf not in going]
        owed = [owed.intent for _, owed in self._outbox.owed(group)]
        if stay[:1] == [session.own_leaf] and not any(isinstance(one, Refresh) for one in owed):
            self._outbox.owe(group, Refresh())
