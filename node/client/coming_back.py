"""Pure: a device that is behind its group asks to be taken back, and others take it (spec DEV-9).

The commits that it missed are gone. It asks by what RFC 9420 has for newcomers: an Add of its own
key package as a PublicMessage (§12.1.8), signed by the key of the leaf that still stands for it.
"""

from typing import Final

from msgspec.structs import replace

from node.client import behind, home, later, parked, roster_rows, rows, stops
from node.client.conversation_events import (
    ConversationBehind,
    ConversationEvent,
    ConversationLeft,
    ConversationUnanswered,
    MessageUnreadable,
)
from node.client.device_outbox import DeviceOutbox
from node.client.device_state import DeviceState
from node.client.exchange import Accepted, LostRace, Outcome, Send
from node.client.intents import Readmit
from node.client.rows import AskedRow, PackageRow, ParkedRow
from node.e2ee.mls.private import protect
from node.e2ee.mls.private.client import OwnPackage
from node.e2ee.mls.private.events import Joined
from node.e2ee.mls.private.external import propose_self
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.framing import PublicMessage
from node.e2ee.mls.public.proposals import Add
from node.errors import Forbidden, Refused
from node.wire.ids import same_origin

MOST_TRIES: Final = 8
FALSE_EPOCH: Final = "it is of an epoch in which the group is not, so that nobody can read it"


class ComingBack:
    """Both sides of it."""

    def __init__(self, state: DeviceState, outbox: DeviceOutbox) -> None:
        self._state = state
        self._outbox = outbox

    # -- we are behind ---------------------------------------------------------------------------

    def look(self, now: int) -> list[ConversationEvent]:
        """The whole mailbox was read: of which groups are commits gone?"""
        found: list[ConversationEvent] = []
        heads = self._outbox.obstacles.heads
        hints = {*heads, *self._state.groups_with("parked")}
        hints |= {*self._state.groups_with("asked")}
        for group in sorted(hints & {*self._state.groups_with("group")}):
            asked = self._state.find(rows.asked_row(group), AskedRow) or AskedRow(noticed=now)
            head = max(heads.get(group, 0), self._parked_epoch(group), asked.head)
            if head <= self._state.groups.session(group).epoch:
                behind.caught_up(self._state, group)
            elif asked.over or (asked.vain and self._is_heard_elsewhere(group, asked)):
                self._end(group, replace(asked, head=head))
            else:
                found += self._behind(group, replace(asked, head=head), now)
        return found

    def _is_heard_elsewhere(self, group: str, asked: AskedRow) -> bool:
        """Whether the other of two people was read in a conversation that was begun since."""
        members = self._state.conversation(group).members
        if roster_rows.is_group(self._state, group):
            return False
        others = {*members} - {self._state.actor}
        if len(others) != 1:
            return False
        said_by = next(iter(others))
        return any(
            self._has_read(new, said_by)
            for new, row in self._state.conversations().items()
            if new != group and {*row.members} == {*members} and row.created >= asked.noticed
            if not roster_rows.is_group(self._state, new)
        )

    def _has_read(self, group: str, actor: str) -> bool:
        said = rows.message_row(group, actor, "")
        return any(name.startswith(said) for name in self._state.names("message", group))

    def _end(self, group: str, asked: AskedRow) -> None:
        """They are heard elsewhere: nothing is asked here any more, and nothing waits."""
        self._state.put(rows.asked_row(group), replace(asked, content=b"", over=True))
        for name in self._state.names("parked", group):
            self._state.delete(name)
        later.forget(self._state, group, lambda _: True)

    def restored(self) -> None:
        """Our node was put back: what its conflicts named is no more than a claim (DEV-9.5)."""
        heads = self._outbox.obstacles.heads
        for group in [group for group in heads if self._is_ours(group)]:
            del heads[group]
        for group in self._state.groups_with("asked"):
            name = rows.asked_row(group)
            asked = self._state.get(name, AskedRow)
            if asked.named and self._is_ours(group):
                self._state.put(name, replace(asked, named=False))

    def _is_ours(self, group: str) -> bool:
        """Whether our own node is the relay."""
        return same_origin(self._state.conversation(group).url, self._state.actor)

    def _parked_epoch(self, group: str) -> int:
        """The latest epoch of which something waits."""
        return max((one.epoch for one in parked.waiting(self._state, group)), default=0)

    def _behind(self, group: str, asked: AskedRow, now: int) -> list[ConversationEvent]:
        named = asked.named or group in self._outbox.obstacles.heads
        if named and asked.noticed > now:
            asked = AskedRow(noticed=now, head=asked.head, proven=asked.proven)
        # A clock that was ahead once makes no time longer.
        noticed = min(asked.noticed, now + behind.ASK_AGAIN_SECONDS)
        asked = replace(asked, sent=min(asked.sent, now), noticed=noticed)
        waits = 0 if self._is_ours(group) else behind.PATIENCE_SECONDS
        due = max(asked.noticed + waits, asked.sent and asked.sent + behind.pause(asked))
        told: list[ConversationEvent] = []
        if now >= due and (content := self._ask(group, asked.head)):
            told = [] if asked.told else [ConversationBehind(group)]
            vain = asked.sent > 0  # for the time after which it is asked again
            if vain and not asked.vain:
                told.append(ConversationUnanswered(group))
            asked = replace(
                asked, content=content, sent=now, told=True, tries=0, vain=vain,
                times=asked.times + 1,
            )  # fmt: skip
        self._state.put(rows.asked_row(group), replace(asked, named=named))
        return told

    def _ask(self, group: str, epoch: int) -> bytes:
        """The question in this epoch; empty while no package of ours is published."""
        own = self._last_resort()
        if own is None:
            return b""
        group_id = bytes.fromhex(group)
        return propose_self(own, self._state.groups.me, group_id, epoch)

    def _last_resort(self) -> OwnPackage | None:
        """The newest package of last resort: it is published, and may serve more than once."""
        found = [self._state.get(name, PackageRow) for name in self._state.names("package")]
        last = max((row for row in found if row.last_resort), key=lambda r: r.made, default=None)
        return OwnPackage.load(last.package) if last else None

    def next(self) -> Send | None:
        """The next question that has to go out."""
        for group in self._state.groups_with("asked"):
            asked = self._state.get(rows.asked_row(group), AskedRow)
            ref = self._state.conversation(group).ref
            if asked.content and ref and self._outbox.obstacles.of(group) is None:
                return Send(rows.asked_row(group), group, ref, asked.content)
        return None

    def outcome(self, sent: Send, outcome: Outcome) -> list[ConversationEvent]:
        """What came of a question."""
        asked = self._state.find(sent.row, AskedRow)
        if asked is None or asked.content != sent.content:
            return []
        if self._outbox.obstacles.takes(sent, outcome):
            return []
        if isinstance(outcome, Refused) and home.node_forgot(
            self._state, self._outbox.obstacles, sent.group, outcome
        ):
            return []
        if isinstance(outcome, LostRace) and not self._may_be_ahead(sent.group, asked, outcome):
            return self._nobody_is_there(sent.group)
        self._state.put(sent.row, self._answered(sent.group, asked, outcome))
        if not isinstance(outcome, Refused):
            return []
        # Nobody there takes us back: it is over, and words are told.
        told = self._outbox.give_up(sent.group, outcome)
        return [*told, ConversationLeft(sent.group, self._state.actor)]

    def _may_be_ahead(self, group: str, asked: AskedRow, lost: LostRace) -> bool:
        """Whether the group may be in a later epoch than this device; 0: that was not said. What a
        commit proved nobody can deny (DEV-9.8)."""
        own = self._state.groups.session(group).epoch
        return asked.proven or not lost.epoch or lost.epoch > own

    def _answered(self, group: str, asked: AskedRow, outcome: Outcome) -> AskedRow:
        again = b""
        # A relay that denies what a commit proved is asked again in an hour.
        least = asked.head if asked.proven else 1
        if isinstance(outcome, LostRace) and asked.tries < MOST_TRIES and outcome.epoch >= least:
            again = self._ask(group, outcome.epoch)
            asked = replace(asked, head=outcome.epoch, named=True)
        named = asked.named or asked.proven
        claimed = group not in self._outbox.obstacles.heads and not named
        if claimed and self._is_ours(group) and isinstance(outcome, Accepted) and outcome.term:
            # A relay that forgot something takes questions of epochs in which nobody is: it is no
            # more than what somebody claims, and words are not held for it. Only our own node is
            # believed to have forgotten: another may say so to have words sealed for who was
            # removed since (DEV-9.5).
            asked = replace(asked, sent=0, noticed=asked.sent + behind.ASK_AGAIN_SECONDS)
        return replace(asked, content=again, tries=asked.tries + 1)

    def _nobody_is_there(self, group: str) -> list[ConversationEvent]:
        """The relay says that the group is where this device is: what claims more is none of it."""
        epoch = self._state.groups.session(group).epoch
        self._outbox.obstacles.heads.pop(group, None)
        self._state.delete(rows.asked_row(group))
        false = [one.name for one in parked.waiting(self._state, group) if one.epoch > epoch]
        for name in (*false, rows.crowded_row(group)):
            self._state.delete(name)
        later.forget(self._state, group, lambda claimed: claimed > epoch)
        return [MessageUnreadable(group, "E2E-3.5", FALSE_EPOCH)] if false else []

    def check_taken_back(self, group: str, joined: Joined) -> None:
        """Only a member that we know takes us back, and into a later epoch. Raises `Forbidden`
        (DEV-9.4)."""
        by = joined.by.identity.decode() if joined.by else ""
        known = by in self._state.conversation(group).members
        if not known or joined.epoch <= self._state.groups.session(group).epoch:
            raise Forbidden("DEV-9.4", "who takes this device back is no member that it knows")

    # -- another is behind -----------------------------------------------------------------------

    def asks(self, item: ParkedRow) -> PublicMessage | None:
        """The question that this item is, if it is one."""
        message = framing.parse_message(item.content)
        if not isinstance(message, PublicMessage):
            return None
        is_ask = message.content.sender.type == framing.NEW_MEMBER_PROPOSAL
        return message if is_ask else None

    def make_room(self, group: str, item: ParkedRow) -> None:
        """Of somebody who asks again the former question waits no more. Raises `Refused`."""
        message = self.asks(item)
        asker = _asker(message)
        if message is None or asker is None:
            return
        suite = self._state.groups.session(group).group.suite
        protect.check_signature(suite, asker, message.authenticated(), b"")
        for one in parked.waiting(self._state, group):
            if one.is_word:
                continue
            if _asker(self.asks(self._state.get(one.name, ParkedRow))) == asker:
                self._state.delete(one.name)

    def asked(self, group: str, message: PublicMessage) -> None:
        """Somebody asks to be taken back. Raises `Forbidden` (DEV-9.3), `Unproven` (MLS-6.1e)."""
        session = self._state.groups.session(group)
        content = message.content
        if content.epoch != session.epoch:
            return  # it was answered meanwhile, or will be asked again
        if not isinstance(content.content, Add):
            raise Forbidden("DEV-9.3", "who asks to be taken back proposes its own key package")
        package = content.content.key_package
        leaf = _standing(session, package.leaf.signature_key, package.leaf.credential.identity)
        if leaf is None or leaf == session.own_leaf:
            raise Forbidden("DEV-9.3", "who asks to be taken back has no leaf in the group")
        suite = session.group.suite
        protect.check_signature(suite, package.leaf.signature_key, message.authenticated(), b"")
        if package.leaf.signature_key in stops.revoked(self._state, group):
            raise Forbidden("DEV-9.3", "who asks to be taken back is on no list of its account")
        stale = session.group.tree.leaf(leaf)
        assert stale is not None, "a member has a leaf"
        readmit = Readmit(package.raw, stale.encryption_key)
        first = next(member.leaf for member in session.members() if member.leaf != leaf)
        if first == session.own_leaf:
            self._outbox.owe(group, readmit)
        else:
            behind.postpone(self._state, group, readmit)


def _asker(message: PublicMessage | None) -> bytes | None:
    """The signature key of who asks."""
    if message is None or not isinstance(message.content.content, Add):
        return None
    return message.content.content.key_package.leaf.signature_key


def _standing(session: Session, key: bytes, identity: bytes) -> int | None:
    found = (m.leaf for m in session.members() if (m.signature_key, m.identity) == (key, identity))
    return next(found, None)


def is_question(sent: Send) -> bool:
    """Whether what was sent is a question to be taken back."""
    return sent.row.startswith("asked/")
