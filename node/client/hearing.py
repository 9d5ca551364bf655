"""Pure: what a device hears: what became of its own, and what others say (spec E2E-5).

What is wrong is told, not raised. What comes before its commit or its Welcome waits; what comes
after its keys are gone is asked for again.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from node.client import content as inner
from node.client import rows
from node.client.groups import actors_of, merge
from node.client.happenings import Changed, Happening, Joined, Left, Said, Unreadable, Unsent
from node.client.rows import Changes, ConversationRow, OutRow, PackageRow, ParkedRow, SaidRow
from node.client.speaking import Speaking
from node.e2ee.mls.private import events
from node.e2ee.mls.private.client import OwnPackage
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.group_info import Welcome
from node.errors import Missing, Refused, TooMuch
from node.wire.ids import urn_uuid4

MOST_PARKED = 500
# One complaint may name hundreds: who only complains must not keep us busy for ever.
MOST_MENDED = 20
# The keys of its epoch, or its own, are gone, or it is too far ahead of what came; or too many
# wait. What was in such a message can be sealed anew.
MISSED = frozenset({"MLS-15.3a", "MLS-9.2a", "MLS-15.3", "E2E-5.4"})


class Hearing(Speaking):
    """The inbox of a device."""

    @property
    def cursor(self) -> int:
        """The last mailbox item that is on our disk."""
        return int(self._rows.read(rows.CURSOR) or b"0")

    def conversations(self) -> dict[str, ConversationRow]:
        """All conversations, by group."""
        found = {}
        for name in self._rows.names("conversation/"):
            found[name.partition("/")[2]] = self._get(name, ConversationRow)
        return found

    def accepted(self, name: str, now: int) -> list[Happening]:
        """The home node took what was owed as `name`; what waited for our commit is heard now."""
        out = self._get(name, OutRow)
        changes: Changes = {name: None}
        if out.said:
            said = self._get(out.said, SaidRow)
            said.sent = True
            changes[out.said] = msgspec.json.encode(said)
        session = self._session(out.group) if out.commit else None
        if session is None or session.staged is None or session.staged.commit != out.content:
            self._rows.step(changes)
            return []
        step = session.merge(now)
        merge(changes, out.group, step.change)
        self._done(out.group, step.session, changes)
        return self._unpark(out.group, now)

    def resume(self, now: int) -> list[Happening]:
        """After a start: what could have been heard just before the last end is heard now."""
        found: list[Happening] = []
        for group in self.conversations():
            if self._takes_part(group):
                found += self._unpark(group, now)
        return found

    def receive(self, item: ParkedRow, now: int) -> list[Happening]:
        """Take in one item of the mailbox. A repeat is silence; what is wrong is told, not raised.

        When this returns the item is on disk and may be acknowledged.
        """
        if item.seq <= self.cursor:
            return []
        cursor = str(item.seq).encode()
        try:
            found = self._take(item, now, {rows.CURSOR: cursor})
        except Refused as error:
            found = [self._unreadable(item, error, {rows.CURSOR: cursor})]
        if any(isinstance(one, Joined | Changed) for one in found):
            self.stirred = True
            found += self._unpark(self._group_of(item), now)
        return found

    def _group_of(self, item: ParkedRow) -> str:
        for group, row in self.conversations().items():
            if item.ref and row.ref == item.ref:
                return group
        return ""

    def _take(self, item: ParkedRow, now: int, changes: Changes) -> list[Happening]:
        header = framing.header(item.content)
        if header.wire_format == framing.WELCOME:
            return self._welcome(item, now, changes)
        if header.wire_format == framing.GROUP_INFO:
            self._rows.step(changes)
            return []
        group, epoch = (header.group_id or b"").hex(), header.epoch or 0
        known = self._rows.read(rows.conversation_row(group)) is not None
        if not known or epoch > self._session(group).epoch:
            return self._park(group, item, changes)
        step = self._session(group).receive(item.content, now)
        merge(changes, group, step.change)
        return self._happened(group, step.session, step.value, item, changes)

    def _park(self, group: str, item: ParkedRow, changes: Changes) -> list[Happening]:
        """It came before its commit or its Welcome: keep it until that is here."""
        if len(self._rows.names(f"parked/{group}/")) >= MOST_PARKED:
            raise TooMuch("E2E-5.4", "too many messages wait for what never came")
        changes[rows.parked_row(group, item.seq)] = msgspec.json.encode(item)
        self._rows.step(changes)
        return []

    def _unpark(self, group: str, now: int) -> list[Happening]:
        """Take in what waited, as far as that goes: a commit may have waited behind its words."""
        found: list[Happening] = []
        went_on = True
        while went_on:
            epoch = self._session(group).epoch if self._takes_part(group) else -1
            for name in self._rows.names(f"parked/{group}/"):
                item = self._get(name, ParkedRow)
                try:
                    found += self._take(item, now, {name: None})
                except Refused as error:
                    found.append(self._unreadable(item, error, {name: None}))
            went_on = self._takes_part(group) and self._session(group).epoch != epoch
        return found

    # -- what could not be read ------------------------------------------------------------------

    def _unreadable(self, item: ParkedRow, error: Refused, changes: Changes) -> Unreadable:
        """Tell of it; what was missed is asked for again, in the same step (E2E-5.9)."""
        group = self._missed(item, error)
        if group:
            self._ask(group, item, changes)
        self._rows.step(changes)
        known = group or self._group_of(item)
        return Unreadable(known, error.clause, error.reason, asked_again=bool(group))

    def _ask(self, group: str, item: ParkedRow, changes: Changes) -> None:
        """Owe a `Failure` about the message, once; many are named in one while none was sealed."""
        digest = hashlib.sha256(item.content).digest()
        name = rows.missed_row(group, digest)
        if self._rows.read(name) is not None:
            return
        changes[name] = b"1"
        asked, said = self._asking(group)
        if said is None:
            id = urn_uuid4(self._entropy.draw(16))
            said = SaidRow(
                id=id,
                actor=self.actor,
                text=inner.named(digest),
                at=item.at,
                number=self._rows.counter,
                kind=inner.FAILURE,
                sent=False,
            )
            asked = rows.asked_row(group, id)
            self._owe(changes, OutRow(group=group, commit=False, said=asked))
        else:
            said.text += f" {inner.named(digest)}"
        changes[asked] = msgspec.json.encode(said)
        self.stirred = True

    def _asking(self, group: str) -> tuple[str, SaidRow | None]:
        """The `Failure` of this group that is owed and not sealed yet, if it takes one more."""
        for _, out in self.owed():
            if out.group == group and out.said.startswith("asked/") and not out.content:
                said = self._get(out.said, SaidRow)
                if len(said.text.split()) < inner.MOST_NAMED:
                    return out.said, said
        return "", None

    def _missed(self, item: ParkedRow, error: Refused) -> str:
        """The group in which a message can be asked for again, or nothing.

        Not what was said before this device came: that was not for it.
        """
        if error.clause not in MISSED:
            return ""
        header = framing.header(item.content)
        group = (header.group_id or b"").hex()
        if header.content_type != framing.APPLICATION or not self._takes_part(group):
            return ""
        row = self._get(rows.conversation_row(group), ConversationRow)
        return group if (header.epoch or 0) >= row.joined else ""

    def _mend(self, group: str, about: Iterable[str], changes: Changes) -> list[Happening]:
        """Somebody missed what we said: owe it anew, in its order."""
        found: list[Happening] = []
        for each in dict.fromkeys(about):
            found += self._mend_one(group, each, changes)
        return found

    def _mend_one(self, group: str, about: str, changes: Changes) -> list[Happening]:
        """Owe it anew, under its id, when nobody came since."""
        found = self._sealed_as(group, inner.digest_of(about))
        if found is None:
            return []
        name, said = found
        row = self._get(rows.conversation_row(group), ConversationRow)
        if said.epoch < row.grown:
            reason = "somebody missed it, and others came since: say it again if they may read it"
            return self._left_alone(group, said, reason)
        if said.mended >= MOST_MENDED:
            return self._left_alone(group, said, "somebody misses it again and again")
        said.digest, said.sent, said.mended = b"", False, said.mended + 1
        changes[name] = msgspec.json.encode(said)
        self._owe(changes, OutRow(group=group, commit=False, said=name))
        self.stirred = True
        return []

    def _left_alone(self, group: str, said: SaidRow, reason: str) -> list[Happening]:
        """Tell of our words; what is wrong with a complaint of ours is nobody's to know."""
        if said.kind == inner.FAILURE:
            return []
        return [Unsent(group, said.id, said.text, "E2E-5.9", reason)]

    # -- what was read ---------------------------------------------------------------------------

    def _welcome(self, item: ParkedRow, now: int, changes: Changes) -> list[Happening]:
        body = framing.parse_message(item.content)
        assert isinstance(body, Welcome)
        own = name = None
        for entry in body.secrets:
            name = rows.package_row(entry.new_member)
            own = self._rows.read(name)
            if own is not None:
                break
        if own is None or name is None:
            raise Missing("E2E-5.4", "a Welcome for none of our key packages")
        row = msgspec.json.decode(own, type=PackageRow)
        known = [bytes.fromhex(group) for group in self.conversations()]
        package = OwnPackage.load(row.package)
        step = join(item.content, package, self._me, self._means, now, known=known)
        group = step.value.group_id.hex()
        if not row.last_resort:
            changes[name] = None
        members = actors_of(step.session.members())
        conversation = ConversationRow(
            group_id=step.value.group_id,
            ref=item.ref,
            url=item.url,
            members=members,
            created=now,
            joined=step.session.epoch,
            grown=step.session.epoch,
        )
        changes[rows.conversation_row(group)] = msgspec.json.encode(conversation)
        merge(changes, group, step.change)
        self._done(group, step.session, changes)
        by = step.value.by.identity.decode() if step.value.by else ""
        return [Joined(group, by, tuple(members))]

    def _happened(
        self, group: str, session: Session, event: events.Event, item: ParkedRow, changes: Changes
    ) -> list[Happening]:
        match event:
            case events.ApplicationMessage():
                found = self._said(group, event, item, changes)
            case events.Removed():
                row = self._get(rows.conversation_row(group), ConversationRow)
                row.left = True
                changes[rows.conversation_row(group)] = msgspec.json.encode(row)
                found = [Left(group, event.by.identity.decode() if event.by else "")]
            case events.Committed():
                found = self._committed(group, session, event, changes)
            case _:
                found = []
        self._done(group, session, changes)
        return found

    def _said(
        self, group: str, event: events.ApplicationMessage, item: ParkedRow, changes: Changes
    ) -> list[Happening]:
        actor = event.sender.identity.decode()
        try:
            said = inner.read(event.data)
        except Refused as error:
            # The ratchet has moved all the same: the key was used.
            return [Unreadable(group, error.clause, error.reason)]
        if said.kind == inner.FAILURE:
            return self._mend(group, said.about, changes)
        name = rows.said_row(group, actor, said.id)
        if self._rows.read(name) is not None:
            return []
        count = self._rows.counter
        row = SaidRow(
            id=said.id, actor=actor, text=said.text, at=item.at, number=count, kind=said.kind
        )
        changes[name] = msgspec.json.encode(row)
        return [Said(group, said.id, actor, said.text, said.kind, item.at)]

    def _committed(
        self, group: str, session: Session, event: events.Committed, changes: Changes
    ) -> list[Happening]:
        row = self._get(rows.conversation_row(group), ConversationRow)
        members = actors_of(session.members())
        if set(members) - set(row.members):
            row.grown = session.epoch
        row.members = members
        changes[rows.conversation_row(group)] = msgspec.json.encode(row)
        return [Changed(group, tuple(actors_of(event.added)), tuple(actors_of(event.removed)))]
