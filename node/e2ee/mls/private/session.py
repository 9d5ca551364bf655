"""Pure: a group as a device uses it, one step after the other (`node.e2ee.mls` tells how).

A session is spent by its next step, so that no key is used twice and no state lives on beside the
one on disk. What a step changes comes with it, to be written before anything leaves the device.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from node.e2ee.mls.private import protect
from node.e2ee.mls.private.client import Client, renewed_leaf
from node.e2ee.mls.private.commit import Plan, make_commit
from node.e2ee.mls.private.events import Committed, Event
from node.e2ee.mls.private.founding import first_epoch
from node.e2ee.mls.private.hpke import KeyPair, fresh_key_pair
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.proposal_list import Listed, Scene, check_individual
from node.e2ee.mls.private.receive import (
    Outcome,
    Receiving,
    check_fork,
    check_open,
    check_proposable,
    check_room,
    next_order,
    proposal_reference,
    receive_private,
    receive_public,
)
from node.e2ee.mls.private.secret_tree import Ahead, SecretTree
from node.e2ee.mls.private.staging import choose, welcome_for
from node.e2ee.mls.private.state import (
    Change,
    Pending,
    Records,
    Staged,
    State,
    between,
    encode_pending,
    load_state,
    proposal_name,
)
from node.e2ee.mls.private.transition import enter, fresh, merged
from node.e2ee.mls.private.view import View
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.extensions import Extensions
from node.e2ee.mls.public.framing import (
    AuthData,
    AuthenticatedContent,
    FramedContent,
    PrivateMessage,
    PublicMessage,
    Sender,
    encode_message,
    parse_message,
)
from node.e2ee.mls.public.leaf import UPDATE
from node.e2ee.mls.public.proposals import (
    Proposal,
    Update,
)
from node.errors import Conflict, Malformed, TooMuch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """Write `change`, then use `value`, then go on with `session`."""

    session: "Session"
    change: Change
    value: T = field(repr=False)


class Session(View):
    """One group of this device. Every deed spends it; what raises does not."""

    __slots__ = ()

    @classmethod
    def create(
        cls,
        me: Client,
        means: Means,
        group_id: bytes,
        now: int,
        extensions: Extensions = (),
    ) -> "Step[None]":
        """A new group with one member (§11). `group_id` is new to all the world."""
        epoch = first_epoch(me, means, group_id, now, extensions)
        psks = {0: epoch.secrets.resumption_psk}
        return begin(State(epoch, resumption=psks), means, None)

    @classmethod
    def load(cls, records: Records, means: Means) -> "Session":
        """The session whose records these are. Raises `Broken` when they are damaged."""
        return cls(load_state(records), means)

    def _step(self, state: State | None, change: Change, value: T) -> Step[T]:
        self._spent = True
        return Step(Session(state, self._means), change, value)

    def _turn(self, state: State | None, before: Records, value: T) -> Step[T]:
        """A step that changes more than a ratchet."""
        after: Records = {} if state is None else state.records()
        return self._step(state, between(before, after), value)

    def _own_ahead(self, content_type: int) -> Ahead:
        """The next key of ours. Raises `TooMuch` (MLS-15.2) when this epoch has had its share."""
        epoch, policy = self._live.epoch, self._means.policy
        place = protect.place_of(epoch.group.own_leaf, content_type)
        if epoch.messages.next_generation(place) >= policy.messages_per_epoch:
            raise TooMuch("MLS-15.2", "too many messages in one epoch: commit first")
        return epoch.messages.ahead(place, None, policy.bounds)

    def _take(self, messages: SecretTree, epoch: int, used: Ahead) -> Change:
        puts, gone = messages.take(used, self._means.policy.bounds)
        head = f"m/{epoch}/"
        writes = {head + name: value for name, value in puts.items()}
        return Change(writes, tuple(head + name for name in gone))

    def _frame(
        self, content: framing.Content, wire_format: int, authenticated_data: bytes
    ) -> AuthenticatedContent:
        """`content` signed by us; for a commit there is `make_commit`."""
        epoch = self._live.epoch
        context = epoch.group.context
        sender = Sender(framing.MEMBER, epoch.group.own_leaf)
        framed = FramedContent(context.group_id, context.epoch, sender, authenticated_data, content)
        key, encoded = epoch.signature, context.encode()
        signature = protect.sign(context.suite, key, wire_format, framed, encoded)
        return AuthenticatedContent(wire_format, framed, AuthData(signature, None))

    def _protect(self, message: AuthenticatedContent) -> tuple[bytes, Ahead | None]:
        """The MLSMessage, and the ratchet step that it takes when it is encrypted."""
        epoch = self._live.epoch
        suite, secrets = epoch.group.suite, epoch.secrets
        if message.wire_format == framing.PUBLIC_MESSAGE:
            context = epoch.group.context.encode()
            body = protect.protect_public(suite, secrets.membership_key, message, context)
            return _within_size(encode_message(body)), None
        ahead = self._own_ahead(message.content.content_type)
        sealed = protect.protect_private(
            suite, secrets.sender_data, ahead, message, self._means.entropy
        )
        return _within_size(encode_message(sealed)), ahead

    def seal(self, data: bytes, authenticated_data: bytes = b"") -> Step[bytes]:
        """`data` as a PrivateMessage. Raises `Conflict` while a proposal waits (MLS-12.4a)."""
        state = self._live
        check_open(state)
        if state.pending:
            raise Conflict("MLS-12.4a", "a proposal waits: commit before saying anything")
        message = self._frame(data, framing.PRIVATE_MESSAGE, authenticated_data)
        sealed, ahead = self._protect(message)
        assert ahead is not None
        change = self._take(state.epoch.messages, self.epoch, ahead)
        return self._step(state, change, sealed)

    def propose(self, proposal: Proposal, now: int) -> Step[bytes]:
        """Send a proposal by itself; it waits here too, until a commit. For a Commit to take up."""
        return self._propose(proposal, None, now)

    def propose_update(self, now: int) -> Step[bytes]:
        """Propose a fresh key for our own leaf."""
        epoch = self._live.epoch
        group, fresh = epoch.group, fresh_key_pair(epoch.group.suite, self._means.entropy)
        place = UPDATE, group.context.group_id, group.own_leaf
        leaf = renewed_leaf(group.suite, epoch.signature, group.own, fresh.public, None, place)
        return self._propose(Update(leaf), fresh, now)

    def _propose(self, proposal: Proposal, keys: KeyPair | None, now: int) -> Step[bytes]:
        state, means = self._live, self._means
        check_open(state)
        check_proposable(proposal, framing.MEMBER)
        check_room(state, means.policy.pending_proposals)
        group = state.epoch.group
        sender = Sender(framing.MEMBER, group.own_leaf)
        scene = Scene(group.context, group.tree, means, now, sending=True)
        check_individual(Listed(proposal, sender), scene)
        message = self._frame(proposal, self._wire_format(), b"")
        sealed, ahead = self._protect(message)
        reference = proposal_reference(group.suite, message)
        pending = Pending(next_order(state), sender, proposal, keys)
        change = Change() if ahead is None else self._take(state.epoch.messages, self.epoch, ahead)
        state, change = _keep(state, change, reference, pending)
        return self._step(state, change, sealed)

    def _wire_format(self) -> int:
        public = self._means.policy.public
        return framing.PUBLIC_MESSAGE if public else framing.PRIVATE_MESSAGE

    def stage(
        self,
        now: int,
        proposals: Sequence[Proposal] = (),
        *,
        path: bool = True,
        pending: bool = True,
        authenticated_data: bytes = b"",
        resumes: "Session | None" = None,
        me: Client | None = None,
    ) -> Step[Staged]:
        """Make a commit of `proposals` and of the pending ones. Nothing of it is in force yet.

        `path=False` leaves the path out where it may be. `resumes` is the closed session of the
        group that this new one takes the place of. Our new leaf carries what `me` does.
        Only one commit is staged at a time.
        """
        state, means = self._live, self._means
        check_open(state)
        if state.staged is not None:
            raise Conflict("MLS-14a", "a commit is staged already: merge or drop it")
        group = state.epoch.group
        scene = Scene(group.context, group.tree, means, now, True, resumes is not None)
        waiting = state if pending else replace(state, pending={})
        plan = Plan(
            choose(waiting, proposals, scene), path, self._wire_format(), authenticated_data
        )
        find = self.find_psk if resumes is None else resumes.find_psk
        made = make_commit(state.epoch, plan, means, find, now, resumes is not None, me)
        sealed, ahead = self._protect(made.message)
        applied = made.applied
        staged = Staged(
            sealed,
            self.epoch,
            made.next,
            welcome_for(made, means.entropy),
            applied.newcomers,
            applied.removed,
            applied.updated,
        )
        change = Change() if ahead is None else self._take(state.epoch.messages, self.epoch, ahead)
        writes = {**change.writes, "staged": staged.dump()}
        return self._step(replace(state, staged=staged), Change(writes, change.deletes), staged)

    def merge(self, now: int) -> Step[Committed]:
        """Our staged commit was accepted: enter its epoch. The event has the Welcome."""
        state = self._live
        staged = _the_staged(state)
        before = state.records()
        event = merged(state, staged)
        following = enter(state, staged.next, staged.commit, self._means.policy, now)
        return self._turn(following, before, event)

    def drop(self) -> Step[None]:
        """Our staged commit lost: forget it and its keys."""
        state = self._live
        _the_staged(state)
        return self._step(replace(state, staged=None), Change(deletes=("staged",)), None)

    def receive(self, data: bytes, now: int) -> Step[Event]:
        """Take in an MLSMessage of this group. What raises leaves everything as it was.

        Our own staged commit, by its bytes, is merged. Raises the typed refusals of RFC 9420.
        """
        state = self._live
        if state.staged is not None and data == state.staged.commit:
            step = self.merge(now)
            return Step(step.session, step.change, step.value)
        body, receiving = parse_message(data), Receiving(self._means, now, self.find_psk)
        _refuse_fork(state, body, data)
        if isinstance(body, PrivateMessage):
            outcome = receive_private(state, body, receiving)
        elif isinstance(body, PublicMessage):
            outcome = receive_public(state, body, receiving)
        else:
            raise Malformed("MLS-6b", "not a message of a group")
        return self._done(state, outcome, data, now)

    def _done(self, state: State, outcome: Outcome, data: bytes, now: int) -> Step[Event]:
        if outcome.over:
            return self._turn(None, state.records(), outcome.event)
        if outcome.following is None:
            return self._small(state, outcome)
        before = state.records()
        if outcome.used is not None:
            self._take(state.epoch.messages, self.epoch, outcome.used)
        following = enter(state, outcome.following, data, self._means.policy, now)
        return self._turn(following, before, outcome.event)

    def _small(self, state: State, outcome: Outcome) -> Step[Event]:
        change = Change()
        if outcome.used is not None:
            tree = _messages_of(state, outcome.step_in)
            change = self._take(tree, outcome.step_in, outcome.used)
        if outcome.kept is not None:
            state, change = _keep(state, change, *outcome.kept)
        return self._step(state, change, outcome.event)

    def tidy(self, now: int) -> Step[None]:
        """Forget past epochs that are too old by now."""
        state = self._live
        before = state.records()
        return self._turn(fresh(state, self._means.policy, now), before, None)


def begin(state: State, means: Means, value: T) -> Step[T]:
    """The first step of a session: all its records are new."""
    return Step(Session(state, means), Change(state.records()), value)


def _refuse_fork(state: State, body: framing.Body, data: bytes) -> None:
    """See a commit that competes with one we took in, before it is just one of a past epoch."""
    if isinstance(body, PrivateMessage):
        if body.content_type == framing.COMMIT and body.group_id == _id(state):
            check_fork(state, body.epoch, data)
    elif isinstance(body, PublicMessage):
        content = body.content
        if content.content_type == framing.COMMIT and content.group_id == _id(state):
            check_fork(state, content.epoch, data)


def _id(state: State) -> bytes:
    return state.epoch.group.context.group_id


def _within_size(message: bytes) -> bytes:
    """What peers would refuse for its size is not sent (MLS-2.1b)."""
    framing.check_size(message)
    return message


def _the_staged(state: State) -> Staged:
    if state.staged is None:
        raise Conflict("MLS-14b", "no commit is staged")
    return state.staged


def _messages_of(state: State, epoch: int) -> SecretTree:
    if epoch == state.epoch.group.context.epoch:
        return state.epoch.messages
    return next(past.messages for past in state.past if past.context.epoch == epoch)


def _keep(state: State, change: Change, reference: bytes, pending: Pending) -> tuple[State, Change]:
    """The state with one more proposal, and the change with its record."""
    writes = {**change.writes, proposal_name(reference): encode_pending(pending)}
    kept = {**state.pending, reference: pending}
    return replace(state, pending=kept), Change(writes, change.deletes)
