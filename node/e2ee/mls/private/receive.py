"""Pure: what a message of the group leads to: whose it is, whether proven (RFC 9420 §6.1, §12.4.2).

Nothing changes here: the `Outcome` says what would, and a refusal leaves all as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from node.e2ee.mls.private import protect
from node.e2ee.mls.private.commit import Received, process_commit
from node.e2ee.mls.private.epoch import Epoch
from node.e2ee.mls.private.events import (
    ApplicationMessage,
    Event,
    Member,
    Proposed,
    Removed,
    member_at,
)
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.proposal_list import (
    Listed,
    Scene,
    check_applicants,
    check_external_sender_type,
    check_individual,
)
from node.e2ee.mls.private.psk import FindPsk
from node.e2ee.mls.private.secret_tree import Ahead
from node.e2ee.mls.private.state import Pending, State
from node.e2ee.mls.private.transition import committed
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.commit import Commit
from node.e2ee.mls.public.extensions import external_senders
from node.e2ee.mls.public.framing import (
    AuthenticatedContent,
    FramedContent,
    PrivateMessage,
    PublicMessage,
)
from node.e2ee.mls.public.proposals import (
    Add,
    ExternalInit,
    Proposal,
    ProposalOrRef,
    ProposalRef,
)
from node.e2ee.mls.public.suite import Suite, ref_hash
from node.errors import Conflict, Forbidden, Malformed, Missing, TooMuch


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a message leads to, nothing of it done yet.

    `used` is the ratchet step of the epoch `step_in`; `kept` a proposal to remember; `following`
    the epoch that a commit begins; `over` says that we were removed.
    """

    event: Event
    used: Ahead | None = field(default=None, repr=False)
    step_in: int = 0
    kept: tuple[bytes, Pending] | None = None
    following: Epoch | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Receiving:
    """What judges an arriving message."""

    means: Means
    now: int
    find: FindPsk


def check_group(state: State, group_id: bytes) -> None:
    """The message is for this group (MLS-6b)."""
    if group_id != state.epoch.group.context.group_id:
        raise Malformed("MLS-6b", "a message for another group")


def check_fork(state: State, epoch: int, data: bytes) -> None:
    """A commit of an epoch that another commit has ended (MLS-14e).

    Nothing of it is proven: whether the group is forked, its epoch authenticators tell.
    """
    ended = state.ended.get(epoch)
    if ended is not None and ended != commit_hash(state, data):
        raise Conflict("MLS-14e", "another commit ended this epoch here", epoch=epoch)


def commit_hash(state: State, data: bytes) -> bytes:
    """By what an ended epoch remembers its commit."""
    return state.epoch.group.suite.hash(data)


def check_epoch(state: State, epoch: int) -> None:
    """A handshake is of the current epoch (MLS-12.4.2a)."""
    current = state.epoch.group.context.epoch
    if epoch != current:
        when = "past" if epoch < current else "coming"
        raise Conflict("MLS-12.4.2a", f"a message of a {when} epoch", epoch=epoch, current=current)


def check_open(state: State) -> None:
    """The group was not closed by a ReInit (MLS-12.4.2b)."""
    if state.epoch.group.reinit is not None:
        raise Conflict("MLS-12.4.2b", "the group is closed: another takes its place")


def signature_key_of(epoch: Epoch, content: FramedContent) -> bytes:
    """The key that has to have signed, by the type of the sender (§6.1)."""
    return _KEYS[content.sender.type](epoch, content)


def _member_key(epoch: Epoch, content: FramedContent) -> bytes:
    leaf = epoch.group.tree.leaf(content.sender.index)
    if leaf is None:
        raise Malformed("MLS-6.1a", "a message from a leaf that is blank")
    return leaf.signature_key


def _external_key(epoch: Epoch, content: FramedContent) -> bytes:
    senders = external_senders(epoch.group.context.extensions)
    if content.sender.index >= len(senders):
        raise Forbidden("MLS-6.1b", "an external sender whom the group does not know")
    if content.content_type != framing.PROPOSAL:
        raise Malformed("MLS-6.1b", "an external sender may only propose")
    return senders[content.sender.index].signature_key


def _joiner_key(epoch: Epoch, content: FramedContent) -> bytes:
    commit = content.content
    if not isinstance(commit, Commit):
        raise Malformed("MLS-6.1c", "one who joins by a commit sent something else")
    if commit.path is None:
        raise Malformed("MLS-12.4.3.2a", "an external commit without a path")
    return commit.path.leaf.signature_key


def _applicant_key(epoch: Epoch, content: FramedContent) -> bytes:
    if not isinstance(content.content, Add):
        raise Malformed("MLS-6.1d", "one who asks to be added sent something else")
    return content.content.key_package.leaf.signature_key


_KEYS: dict[int, Callable[[Epoch, FramedContent], bytes]] = {
    framing.MEMBER: _member_key,
    framing.EXTERNAL: _external_key,
    framing.NEW_MEMBER_COMMIT: _joiner_key,
    framing.NEW_MEMBER_PROPOSAL: _applicant_key,
}


def receive_public(state: State, message: PublicMessage, receiving: Receiving) -> Outcome:
    """A PublicMessage, which is a handshake of the current epoch."""
    epoch, content = state.epoch, message.content
    check_group(state, content.group_id)
    protect.check_not_application(message)
    check_epoch(state, content.epoch)
    check_open(state)
    suite, context = epoch.group.suite, epoch.group.context.encode()
    key = signature_key_of(epoch, content)
    if content.sender.type == framing.MEMBER:
        membership = epoch.secrets.membership_key
        protect.check_membership_tag(suite, membership, message, context)
    authenticated = message.authenticated()
    protect.check_signature(suite, key, authenticated, context)
    return _handshake(state, authenticated, receiving)


def receive_private(state: State, message: PrivateMessage, receiving: Receiving) -> Outcome:
    """A PrivateMessage: of this epoch, or application data of one that is not long past."""
    check_group(state, message.group_id)
    if message.epoch != state.epoch.group.context.epoch:
        return _late(state, message, receiving)
    check_open(state)
    epoch = state.epoch
    suite, group = epoch.group.suite, epoch.group
    data = protect.open_sender_data(suite, epoch.secrets.sender_data, message)
    leaf = group.tree.leaf(data.leaf_index)
    if leaf is None:
        raise Malformed("MLS-6.3.2a", "a message from a leaf that is blank")
    check_not_own(data.leaf_index, group.own_leaf)
    bounds = receiving.means.policy.bounds
    content, ahead = protect.open_content(suite, epoch.messages, message, data, bounds)
    protect.check_signature(suite, leaf.signature_key, content, group.context.encode())
    number = group.context.epoch
    if isinstance(content.content.content, bytes):
        sender = member_at(group.tree, data.leaf_index)
        return Outcome(_said(content.content, sender, ahead), ahead, number)
    return replace(_handshake(state, content, receiving), used=ahead, step_in=number)


def check_not_own(leaf_index: int, own_leaf: int) -> None:
    """A message of ours is known by its bytes; its key is gone (MLS-9.1a)."""
    if leaf_index == own_leaf:
        raise Conflict("MLS-9.1a", "a message of our own, whose key is gone")


def _said(content: FramedContent, sender: Member, ahead: Ahead) -> ApplicationMessage:
    data = content.content
    assert isinstance(data, bytes)
    generation = ahead.key.generation
    return ApplicationMessage(sender, data, content.authenticated_data, content.epoch, generation)


def _late(state: State, message: PrivateMessage, receiving: Receiving) -> Outcome:
    """Application data of a past epoch, while its keys are kept (MLS-15.3a)."""
    coming = message.epoch > state.epoch.group.context.epoch
    if coming or message.content_type != framing.APPLICATION:
        check_epoch(state, message.epoch)
    past = next((p for p in state.past if p.context.epoch == message.epoch), None)
    if past is None or receiving.now - past.closed_at > receiving.means.policy.past_seconds:
        raise Conflict("MLS-15.3a", "a message of an epoch whose keys are gone")
    suite = past.context.suite
    data = protect.open_sender_data(suite, past.sender_data, message)
    sender = past.members.get(data.leaf_index)
    if sender is None:
        raise Malformed("MLS-6.3.2a", "a message from a leaf that is blank")
    bounds = receiving.means.policy.bounds
    content, ahead = protect.open_content(suite, past.messages, message, data, bounds)
    protect.check_signature(suite, sender.signature_key, content, past.context.encode())
    return Outcome(_said(content.content, sender, ahead), ahead, message.epoch)


def _handshake(state: State, message: AuthenticatedContent, receiving: Receiving) -> Outcome:
    content = message.content.content
    if isinstance(content, Commit):
        return _commit(state, message, content, receiving)
    assert not isinstance(content, bytes)
    return _proposal(state, message, content, receiving)


def proposal_reference(suite: Suite, message: AuthenticatedContent) -> bytes:
    """`MakeProposalRef` of §5.2."""
    return ref_hash(suite, b"MLS 1.0 Proposal Reference", message.encode())


def check_proposable(proposal: Proposal, sender_type: int) -> None:
    """An ExternalInit is never sent by itself (MLS-12.1.6); outsiders may send some types only."""
    if isinstance(proposal, ExternalInit):
        raise Malformed("MLS-12.1.6", "an ExternalInit outside an external commit")
    if sender_type != framing.MEMBER:
        check_external_sender_type(proposal)


def check_room(state: State, most: int) -> None:
    """An epoch keeps a bounded number of proposals (MLS-12.1a)."""
    if len(state.pending) >= most:
        raise TooMuch("MLS-12.1a", "too many proposals in one epoch")


def _proposal(
    state: State, message: AuthenticatedContent, proposal: Proposal, receiving: Receiving
) -> Outcome:
    group, sender, means = state.epoch.group, message.content.sender, receiving.means
    check_proposable(proposal, sender.type)
    check_applicants(sender, means.policy.applicants)
    check_room(state, means.policy.pending_proposals)
    scene = Scene(group.context, group.tree, means, receiving.now, sending=False)
    check_individual(Listed(proposal, sender), scene)
    reference = proposal_reference(group.suite, message)
    known = state.pending.get(reference)
    pending = known or Pending(next_order(state), sender, proposal)
    member = member_at(group.tree, sender.index) if sender.type == framing.MEMBER else None
    return Outcome(Proposed(member, proposal, reference), kept=(reference, pending))


def next_order(state: State) -> int:
    """The place of the next proposal among those of this epoch."""
    return max((pending.order for pending in state.pending.values()), default=-1) + 1


def resolved(state: State, item: ProposalOrRef, sender: framing.Sender) -> Listed:
    """The proposal that an entry of a commit stands for (MLS-12.4.2h)."""
    if not isinstance(item, ProposalRef):
        return Listed(item, sender)
    pending = state.pending.get(item.hash)
    if pending is None:
        raise Missing("MLS-12.4.2h", "a commit refers to a proposal that is not known here")
    return Listed(pending.proposal, pending.sender, item.hash)


def _commit(
    state: State, message: AuthenticatedContent, commit: Commit, receiving: Receiving
) -> Outcome:
    epoch, sender = state.epoch, message.content.sender
    if sender.type == framing.MEMBER:
        check_not_own(sender.index, epoch.group.own_leaf)
    items = tuple(resolved(state, item, sender) for item in commit.proposals)
    received = Received(message, commit, items)
    updates = {ref: p.keys for ref, p in state.pending.items() if p.keys is not None}
    done = process_commit(epoch, received, updates, receiving.means, receiving.find, receiving.now)
    if done.next is None:
        by = None if received.external else member_at(epoch.group.tree, done.committer)
        own = epoch.group.tree.leaf(epoch.group.own_leaf)
        assert own is not None, "a member has a leaf"
        again = any(new.leaf.signature_key == own.signature_key for _, new in done.applied.added)
        applied = done.applied
        removed = Removed(
            by,
            epoch.group.context.epoch + 1,
            again,
            applied.extensions,
            applied.tree,
            applied.newcomers,
        )
        return Outcome(removed, over=True)
    changes = done.applied.newcomers, done.applied.removed, done.applied.updated
    event = committed(epoch.group.tree, done.next, done.committer, changes)
    event = replace(
        event,
        external=received.external,
        lost=state.staged is not None,
        authenticated_data=message.content.authenticated_data,
    )
    return Outcome(event, following=done.next)
