"""Pure: messages are made of intents: words are sealed, changes become commits (spec DEV-4).

All of it happens inside a step of the device's state.
"""

import hashlib
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from node.client import absent, put_out, roster, rosters, rows, stops
from node.client import content as inner
from node.client.device_state import DeviceState
from node.client.intents import Add, Intent, Leave, Quit, Readmit, Refresh, Remove, Say
from node.client.rows import MessageRow, OwedRow, WelcomeRow
from node.client.said_rows import words_of
from node.e2ee.mls.private.events import member_at
from node.e2ee.mls.private.session import Session
from node.e2ee.mls.public import key_package, proposals
from node.e2ee.mls.public.tree import Tree
from node.wire.ids import urn_uuid4
from node.wire.times import from_micros

# ts-mls looks 200 generations ahead, OpenMLS 1,000; a commit heals a stolen key besides.
COMMIT_AFTER_MESSAGES = 100
MOST_WHILE_REPAIRING = 180
MOST_CHANGES = 20  # in one commit, where it is ours to choose


class MessageMaker:
    """Makes of what is owed the message that carries it."""

    def __init__(self, state: DeviceState) -> None:
        self._state = state
        self._by_digest: dict[str, dict[bytes, str]] = {}

    def must_commit(self, group: str) -> bool:
        """Whether a commit has to come before the next word (RFC 9420 §12.4, E2E-5.7)."""
        session = self._state.groups.session(group)
        if session.staged is not None:
            return False
        must = session.must_commit or bool(stops.revoked(self._state, group))
        must = must or bool(rosters.going(session))
        return must or self._has_said_enough(group, session.generation)

    def _has_said_enough(self, group: str, generation: int) -> bool:
        """Whether fresh keys are due; not while repairs are owed, which a commit makes late."""
        if generation < COMMIT_AFTER_MESSAGES:
            return False
        return generation >= MOST_WHILE_REPAIRING or not self._repairs(group)

    def _repairs(self, group: str) -> bool:
        """Whether a `Failure`, or words that somebody missed, are owed."""
        owed = (self._state.get(name, OwedRow) for name in self._state.names("owed", group))
        said = (each.intent.message for each in owed if isinstance(each.intent, Say))
        rows_of = (self._state.get(name, MessageRow) for name in said)
        return any(row.kind == inner.FAILURE or row.mended for row in rows_of)

    def is_moot(self, owed: OwedRow) -> bool:
        """Whether others have done it already, so that there is nothing left to do."""
        session = self._state.groups.session(owed.group)
        shaped = rosters.here(session)
        if shaped is not None and not isinstance(owed.intent, Add | Refresh | Readmit):
            return rosters.is_moot(shaped, owed.intent)
        match owed.intent:
            case Add():
                return not self._missing(session, owed.intent)
            case Remove():
                left = {*absent.of(self._state, owed.group)}.intersection(owed.intent.actors)
                return not left and not self._leaves(session, owed.intent.actors)
            case Refresh():
                return not self.must_commit(owed.group)
            case Readmit():
                return _stale_leaf(session, owed.intent) is None
        return False

    def make(self, owed: OwedRow, now: int) -> OwedRow:
        """The row with its message. Raises what the group refuses for good."""
        match owed.intent:
            case Say():
                message = self._state.get(owed.intent.message, MessageRow)
                return self.seal(owed, message)
            case Leave():
                return self._leave(owed, now)
        return self._commit(owed, now)

    # -- words -----------------------------------------------------------------------------------

    def check_length(self, message: MessageRow) -> None:
        """Raises `TooMuch` (E2E-5.3) for words that could not be sealed later."""
        self._write(message, bytes(16))

    def _write(self, message: MessageRow, activity: bytes) -> bytes:
        """What stands inside the sealed message. Raises `TooMuch` (E2E-5.3)."""
        words, actor = words_of(message), self._state.actor
        if message.kind in inner.ACTS:
            return inner.write_act(message.kind, words, actor, message.edit)
        return inner.write_note(words, urn_uuid4(activity), actor)

    def _inner(self, message: MessageRow) -> bytes:
        if message.kind == inner.FAILURE:
            at = from_micros(message.at)
            return inner.write_failure(message.id, self._state.actor, message.text.split(), at)
        is_act = message.kind in inner.ACTS
        return self._write(message, b"" if is_act else self._state.entropy.draw(16))

    def seal(self, owed: OwedRow, message: MessageRow) -> OwedRow:
        """The row with the words sealed; their own row remembers in what they went out.

        Raises `TooMuch` (E2E-5.3).
        """
        assert isinstance(owed.intent, Say)
        session = self._state.groups.session(owed.group)
        epoch, name = session.epoch, owed.intent.message
        sealed = self._state.groups.apply(owed.group, session.seal(self._inner(message)))
        digest = hashlib.sha256(sealed).digest()
        self._state.put(name, replace(message, epoch=epoch, digest=digest))
        if owed.group in self._by_digest:
            self._by_digest[owed.group][digest] = name
        return replace(owed, content=sealed)

    def sealed_as(self, group: str, digest: bytes) -> tuple[str, MessageRow] | None:
        """What we said in the message with this digest, unless it was sealed anew since.

        All that we said is read once, when the first message has to be found.
        """
        if not digest:
            return None
        if group not in self._by_digest:
            said = rows.message_row(group, self._state.actor, "")
            own = [name for name in self._state.names("message", group) if name.startswith(said)]
            more = (self._state.names(kind, group) for kind in ("failure", "act"))
            names = [*own, *(name for some in more for name in some)]
            found = ((self._state.get(name, MessageRow).digest, name) for name in names)
            self._by_digest[group] = dict(found)
        name = self._by_digest[group].get(digest)
        message = self._state.find(name, MessageRow) if name else None
        return (name, message) if name and message and message.digest == digest else None

    # -- changes ---------------------------------------------------------------------------------

    def _commit(self, owed: OwedRow, now: int) -> OwedRow:
        session = self._state.groups.session(owed.group)
        before = session.group.tree
        wished = [*self._shaped(session, owed.intent), *self._proposals(session, owed.intent)]
        revoked = self._revoked(owed.group, session, wished)
        said = put_out.mark(self._state, owed.group, owed.intent)
        step = session.stage(
            now, [*revoked, *wished], authenticated_data=said, me=self._state.groups.me
        )
        staged = self._state.groups.apply(owed.group, step)
        welcome, after = staged.entrust(), staged.next.group.tree
        added = _actors_at(after, staged.added)
        welcomes = [] if welcome is None else [WelcomeRow(content=welcome, to=sorted(added))]
        stay = _actors_at(after, (index for index, _ in after.members()))
        if (shape := roster.of(staged.next.group.context.extensions)) is not None:
            roster.check_devices(shape, sum(1 for _ in after.members()))
        gone = sorted(_actors_at(before, staged.removed) - stay)
        return replace(owed, content=staged.commit, welcomes=welcomes, removed=gone)

    def _shaped(self, session: Session, intent: Intent) -> Sequence[proposals.Proposal]:
        """What it makes of the roster of a group (E2E-8). Raises what is not ours to do."""
        before = rosters.here(session)
        if before is None:
            return []
        after = rosters.wished(before, intent, self._state.actor)
        if after == before:
            return []
        extensions = roster.instead(session.group.context.extensions, after)
        return [proposals.GroupContextExtensions(extensions)]

    def _proposals(self, session: Session, intent: Intent) -> Sequence[proposals.Proposal]:
        match intent:
            case Add():
                return [proposals.Add(package) for package in self._missing(session, intent)]
            case Remove():
                leaves = self._leaves(session, intent.actors)
                return [proposals.Remove(leaf) for leaf in leaves]
            case Quit():
                leaves = self._leaves(session, [self._state.actor])
                return [proposals.Remove(leaf) for leaf in leaves]
            case Readmit():
                leaf = _stale_leaf(session, intent)
                assert leaf is not None, "what is moot is not made"
                package = key_package.parse(intent.package)
                return [proposals.Remove(leaf), proposals.Add(package)]
        return []

    def _revoked(
        self, group: str, session: Session, wished: Sequence[proposals.Proposal]
    ) -> Sequence[proposals.Proposal]:
        """Removes of leaves that no list has, or of who is in the group no more, which go with
        whatever we commit (DEV-16.5, E2E-8.5)."""
        revoked, left = stops.revoked(self._state, group), rosters.going(session)
        if not (revoked or left):
            return []
        pending = (waiting.proposal for waiting in session.pending().values())
        named = {p.removed for p in (*wished, *pending) if isinstance(p, proposals.Remove)}
        others = (m for m in session.members() if m.leaf != session.own_leaf)
        leaves = [m.leaf for m in others if m.signature_key in revoked or m.leaf in left]
        room = max(MOST_CHANGES - len(wished), 0)
        return [proposals.Remove(leaf) for leaf in leaves if leaf not in named][:room]

    def _missing(self, session: Session, intent: Add) -> list[key_package.KeyPackage]:
        """The packages of devices that are not in the group: a device is its signature key."""
        here = {member.signature_key for member in session.members()}
        packages = (
            key_package.parse(d) for actor in intent.packages for d in intent.packages[actor]
        )
        return [package for package in packages if package.leaf.signature_key not in here]

    def _leaves(self, session: Session, actors: Iterable[str]) -> list[int]:
        identities = {actor.encode() for actor in actors}
        return [
            member.leaf
            for member in session.members()
            if member.identity in identities and member.leaf != session.own_leaf
        ]

    def _leave(self, owed: OwedRow, now: int) -> OwedRow:
        session = self._state.groups.session(owed.group)
        step = session.propose(proposals.Remove(session.own_leaf), now)
        return replace(owed, content=self._state.groups.apply(owed.group, step))


def _stale_leaf(session: Session, intent: Readmit) -> int | None:
    """The leaf in whose place the package is to come, while it stands as it was."""
    leaves = session.group.tree.members()
    return next((at for at, leaf in leaves if leaf.encryption_key == intent.stale), None)


def _actors_at(tree: Tree, leaves: Iterable[int]) -> set[str]:
    return {member_at(tree, index).identity.decode() for index in leaves}
