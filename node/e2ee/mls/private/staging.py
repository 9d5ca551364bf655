"""Pure: a commit of our own: the proposals that it takes, and its Welcome (RFC 9420 §12.4.1)."""

from collections.abc import Sequence

from node.e2ee.mls.private.commit import Made
from node.e2ee.mls.private.entropy import Entropy
from node.e2ee.mls.private.info import group_info
from node.e2ee.mls.private.proposal_list import (
    Listed,
    Scene,
    after_extensions,
    check_individual,
    touched_leaf,
)
from node.e2ee.mls.private.state import State
from node.e2ee.mls.private.welcome import GroupSecrets, seal_welcome
from node.e2ee.mls.public.framing import MEMBER, Sender, encode_message
from node.e2ee.mls.public.proposals import (
    Add,
    GroupContextExtensions,
    PreSharedKey,
    Proposal,
    ReInit,
    Remove,
    Update,
)
from node.e2ee.mls.public.tree_math import common_ancestor
from node.errors import Refused


def _still_valid(item: Listed, scene: Scene) -> bool:
    try:
        check_individual(item, scene)
    except Refused:
        return False
    return True


def _same_thing(proposal: Proposal) -> object:
    """Proposals of which a list takes one only have the same value here."""
    if isinstance(proposal, Add):
        return "add", proposal.key_package.leaf.signature_key
    if isinstance(proposal, PreSharedKey):
        return "psk", proposal.psk
    if isinstance(proposal, GroupContextExtensions):
        return "extensions"
    return object()


def _for_us(item: Listed, own_leaf: int) -> bool:
    """Whether the proposal concerns our own leaf: others have to commit that."""
    return touched_leaf(item) == own_leaf


def choose(state: State, own: Sequence[Proposal], scene: Scene) -> tuple[Listed, ...]:
    """Our own proposals by value, and all pending ones that go with them by reference (§12.4).

    Of two that exclude each other ours wins; then a Remove wins over an Update, and the later of
    two alike over the earlier; a pending ReInit waits until it is alone.
    """
    own_leaf = state.epoch.group.own_leaf
    ours = [Listed(proposal, Sender(MEMBER, own_leaf)) for proposal in own]
    if any(isinstance(proposal, ReInit) for proposal in own):
        return tuple(ours)
    pending = [Listed(p.proposal, p.sender, reference) for reference, p in state.pending.items()]
    scene = after_extensions([*ours, *reversed(pending)], scene)
    pending = [i for i in pending if not _for_us(i, own_leaf) and _still_valid(i, scene)]
    # Updates last, else the latest first, so that the first to take a leaf is the right one.
    ranked = sorted(enumerate(pending), key=lambda i: (isinstance(i[1].proposal, Update), -i[0]))
    leaves = {touched_leaf(item) for item in ours} - {None}
    things = {_same_thing(item.proposal) for item in ours} | _members(ours, pending, scene)
    chosen = set()
    for place, item in ranked:
        leaf, thing = touched_leaf(item), _same_thing(item.proposal)
        if leaf in leaves or thing in things:
            continue
        things.add(thing)
        if leaf is not None:
            leaves.add(leaf)
        chosen.add(place)
    kept = [item for place, item in enumerate(pending) if place in chosen]
    return _without_reinit([*kept, *ours])


def _members(ours: list[Listed], pending: list[Listed], scene: Scene) -> set[object]:
    """The Adds that would add somebody who is here and stays."""
    leaving = {i.proposal.removed for i in (*ours, *pending) if isinstance(i.proposal, Remove)}
    return {
        ("add", leaf.signature_key) for index, leaf in scene.tree.members() if index not in leaving
    }


def _without_reinit(items: list[Listed]) -> tuple[Listed, ...]:
    """A ReInit waits while there is anything else; of two the later counts."""
    others = [item for item in items if not isinstance(item.proposal, ReInit)]
    return tuple(others) if others else tuple(items[-1:])


def welcome_for(made: Made, entropy: Entropy) -> bytes | None:
    """One Welcome for all whom the commit adds, as an MLSMessage; None when it adds nobody."""
    applied, epoch = made.applied, made.next
    if not applied.added:
        return None
    newcomers = [
        (
            package,
            GroupSecrets(
                made.concluded.joiner, _path_secret(made, epoch.group.own_leaf, index), applied.psks
            ),
        )
        for index, package in applied.added
    ]
    info = group_info(epoch, external=False)
    member = made.concluded.member
    return encode_message(seal_welcome(epoch.group.suite, info, member, newcomers, entropy))


def _path_secret(made: Made, own_leaf: int, index: int) -> bytes | None:
    if made.path is None:
        return None
    return made.path.at(common_ancestor(own_leaf, index))
