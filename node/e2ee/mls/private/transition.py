"""Pure: from one epoch to the next: what stays, what the device is told (RFC 9420 §8.6, §9.2)."""

from dataclasses import replace

from node.e2ee.mls.private.epoch import Epoch
from node.e2ee.mls.private.events import Committed, Member, member_at
from node.e2ee.mls.private.means import Policy
from node.e2ee.mls.private.secret_tree import APPLICATION, HANDSHAKE
from node.e2ee.mls.private.state import Past, Staged, State, past_record
from node.e2ee.mls.public.tree import Tree


def enter(state: State, following: Epoch, commit: bytes, policy: Policy, now: int) -> State:
    """The state in the epoch that `commit` begins: proposals, staged commit, old keys are gone.

    What stays of the last epoch opens late messages of its other members, and no more.
    """
    old = state.epoch
    old.messages.close((old.group.own_leaf, HANDSHAKE), (old.group.own_leaf, APPLICATION))
    tree = old.group.tree
    members = {
        index: Member(index, leaf.credential, leaf.signature_key) for index, leaf in tree.members()
    }
    what = old.group.context, now, tree.leaves, members, old.secrets.sender_data
    past = Past(*what, old.messages, past_record(*what))
    number = following.group.context.epoch
    resumption = {**state.resumption, number: following.secrets.resumption_psk}
    oldest = sorted(resumption)[-policy.resumption_epochs :]
    ended = {**state.ended, old.group.context.epoch: old.group.suite.hash(commit)}
    known = sorted(ended)[-policy.known_commits :]
    return fresh(
        State(
            following,
            (*state.past, past),
            {epoch: resumption[epoch] for epoch in oldest},
            ended={epoch: ended[epoch] for epoch in known},
        ),
        policy,
        now,
    )


def fresh(state: State, policy: Policy, now: int) -> State:
    """The state without past epochs that are too many or too old."""
    kept = tuple(past for past in state.past if now - past.closed_at <= policy.past_seconds)
    return replace(state, past=kept[-policy.past_epochs :] if policy.past_epochs else ())


def _each(tree: Tree, indices: tuple[int, ...]) -> tuple[Member, ...]:
    return tuple(member_at(tree, index) for index in indices)


def committed(
    old: Tree,
    following: Epoch,
    committer: int,
    changes: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]],
) -> Committed:
    """The event of an epoch that has begun; `changes` are added, removed, updated leaf indices."""
    added, removed, updated = changes
    new = following.group.tree
    return Committed(
        member_at(new, committer),
        following.group.context.epoch,
        _each(new, added),
        _each(old, removed),
        _each(new, updated),
        reinit=following.group.reinit,
    )


def merged(state: State, staged: Staged) -> Committed:
    """The event of our own commit."""
    changes = staged.added, staged.removed, staged.updated
    event = committed(state.epoch.group.tree, staged.next, staged.next.group.own_leaf, changes)
    return replace(event, own=True, welcome=staged.withheld)
