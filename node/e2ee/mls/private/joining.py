"""Pure: joining a group, by a Welcome or by a commit of one's own (RFC 9420 §11.2, §12.4.3)."""

from collections.abc import Collection
from dataclasses import dataclass, field

from node.e2ee.mls.private.client import Client, OwnPackage
from node.e2ee.mls.private.epoch import Concluded, Epoch, begin_epoch
from node.e2ee.mls.private.events import Joined, member_at
from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.private.key_schedule import (
    check_confirmation_tag,
    member_secret,
    secrets_of,
)
from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.psk import look_up, psk_secret
from node.e2ee.mls.private.session import Session, Step, begin
from node.e2ee.mls.private.state import State
from node.e2ee.mls.private.treekem import PathSecrets, check_secret_length, path_secrets
from node.e2ee.mls.private.validation import (
    TreeChecker,
    check_senders_believed,
    check_we_support,
)
from node.e2ee.mls.private.welcome import (
    GroupSecrets,
    find_entry,
    open_group_info,
    open_group_secrets,
)
from node.e2ee.mls.public.extensions import (
    RATCHET_TREE,
    find,
)
from node.e2ee.mls.public.framing import parse_message
from node.e2ee.mls.public.group_info import GroupContext, GroupInfo, Welcome, check_version
from node.e2ee.mls.public.leaf import LeafNode
from node.e2ee.mls.public.proposals import (
    RESUMPTION_PSK,
    USAGE_APPLICATION,
    USAGE_BRANCH,
    PreSharedKeyID,
)
from node.e2ee.mls.public.suite import Suite, suite_of
from node.e2ee.mls.public.tree import Tree, parse_tree
from node.e2ee.mls.public.tree_math import common_ancestor
from node.errors import Conflict, Forbidden, Malformed, Missing, Unproven


def check_group_is_new(context: GroupContext, known: Collection[bytes]) -> None:
    """We are in no group with this id (MLS-12.4.3a)."""
    if context.group_id in known:
        raise Conflict("MLS-12.4.3a", "this device is in a group with that id already")


def check_info_suite(info: GroupInfo, suite: Suite) -> None:
    """The group has the suite of the key package, or of the client that joins (MLS-12.4.3.1i)."""
    if info.context.suite_id != suite.id:
        raise Malformed("MLS-12.4.3.1i", "a group of another suite than the key package")


def tree_data(info: GroupInfo, given: bytes | None) -> bytes:
    """The group's encoded tree, from the GroupInfo or from elsewhere (MLS-12.4.3.1j)."""
    data = find(info.extensions, RATCHET_TREE)
    data = given if data is None else data
    if data is None:
        raise Missing("MLS-12.4.3.1j", "the ratchet tree of the group is not here")
    return data


def check_signer(info: GroupInfo, tree: Tree) -> None:
    """A member signed the GroupInfo (MLS-12.4.3.1k: a member, MLS-12.4.3b: signed)."""
    leaf = tree.leaf(info.signer)
    if leaf is None:
        raise Malformed("MLS-12.4.3.1k", "a group info signed by a leaf that is blank")
    if not info.verifies(leaf.signature_key):
        raise Unproven("MLS-12.4.3b", "the signature of a group info is wrong")


def proven_tree(info: GroupInfo, given: bytes | None, means: Means) -> Tree:
    """The tree of a group info: both are sound, and their members believed.

    `given` is the encoded tree where it came another way.
    """
    checker = TreeChecker(info.context, means.judge, means.policy.longest_lifetime_seconds)
    tree = parse_tree(info.context.suite, tree_data(info, given), checker.admit)
    check_signer(info, tree)
    check_senders_believed(means.judge, info.context.extensions)
    checker.check(tree)
    return tree


def own_place(tree: Tree, leaf: LeafNode, signer: int) -> int:
    """Where the leaf of our key package stands (MLS-12.4.3.1l), which is not the signer's."""
    for index, other in tree.members():
        if other == leaf and index != signer:
            return index
    raise Malformed("MLS-12.4.3.1l", "our leaf is not in the tree of the group")


def open_own_path(
    suite: Suite, tree: Tree, own_leaf: int, signer: int, secret: bytes | None
) -> dict[int, KeyPair]:
    """The keys from where the signer's path meets ours up to the root."""
    if secret is None:
        return {}
    check_secret_length(suite, secret)
    nodes = [node for node, _ in tree.filtered_direct_path(signer)]
    # Our own leaf is below the copath there, so the filtered path has not left the meeting out.
    meeting = common_ancestor(own_leaf, signer)
    secrets = path_secrets(suite, secret, nodes[nodes.index(meeting) :])
    check_path_keys(tree, secrets)
    return secrets.pairs()


def check_path_keys(tree: Tree, secrets: PathSecrets) -> None:
    """The path secret of a Welcome gives the very keys of the tree (MLS-12.4.3.1m)."""
    for node, _, pair in secrets.steps:
        value = tree.nodes[node]
        if value is None or value.encryption_key != pair.public:
            raise Malformed("MLS-12.4.3.1m", "a path secret that is not of the tree's keys")


def check_resumption(
    info: GroupInfo, tree: Tree, psks: Collection[PreSharedKeyID], former: Session | None
) -> None:
    """A PSK for reinit shows the group that a ReInit announced (§11.2); branches are not taken up.

    Clauses: MLS-11.3a (branch), MLS-12.4.3.1n (epoch 1), MLS-11.2a (of a closed group of ours),
    MLS-11.2b (what the ReInit said), MLS-11.2c (all members), MLS-11.2e (shown at all).
    """
    for psk in psks:
        if psk.type != RESUMPTION_PSK or psk.usage == USAGE_APPLICATION:
            continue
        if psk.usage == USAGE_BRANCH:
            raise Forbidden("MLS-11.3a", "a branch of a group: this client does not take part")
        if info.context.epoch != 1:
            raise Malformed("MLS-12.4.3.1n", "a new group that is not in its epoch 1")
        check_successor(info.context, tree, psk, former)
        return
    if former is not None:
        raise Malformed("MLS-11.2e", "a new group in place of ours that does not show it")


def check_successor(
    context: GroupContext, tree: Tree, psk: PreSharedKeyID, former: Session | None
) -> None:
    """The group is the one that the ReInit of `former` announced."""
    reinit = None if former is None else former.group.reinit
    if (
        former is None
        or reinit is None
        or (psk.group_id, psk.epoch)
        != (
            former.group_id,
            former.epoch,
        )
    ):
        raise Malformed("MLS-11.2a", "a new group in place of one that is not closed")
    announced = reinit.group_id, reinit.version, reinit.suite_id, reinit.extensions
    if announced != (context.group_id, context.version, context.suite_id, context.extensions):
        raise Malformed("MLS-11.2b", "a new group that is not what the ReInit said")
    check_same_members(former.group.tree, tree)


def check_same_members(old: Tree, new: Tree) -> None:
    """All members of the old group are in the new one, by their credentials (MLS-11.2c)."""
    there = [leaf.credential for _, leaf in new.members()]
    for _, leaf in old.members():
        if leaf.credential not in there:
            raise Malformed("MLS-11.2c", "a new group without a member of the old one")
        there.remove(leaf.credential)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A Welcome, and our key package that it is for."""

    welcome: Welcome
    own: OwnPackage = field(repr=False)


def _opened(
    invitation: Invitation, means: Means, former: Session | None
) -> tuple[GroupSecrets, GroupInfo, bytes]:
    """The secrets, the GroupInfo and the member secret of a Welcome (its first steps)."""
    welcome, own = invitation.welcome, invitation.own
    entry = find_entry(welcome, own.key_package)
    suite = suite_of(own.key_package.suite_id)
    secrets = open_group_secrets(suite, welcome, entry, own.init)
    psks = look_up(means.psks if former is None else former.find_psk, secrets.psks)
    member = member_secret(suite, secrets.joiner_secret, psk_secret(suite, psks))
    return secrets, open_group_info(suite, welcome, member), member


def welcome_of(data: bytes) -> Welcome:
    """The Welcome that `data` is."""
    body = parse_message(data)
    if not isinstance(body, Welcome):
        raise Malformed("MLS-12.4.3.1o", "not a Welcome")
    return body


def join(
    data: bytes,
    own: OwnPackage,
    me: Client,
    means: Means,
    now: int,
    *,
    tree: bytes | None = None,
    known: Collection[bytes] = (),
    former: Session | None = None,
) -> Step[Joined]:
    """Join by the Welcome in `data`, for our key package `own` (§12.4.3.1).

    `known` are the ids of the groups that this device is in, `tree` the ratchet tree when it came
    another way, `former` the closed session of the group that the new one replaces. The key
    package's private halves are to be deleted with the first write of the new session, unless it
    is one of last resort.
    """
    suite = me.suite
    secrets, info, member = _opened(Invitation(welcome_of(data), own), means, former)
    check_version(info.context)
    check_info_suite(info, suite)
    check_group_is_new(info.context, known)
    ratchet_tree = proven_tree(info, tree, means)
    check_we_support(own.key_package.leaf.capabilities, info.context.extensions)
    own_leaf = own_place(ratchet_tree, own.key_package.leaf, info.signer)
    keys = {2 * own_leaf: own.encryption}
    keys |= open_own_path(suite, ratchet_tree, own_leaf, info.signer, secrets.path_secret)
    epoch_secrets = secrets_of(suite, member, info.context)
    transcript = info.context.confirmed_transcript_hash
    check_confirmation_tag(suite, epoch_secrets, transcript, info.confirmation_tag)
    check_resumption(info, ratchet_tree, secrets.psks, former)
    concluded = Concluded(info.context, epoch_secrets, b"", b"", info.confirmation_tag)
    epoch = begin_epoch(concluded, ratchet_tree, own_leaf, keys, me.signature)
    return enter_group(epoch, info, means)


def enter_group(epoch: Epoch, info: GroupInfo, means: Means) -> Step[Joined]:
    """The first step in a group that we joined by a Welcome."""
    number = info.context.epoch
    by = member_at(epoch.group.tree, info.signer)
    state = State(epoch, resumption={number: epoch.secrets.resumption_psk})
    return begin(state, means, Joined(info.context.group_id, number, by))
