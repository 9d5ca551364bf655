"""Pure: creating and processing a commit (RFC 9420 §12.4.1, §12.4.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from node.e2ee.mls.private import protect
from node.e2ee.mls.private.client import Client, renewed_leaf
from node.e2ee.mls.private.epoch import Concluded, Entry, Epoch, begin_epoch, conclude
from node.e2ee.mls.private.hpke import (
    KeyPair,
    external_init_receiver,
    fresh_key_pair,
)
from node.e2ee.mls.private.key_schedule import check_confirmation_tag, external_key_pair
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.proposal_list import (
    Applied,
    Listed,
    Scene,
    after_extensions,
    apply,
    check_external_list,
    check_regular_list,
    check_result,
    needs_path,
)
from node.e2ee.mls.private.psk import FindPsk, look_up
from node.e2ee.mls.private.ratchet_tree import place_for, still_ours
from node.e2ee.mls.private.treekem import (
    NewPath,
    PathSecrets,
    Receiver,
    check_path_keys_new,
    make_path,
    merge_path,
    open_path,
    seal_path,
)
from node.e2ee.mls.private.validation import (
    check_believed,
    check_commit_source,
    check_leaf,
)
from node.e2ee.mls.public import framing
from node.e2ee.mls.public.commit import Commit, UpdatePath, check_readable
from node.e2ee.mls.public.credentials import Occasion
from node.e2ee.mls.public.framing import (
    AuthData,
    AuthenticatedContent,
    FramedContent,
    Sender,
)
from node.e2ee.mls.public.group_info import GroupContext
from node.e2ee.mls.public.leaf import COMMIT, LeafNode
from node.e2ee.mls.public.proposals import ProposalRef
from node.e2ee.mls.public.tree import Tree
from node.errors import Malformed


@dataclass(frozen=True, slots=True)
class Plan:
    """How to send a commit: its proposals, whether it wants a path beyond need, in clear or not."""

    items: Sequence[Listed]
    path: bool
    wire_format: int
    authenticated_data: bytes = b""


@dataclass(frozen=True, slots=True)
class Made:
    """A commit of ours and the epoch that it would begin; nothing of it is in force yet."""

    message: AuthenticatedContent
    next: Epoch
    concluded: Concluded
    applied: Applied
    path: PathSecrets | None = field(repr=False)


def _entry_refs(items: Sequence[Listed]) -> Commit:
    return Commit(
        tuple(
            item.proposal if item.reference is None else ProposalRef(item.reference)
            for item in items
        ),
        None,
    )


def _own_path(epoch: Epoch, tree: Tree, means: Means, me: Client | None) -> tuple[NewPath, KeyPair]:
    """Fresh keys for the path of this member, in the tree with all proposals applied."""
    group = epoch.group
    old = group.own if me is None else me.dressed(group.own)
    fresh = fresh_key_pair(group.suite, means.entropy)
    place = COMMIT, group.context.group_id, group.own_leaf

    def leaf_for(parent_hash: bytes) -> LeafNode:
        return renewed_leaf(group.suite, epoch.signature, old, fresh.public, parent_hash, place)

    return make_path(tree, group.own_leaf, means.entropy, leaf_for), fresh


def make_commit(
    epoch: Epoch,
    plan: Plan,
    means: Means,
    find: FindPsk,
    now: int,
    resuming: bool = False,
    me: Client | None = None,
) -> Made:
    """A commit of the planned proposals, by this member. Changes nothing.

    With a path our leaf says what `me` says now of our capabilities and extensions.

    Raises what §12.2 refuses, and `Missing` when a PSK is not there.
    """
    group = epoch.group
    scene = Scene(group.context, group.tree, means, now, sending=True, resuming=resuming)
    check_regular_list(plan.items, group.own_leaf, scene)
    applied = apply(group.context, group.tree, plan.items)
    psks = look_up(find, applied.psks)
    commit, tree, keys = _entry_refs(plan.items), applied.tree, dict(epoch.keys)
    secrets = None
    provisional = group.context.next(tree.tree_hash(), applied.extensions)
    if plan.path or needs_path(plan.items):
        new, leaf_pair = _own_path(epoch, tree, means, me)
        tree, secrets = new.tree, new.secrets
        provisional = group.context.next(tree.tree_hash(), applied.extensions)
        path = seal_path(new, provisional.encode(), applied.newcomers, means.entropy)
        commit = Commit(commit.proposals, path)
        keys |= secrets.pairs() | {2 * group.own_leaf: leaf_pair}
    check_result(tree, applied.extensions, group.context)
    entry = Entry(epoch.secrets.init, _commit_secret(epoch, secrets), psks)
    check_readable(commit)
    sender = Sender(framing.MEMBER, group.own_leaf)
    signed = _sign(epoch, plan, commit, sender)
    concluded = conclude(group.interim_hash, provisional, entry, (plan.wire_format, *signed))
    message = AuthenticatedContent(plan.wire_format, signed[0], AuthData(signed[1], concluded.tag))
    following = begin_epoch(
        concluded,
        tree,
        group.own_leaf,
        still_ours(keys, tree),
        epoch.signature,
        applied.reinit,
    )
    return Made(message, following, concluded, applied, secrets)


def _commit_secret(epoch: Epoch, secrets: PathSecrets | None) -> bytes:
    return bytes(epoch.group.suite.nh) if secrets is None else secrets.commit_secret


def _sign(epoch: Epoch, plan: Plan, commit: Commit, sender: Sender) -> tuple[FramedContent, bytes]:
    context = epoch.group.context
    content = FramedContent(
        context.group_id, context.epoch, sender, plan.authenticated_data, commit
    )
    key = epoch.signature
    return content, protect.sign(context.suite, key, plan.wire_format, content, context.encode())


@dataclass(frozen=True, slots=True)
class Received:
    """A commit whose signature is verified, its references resolved."""

    message: AuthenticatedContent
    commit: Commit
    items: Sequence[Listed]

    @property
    def external(self) -> bool:
        return self.message.content.sender.type == framing.NEW_MEMBER_COMMIT


@dataclass(frozen=True, slots=True)
class Processed:
    """What a received commit leads to; `next` is None when it removes us."""

    next: Epoch | None
    applied: Applied
    committer: int


def check_path_present(received: Received) -> None:
    """A path stands where the proposals need one (MLS-12.4.2e).

    An external commit without one has been refused already: its signature key stands there.
    """
    if received.commit.path is None and needs_path(received.items):
        raise Malformed("MLS-12.4.2e", "a commit without the path that it needs")


def check_list(received: Received, scene: Scene) -> None:
    """The committed list is valid (§12.2)."""
    if received.external:
        check_external_list(received.items, scene)
    else:
        check_regular_list(received.items, received.message.content.sender.index, scene)


def check_path_leaf(
    received: Received, path: UpdatePath, place: int, scene: Scene, old: LeafNode | None
) -> None:
    """The committer's new leaf is valid (§7.3, §12.4.2), and believed.

    `old` is the leaf that it takes the place of: the committer's, or for an external commit the
    one that the joiner removes (MLS-12.4.2g).
    """
    leaf = path.leaf
    check_commit_source(leaf)
    if old is not None and leaf.encryption_key == old.encryption_key:
        raise Malformed("MLS-12.4.2g", "a committer keeps the old encryption key")
    check_leaf(leaf, scene.context, place, scene.means.policy.longest_lifetime_seconds)
    predecessor = None if old is None else old.credential
    check_believed(scene.means.judge, _occasion(received, old), leaf, predecessor)


def _occasion(received: Received, old: LeafNode | None) -> Occasion:
    if not received.external:
        return Occasion.COMMIT
    return Occasion.EXTERNAL_JOIN if old is None else Occasion.RESYNC


def process_commit(
    epoch: Epoch,
    received: Received,
    updates: dict[bytes, KeyPair],
    means: Means,
    find: FindPsk,
    now: int,
) -> Processed:
    """Take a verified commit of another in, up to its confirmation tag. Changes nothing.

    `updates` are the key pairs of our own Update proposals, by reference.
    """
    group = epoch.group
    scene = Scene(group.context, group.tree, means, now, sending=False)
    check_list(received, scene)
    applied = apply(group.context, group.tree, received.items)
    psks = () if group.own_leaf in applied.removed else look_up(find, applied.psks)
    check_path_present(received)
    tree, committer = applied.tree, received.message.content.sender.index
    if received.external:
        tree, committer = place_for(tree)
    path = received.commit.path
    if path is not None:
        old = _predecessor(received, group.tree, committer, applied)
        after = after_extensions(received.items, scene)
        check_path_leaf(received, path, committer, after, old)
        check_path_keys_new(group.suite, path, tree)
        tree = merge_path(tree, committer, path)
    check_result(tree, applied.extensions, group.context)
    if group.own_leaf in applied.removed:
        return Processed(None, applied, committer)
    provisional = group.context.next(tree.tree_hash(), applied.extensions)
    keys = still_ours({**epoch.keys, **_own_update(group.own_leaf, received, updates)}, tree)
    commit_secret = bytes(group.suite.nh)
    if path is not None:
        receiver = Receiver(group.own_leaf, keys)
        secrets = open_path(
            tree, path, committer, receiver, applied.newcomers, provisional.encode()
        )
        keys |= secrets.pairs()
        commit_secret = secrets.commit_secret
    entry = Entry(_init_secret(epoch, applied), commit_secret, psks)
    concluded = _confirmed(epoch, provisional, entry, received.message)
    following = begin_epoch(concluded, tree, group.own_leaf, keys, epoch.signature, applied.reinit)
    return Processed(following, applied, committer)


def _predecessor(
    received: Received, tree: Tree, committer: int, applied: Applied
) -> LeafNode | None:
    if not received.external:
        return tree.leaf(committer)
    return tree.leaf(applied.removed[0]) if applied.removed else None


def _own_update(
    own_leaf: int, received: Received, updates: dict[bytes, KeyPair]
) -> dict[int, KeyPair]:
    """The new key of our leaf, when the commit takes an Update of ours."""
    for item in received.items:
        if item.reference is not None and item.reference in updates:
            return {2 * own_leaf: updates[item.reference]}
    return {}


def _init_secret(epoch: Epoch, applied: Applied) -> bytes:
    if applied.kem_output is None:
        return epoch.secrets.init
    suite = epoch.group.suite
    return external_init_receiver(
        suite, external_key_pair(suite, epoch.secrets), applied.kem_output
    )


def _confirmed(
    epoch: Epoch, provisional: GroupContext, entry: Entry, message: AuthenticatedContent
) -> Concluded:
    commit = message.wire_format, message.content, message.auth.signature
    concluded = conclude(epoch.group.interim_hash, provisional, entry, commit)
    check_confirmation_tag(
        epoch.group.suite,
        concluded.secrets,
        concluded.context.confirmed_transcript_hash,
        message.auth.confirmation_tag,
    )
    return concluded
