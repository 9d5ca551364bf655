"""Pure: whether a list of proposals may be committed, and what it does (RFC 9420 §12.1-12.3)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from node.e2ee.mls.private.means import Means
from node.e2ee.mls.private.ratchet_tree import added, removed, updated
from node.e2ee.mls.private.validation import (
    check_believed,
    check_extensions_for_all,
    check_key_package,
    check_leaf,
    check_members,
    check_new_key,
    check_senders_believed,
    check_update_source,
)
from node.e2ee.mls.public.credentials import Occasion
from node.e2ee.mls.public.extensions import Extensions
from node.e2ee.mls.public.framing import MEMBER, NEW_MEMBER_PROPOSAL, Sender
from node.e2ee.mls.public.group_info import GroupContext
from node.e2ee.mls.public.key_package import KeyPackage
from node.e2ee.mls.public.leaf import check_current
from node.e2ee.mls.public.proposals import (
    RESUMPTION_PSK,
    USAGE_APPLICATION,
    Add,
    ExternalInit,
    GroupContextExtensions,
    PreSharedKey,
    PreSharedKeyID,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from node.e2ee.mls.public.tree import Tree
from node.errors import Forbidden, Malformed

# The types that do not need a path (§12.4).
WITHOUT_PATH: Final = (Add, PreSharedKey, ReInit)
# The types that an external sender may propose (§12.1.8).
EXTERNAL_TYPES: Final = (Add, Remove, PreSharedKey, ReInit, GroupContextExtensions)

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Listed:
    """A proposal of a commit and who proposed it; the committer where it stands by value."""

    proposal: Proposal
    sender: Sender
    reference: bytes | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """The group that proposals are judged in. `sending` when the commit or proposal is ours.

    `resuming`: this commit begins the group that a ReInit announced, with its PSK (§11.2).
    """

    context: GroupContext
    tree: Tree
    means: Means
    now: int
    sending: bool
    resuming: bool = False


def of_type(items: Sequence[Listed], kind: type[P]) -> list[P]:
    """The proposals of one kind, in order."""
    return [item.proposal for item in items if isinstance(item.proposal, kind)]


def extensions_after(context: GroupContext, items: Sequence[Listed]) -> Extensions:
    """The extensions of the group once the list is applied: they already hold for its other
    proposals (§12.3)."""
    found = of_type(items, GroupContextExtensions)
    return found[0].extensions if found else context.extensions


def check_add(add: Add, sender: Sender, scene: Scene) -> None:
    """The key package is valid (§12.1.1), current if we add it, and believed."""
    package = add.key_package
    check_key_package(package, scene.context, scene.means.policy.longest_lifetime_seconds)
    if scene.sending:
        check_current(package.leaf, scene.now)
    occasion = Occasion.KEY_PACKAGE if scene.sending else Occasion.ADD
    if sender.type == NEW_MEMBER_PROPOSAL:
        occasion = Occasion.APPLICANT
    check_believed(scene.means.judge, occasion, package.leaf)


def check_update(update: Update, sender: Sender, scene: Scene) -> None:
    """The leaf is valid for an Update by this sender (§12.1.2), and believed as successor."""
    old = scene.tree.leaf(sender.index) if sender.type == MEMBER else None
    if old is None:
        raise Malformed("MLS-12.1.2", "an Update by somebody who is not a member")
    check_update_source(update.leaf)
    check_new_key(update.leaf, old)
    longest = scene.means.policy.longest_lifetime_seconds
    check_leaf(update.leaf, scene.context, sender.index, longest)
    check_believed(scene.means.judge, Occasion.UPDATE, update.leaf, old.credential)


def check_remove(remove: Remove, scene: Scene) -> None:
    """There is a member to remove (MLS-12.1.3)."""
    if scene.tree.leaf(remove.removed) is None:
        raise Malformed("MLS-12.1.3", "a Remove of a leaf that is blank")


def check_psk(psk: PreSharedKeyID, scene: Scene) -> None:
    """Reinit and branch keys have their own place (MLS-12.1.4a); the nonce fits (MLS-12.1.4b)."""
    special = psk.type == RESUMPTION_PSK and psk.usage != USAGE_APPLICATION
    if special and not scene.resuming:
        raise Malformed("MLS-12.1.4a", "a PSK for reinit or branch in another context")
    if len(psk.nonce) != scene.context.suite.nh:
        raise Malformed("MLS-12.1.4b", "a PSK nonce has the wrong length")


def check_reinit(reinit: ReInit, scene: Scene) -> None:
    """A group does not go back to an older version (MLS-12.1.5)."""
    if reinit.version < scene.context.version:
        raise Malformed("MLS-12.1.5", "a ReInit to an older version")


def check_individual(item: Listed, scene: Scene) -> None:
    """The proposal is valid by itself (§12.1). What needs the list or the result comes later."""
    proposal = item.proposal
    if isinstance(proposal, Add):
        check_add(proposal, item.sender, scene)
    elif isinstance(proposal, Update):
        check_update(proposal, item.sender, scene)
    elif isinstance(proposal, Remove):
        check_remove(proposal, scene)
    elif isinstance(proposal, PreSharedKey):
        check_psk(proposal.psk, scene)
    elif isinstance(proposal, ReInit):
        check_reinit(proposal, scene)
    elif isinstance(proposal, GroupContextExtensions):
        check_senders_believed(scene.means.judge, proposal.extensions)


def check_no_own_update(items: Sequence[Listed], committer: int) -> None:
    """The committer's own Update is not in it: that is what a path is for (MLS-12.2b)."""
    for item in items:
        if isinstance(item.proposal, Update) and item.sender == Sender(MEMBER, committer):
            raise Malformed("MLS-12.2b", "a commit of the committer's own Update")


def check_no_own_removal(items: Sequence[Listed], committer: int) -> None:
    """Nobody commits their own removal (MLS-12.2c)."""
    if any(remove.removed == committer for remove in of_type(items, Remove)):
        raise Malformed("MLS-12.2c", "a commit that removes its committer")


def touched_leaf(item: Listed) -> int | None:
    """The leaf that an Update or Remove is about."""
    if isinstance(item.proposal, Update):
        return item.sender.index
    return item.proposal.removed if isinstance(item.proposal, Remove) else None


def check_one_change_per_leaf(items: Sequence[Listed]) -> None:
    """At most one Update or Remove for a leaf (MLS-12.2d)."""
    touched = Counter(leaf for item in items if (leaf := touched_leaf(item)) is not None)
    if any(times > 1 for times in touched.values()):
        raise Malformed("MLS-12.2d", "two proposals change the same leaf")


def check_adds_differ(items: Sequence[Listed]) -> None:
    """No client is added twice; a client is its signature key (MLS-12.2e)."""
    keys = [add.key_package.leaf.signature_key for add in of_type(items, Add)]
    if len(set(keys)) != len(keys):
        raise Malformed("MLS-12.2e", "two Adds of one client")


def check_adds_are_new(items: Sequence[Listed], tree: Tree) -> None:
    """No client is added that is in the group and stays (MLS-12.2f)."""
    adds = {add.key_package.leaf.signature_key for add in of_type(items, Add)}
    if not adds:
        return
    leaving = {remove.removed for remove in of_type(items, Remove)}
    for index, leaf in tree.members():
        if leaf.signature_key in adds and index not in leaving:
            raise Malformed("MLS-12.2f", "an Add of a client that is in the group")


def check_psks_differ(items: Sequence[Listed]) -> None:
    """No PreSharedKeyID stands twice (MLS-12.2g)."""
    ids = [psk.psk for psk in of_type(items, PreSharedKey)]
    if len(set(ids)) != len(ids):
        raise Malformed("MLS-12.2g", "two proposals of one pre-shared key")


def check_one_extensions(items: Sequence[Listed]) -> None:
    """At most one GroupContextExtensions (MLS-12.2h)."""
    if len(of_type(items, GroupContextExtensions)) > 1:
        raise Malformed("MLS-12.2h", "two proposals of group extensions")


def check_reinit_alone(items: Sequence[Listed]) -> None:
    """A ReInit stands alone (MLS-12.2i)."""
    if len(items) > 1 and of_type(items, ReInit):
        raise Malformed("MLS-12.2i", "a ReInit together with another proposal")


def check_no_external_init(items: Sequence[Listed]) -> None:
    """A member's commit has no ExternalInit (MLS-12.2j)."""
    if of_type(items, ExternalInit):
        raise Malformed("MLS-12.2j", "an ExternalInit in a member's commit")


def check_regular_list(items: Sequence[Listed], committer: int, scene: Scene) -> None:
    """The list may be committed by the member at leaf `committer` (§12.2, first part).

    `scene.context` is the old one; the new extensions are used for all checks.
    """
    check_no_external_init(items)
    check_one_extensions(items)
    check_reinit_alone(items)
    check_no_own_update(items, committer)
    check_no_own_removal(items, committer)
    check_one_change_per_leaf(items)
    check_adds_differ(items)
    check_adds_are_new(items, scene.tree)
    check_psks_differ(items)
    scene = after_extensions(items, scene)
    for item in items:
        check_individual(item, scene)


def after_extensions(items: Sequence[Listed], scene: Scene) -> Scene:
    """The scene with the extensions that the list brings."""
    extensions = extensions_after(scene.context, items)
    return replace(scene, context=replace(scene.context, extensions=extensions))


def check_one_external_init(items: Sequence[Listed]) -> None:
    """An external commit has exactly one ExternalInit (MLS-12.2k)."""
    if len(of_type(items, ExternalInit)) != 1:
        raise Malformed("MLS-12.2k", "an external commit needs exactly one ExternalInit")


def check_one_removal(items: Sequence[Listed]) -> None:
    """An external commit removes at most the joiner's older self (MLS-12.2l)."""
    if len(of_type(items, Remove)) > 1:
        raise Malformed("MLS-12.2l", "an external commit removes more than one member")


def check_external_kinds(items: Sequence[Listed]) -> None:
    """An external commit holds nothing else but PSKs (MLS-12.2m)."""
    if any(not isinstance(i.proposal, ExternalInit | Remove | PreSharedKey) for i in items):
        raise Malformed("MLS-12.2m", "a proposal that has no place in an external commit")


def check_by_value(items: Sequence[Listed]) -> None:
    """An external commit refers to no proposal of the group (MLS-12.4.3.2b)."""
    if any(item.reference is not None for item in items):
        raise Malformed("MLS-12.4.3.2b", "an external commit with a proposal by reference")


def check_external_list(items: Sequence[Listed], scene: Scene) -> None:
    """The list may stand in an external commit (§12.2, second part)."""
    check_by_value(items)
    check_external_kinds(items)
    check_one_external_init(items)
    check_one_removal(items)
    check_psks_differ(items)
    for item in items:
        check_individual(item, scene)


def check_applicants(sender: Sender, allowed: bool) -> None:
    """A newcomer proposes itself only where our policy authorises it (MLS-12.1.8b)."""
    if sender.type == NEW_MEMBER_PROPOSAL and not allowed:
        raise Forbidden("MLS-12.1.8b", "newcomers may not propose themselves here")


def check_external_sender_type(proposal: Proposal) -> None:
    """From outside only some types may be proposed (MLS-12.1.8a)."""
    if not isinstance(proposal, EXTERNAL_TYPES):
        raise Forbidden("MLS-12.1.8a", "a proposal that an external sender may not make")


@dataclass(frozen=True, slots=True)
class Applied:
    """What a valid list does. `added` holds (leaf index, key package), in the order of the Adds."""

    tree: Tree
    extensions: Extensions
    added: tuple[tuple[int, KeyPackage], ...]
    removed: tuple[int, ...]
    updated: tuple[int, ...]
    psks: tuple[PreSharedKeyID, ...]
    kem_output: bytes | None
    reinit: ReInit | None

    @property
    def newcomers(self) -> tuple[int, ...]:
        return tuple(index for index, _ in self.added)


def apply(context: GroupContext, tree: Tree, items: Sequence[Listed]) -> Applied:
    """The list applied in the order of §12.3."""
    extensions = extensions_after(context, items)
    updates, added_leaves = [], []
    for item in items:
        if isinstance(item.proposal, Update):
            tree = updated(tree, item.sender.index, item.proposal.leaf)
            updates.append(item.sender.index)
    removals = of_type(items, Remove)
    for remove in removals:
        tree = removed(tree, remove.removed)
    tree = tree.truncated()
    for add in of_type(items, Add):
        tree, index = added(tree, add.key_package.leaf)
        added_leaves.append((index, add.key_package))
    inits, reinits = of_type(items, ExternalInit), of_type(items, ReInit)
    return Applied(
        tree,
        extensions,
        tuple(added_leaves),
        tuple(remove.removed for remove in removals),
        tuple(updates),
        tuple(psk.psk for psk in of_type(items, PreSharedKey)),
        inits[0].kem_output if inits else None,
        reinits[0] if reinits else None,
    )


def check_result(tree: Tree, extensions: Extensions, old: GroupContext) -> None:
    """The group after the commit is valid: its members, and new extensions for all of them."""
    check_members(tree)
    if extensions != old.extensions:
        check_extensions_for_all((leaf for _, leaf in tree.members()), extensions)


def needs_path(items: Sequence[Listed]) -> bool:
    """Whether a commit of this list has to have a path (§12.4)."""
    return not items or any(not isinstance(item.proposal, WITHOUT_PATH) for item in items)
