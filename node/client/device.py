"""Pure: a device's side of sealed messages, without I/O but its vault (spec E2E-5).

Push in what the home node said (`receive`), pull out what is owed (`owed`), say what became of it
(`accepted`, `lost`). State is in the vault before anything is handed out to be sent.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from node.client import content as inner
from node.client import rows
from node.client.groups import actors_of, believe, between, merge, new_group_id
from node.client.happenings import Changed, Happening, Joined, Left, Said, Unreadable
from node.client.rows import (
    Changes,
    ConversationRow,
    OutRow,
    PackageRow,
    ParkedRow,
    Rows,
    SaidRow,
    WelcomeRow,
)
from node.e2ee.mls.private import events
from node.e2ee.mls.private.client import Client, OwnPackage
from node.e2ee.mls.private.joining import join
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public import framing, key_package
from node.e2ee.mls.public.group_info import Welcome
from node.e2ee.mls.public.proposals import Add
from node.errors import Conflict, Forbidden, Missing, Refused
from node.ports import Entropy
from node.wire.ids import urn_uuid4

SUITE = 1
# ts-mls looks 200 generations ahead, OpenMLS 1,000; a commit heals a stolen key besides.
COMMIT_AFTER_MESSAGES = 100
MOST_PARKED = 500
LAST_RESORT_KEPT_SECONDS = 7 * 86400


class Device:
    """One device of `actor`. Conversations are named by their group id in hex."""

    def __init__(self, vault: Rows, entropy: Entropy, actor: str) -> None:
        self._rows = vault
        self._entropy = entropy
        self.actor = actor
        self._means = Means(entropy, believe)
        self._sessions: dict[str, Session] = {}
        kept = vault.read(rows.CLIENT)
        if kept is None:
            self._me = Client.fresh(SUITE, actor.encode(), entropy)
            vault.step({rows.CLIENT: self._me.dump()})
        else:
            self._me = Client.load(kept)

    # -- looking ---------------------------------------------------------------------------------

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

    def between(self, actor: str) -> list[str]:
        """The conversations of just us and `actor`, first the one to answer in (E2E-5.8)."""
        return between(self.conversations(), self.actor, actor, self.history)

    def history(self, *groups: str) -> list[SaidRow]:
        """What was said there, in the order in which this device read or wrote it."""
        names = [name for group in groups for name in self._rows.names(f"said/{group}/")]
        return sorted((self._get(name, SaidRow) for name in names), key=lambda row: row.number)

    def names(self) -> dict[str, str]:
        """The actors we talk with, by handle; so that nobody is asked who they are."""
        found = self._rows.names("name/")
        return {name.partition("/")[2]: (self._rows.read(name) or b"").decode() for name in found}

    def name(self, handle: str, actor: str) -> None:
        """Remember who `handle` is."""
        if self._rows.read(rows.name_row(handle)) != actor.encode():
            self._rows.step({rows.name_row(handle): actor.encode()})

    def authenticator(self, group: str) -> str:
        """Equal on all devices that see the same group."""
        return self._session(group).epoch_authenticator.hex()

    def owed(self) -> list[tuple[str, OutRow]]:
        """What the home node has not accepted yet, in order."""
        return [(name, self._get(name, OutRow)) for name in self._rows.names("out/")]

    # -- key packages ----------------------------------------------------------------------------

    def new_packages(self, count: int, last_resort: bool, now: int) -> list[tuple[bytes, bool]]:
        """(package, is last resort): private halves are in the vault before they are published."""
        changes: Changes = {}
        made = []
        for number in range(count + last_resort):
            own = self._me.key_package(self._entropy, now)
            last = last_resort and number == count
            row = PackageRow(package=own.dump(), made=now, last_resort=last)
            changes[rows.package_row(own.reference)] = msgspec.json.encode(row)
            made.append((own.package, last))
        for name in self._rows.names("package/") if last_resort else ():
            old = self._get(name, PackageRow)
            if old.last_resort and now - old.made > LAST_RESORT_KEPT_SECONDS:
                changes[name] = None
        self._rows.step(changes)
        return made

    # -- starting and saying ---------------------------------------------------------------------

    def start(self, packages: Mapping[str, Sequence[bytes]], now: int) -> str:
        """A new conversation with the devices whose key packages these are, by actor.

        The commit is owed then. Raises `Forbidden` (E2E-5.1) for a package of somebody else.
        """
        adds = []
        for actor, found in packages.items():
            for data in found:
                package = key_package.parse(data)
                if package.leaf.credential.identity != actor.encode():
                    raise Forbidden("E2E-5.1", f"a key package that is not of {actor}")
                adds.append(Add(package))
        if not adds:
            raise Missing("E2E-5.6", "they have no device that takes sealed messages yet")
        group_id = new_group_id(self._entropy)
        group = group_id.hex()
        first = Session.create(self._me, self._means, group_id, now)
        staged = first.session.stage(now, adds)
        row = ConversationRow(
            group_id=group_id, members=sorted({self.actor, *packages}), created=now
        )
        changes: Changes = {rows.conversation_row(group): msgspec.json.encode(row)}
        merge(changes, group, first.change)
        merge(changes, group, staged.change)
        welcome = staged.value.entrust() or b""
        invited = [WelcomeRow(to=actor, content=welcome) for actor in sorted(packages)]
        self._owe(
            changes, OutRow(group=group, commit=True, content=staged.value.commit, welcomes=invited)
        )
        self._rows.step(changes)
        self._sessions[group] = staged.session
        return group

    def created(self, group: str, ref: str, url: str) -> None:
        """The home node knows the conversation now."""
        row = self._get(rows.conversation_row(group), ConversationRow)
        row.ref, row.url = ref, url
        self._rows.step({rows.conversation_row(group): msgspec.json.encode(row)})

    def must_commit(self, group: str) -> bool:
        """Whether a commit has to come before the next word (§12.4, E2E-5.7)."""
        session = self._session(group)
        return session.staged is None and (
            session.must_commit or session.generation >= COMMIT_AFTER_MESSAGES
        )

    def commit(self, group: str, now: int) -> None:
        """Owe a commit of what is pending, with fresh keys."""
        step = self._session(group).stage(now)
        changes: Changes = {}
        merge(changes, group, step.change)
        self._owe(changes, OutRow(group=group, commit=True, content=step.value.commit))
        self._done(group, step.session, changes)

    def say(self, group: str, text: str, micros: int) -> SaidRow:
        """Seal `text` and owe it; both are on disk when this returns."""
        id, activity = urn_uuid4(self._entropy.draw(16)), urn_uuid4(self._entropy.draw(16))
        count = self._rows.counter
        said = SaidRow(id=id, actor=self.actor, text=text, at=micros, number=count, sent=False)
        self._seal(group, said, activity)
        return said

    def _seal(self, group: str, said: SaidRow, activity: str, place: str = "") -> None:
        now = datetime.fromtimestamp(said.at / 1_000_000, UTC)
        data = inner.write_note(said.id, activity, self.actor, said.text, now)
        step = self._session(group).seal(data)
        name = rows.said_row(group, self.actor, said.id)
        changes: Changes = {name: msgspec.json.encode(said)}
        merge(changes, group, step.change)
        self._owe(changes, OutRow(group=group, commit=False, content=step.value, said=name), place)
        self._done(group, step.session, changes)

    # -- what became of it -----------------------------------------------------------------------

    def accepted(self, name: str, now: int) -> None:
        """The home node took what was owed as `name`."""
        out = self._get(name, OutRow)
        changes: Changes = {name: None}
        if out.said:
            said = self._get(out.said, SaidRow)
            said.sent = True
            changes[out.said] = msgspec.json.encode(said)
        session = self._session(out.group)
        if out.commit and session.staged is not None and session.staged.commit == out.content:
            step = session.merge(now)
            merge(changes, out.group, step.change)
            return self._done(out.group, step.session, changes)
        return self._rows.step(changes)

    def lost(self, name: str) -> None:
        """Another came first. A commit is dropped; words are sealed anew: same id, same place."""
        out = self._get(name, OutRow)
        if not out.commit:
            said = self._get(out.said, SaidRow)
            return self._seal(out.group, said, urn_uuid4(self._entropy.draw(16)), name)
        changes: Changes = {name: None}
        session = self._session(out.group)
        if session.staged is None or session.staged.commit != out.content:
            return self._rows.step(changes)
        step = session.drop()
        merge(changes, out.group, step.change)
        return self._done(out.group, step.session, changes)

    def abandon(self, name: str) -> None:
        """The home node will never take it: forget it. Words stay in the history, unsent."""
        out = self._get(name, OutRow)
        if out.commit:
            self.lost(name)
        else:
            self._rows.step({name: None})

    # -- receiving -------------------------------------------------------------------------------

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
            self._rows.step({rows.CURSOR: cursor})
            return [Unreadable(self._group_of(item), error.clause, error.reason)]
        if any(isinstance(one, Joined | Changed) for one in found):
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
            self._rows.step(changes)
            return [Unreadable(group, "E2E-5.4", "too many messages wait for what never came")]
        changes[rows.parked_row(group, item.seq)] = msgspec.json.encode(item)
        self._rows.step(changes)
        return []

    def _unpark(self, group: str, now: int) -> list[Happening]:
        found: list[Happening] = []
        for name in self._rows.names(f"parked/{group}/"):
            item = self._get(name, ParkedRow)
            try:
                found += self._take(item, now, {name: None})
            except Refused as error:
                self._rows.step({name: None})
                found.append(Unreadable(group, error.clause, error.reason))
        return found

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
            group_id=step.value.group_id, ref=item.ref, url=item.url, members=members, created=now
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
            case events.Said():
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
        self, group: str, event: events.Said, item: ParkedRow, changes: Changes
    ) -> list[Happening]:
        actor = event.sender.identity.decode()
        try:
            said = inner.read(event.data)
        except Refused as error:
            # The ratchet has moved all the same: the key was used.
            return [Unreadable(group, error.clause, error.reason)]
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
        row.members = actors_of(session.members())
        changes[rows.conversation_row(group)] = msgspec.json.encode(row)
        return [Changed(group, tuple(actors_of(event.added)), tuple(actors_of(event.removed)))]

    # -- the vault -------------------------------------------------------------------------------

    def _session(self, group: str) -> Session:
        if group not in self._sessions:
            names = self._rows.names(f"group/{group}/")
            if not names:
                raise Missing("E2E-5.6", "this device is not in that conversation")
            head = len(f"group/{group}/")
            records = {name[head:]: self._rows.read(name) or b"" for name in names}
            self._sessions[group] = Session.load(records, self._means)
        return self._sessions[group]

    def _done(self, group: str, session: Session, changes: Changes) -> None:
        """Write first; a session whose step is not on disk is read again from what is."""
        self._sessions.pop(group, None)
        self._rows.step(changes)
        if not session.over:
            self._sessions[group] = session

    def _owe(self, changes: Changes, out: OutRow, place: str = "") -> None:
        names = self._rows.names("out/")
        number = int(names[-1].partition("/")[2]) + 1 if names else self._rows.counter
        name = place or rows.out_row(max(number, self._rows.counter))
        changes[name] = msgspec.json.encode(out)

    def _get(self, name: str, kind: type[rows.Row]) -> rows.Row:
        value = self._rows.read(name)
        if value is None:
            raise Conflict("E2E-5.6", f"the vault has no {name.partition('/')[0]} of that name")
        return msgspec.json.decode(value, type=kind)
