"""Pure: how proposals change a ratchet tree, whose keys are whose (RFC 9420 §7.4-7.7, §12.1)."""

from collections.abc import Mapping

from node.e2ee.mls.private.hpke import KeyPair
from node.e2ee.mls.public.leaf import LeafNode
from node.e2ee.mls.public.tree import Node, ParentNode, Tree

PrivateKeys = Mapping[int, KeyPair]
"""Node index → the key pair that this member holds there."""


def updated(tree: Tree, leaf_index: int, leaf: LeafNode) -> Tree:
    """The tree after an Update of the member at `leaf_index` (§12.1.2)."""
    changed: dict[int, Node | None] = dict.fromkeys(tree.direct_path(leaf_index))
    changed[2 * leaf_index] = leaf
    return tree.with_nodes(changed)


def removed(tree: Tree, leaf_index: int) -> Tree:
    """The tree after a Remove of the member at `leaf_index`, not truncated yet (§12.1.3).

    The cut waits until all Removes of a commit are applied: their indices are of the old tree.
    """
    changed: dict[int, Node | None] = dict.fromkeys(tree.direct_path(leaf_index))
    changed[2 * leaf_index] = None
    return tree.with_nodes(changed)


def first_blank(tree: Tree) -> int | None:
    """The index of the leftmost empty leaf, or None."""
    for position in range(0, len(tree.nodes), 2):
        if tree.nodes[position] is None:
            return position // 2
    return None


def place_for(tree: Tree) -> tuple[Tree, int]:
    """The tree, extended if it is full, and the leaf index where the next member goes."""
    index = first_blank(tree)
    return (tree.extended(), tree.leaves) if index is None else (tree, index)


def added(tree: Tree, leaf: LeafNode) -> tuple[Tree, int]:
    """The tree after an Add, and the new member's leaf index (§12.1.1)."""
    tree, index = place_for(tree)
    changed: dict[int, Node | None] = {2 * index: leaf}
    for node in tree.direct_path(index):
        parent = tree.nodes[node]
        if isinstance(parent, ParentNode):
            unmerged = tuple(sorted((*parent.unmerged_leaves, index)))
            changed[node] = ParentNode(parent.encryption_key, parent.parent_hash, unmerged)
    return tree.with_nodes(changed), index


def still_ours(keys: PrivateKeys, tree: Tree) -> dict[int, KeyPair]:
    """Those of `keys` whose node still has their public half: all others are outdated (§7.5)."""
    kept = {}
    for node, pair in keys.items():
        value = tree.nodes[node] if node < len(tree.nodes) else None
        if value is not None and value.encryption_key == pair.public:
            kept[node] = pair
    return kept


def encryption_key(tree: Tree, node: int) -> bytes:
    """The public key at a node that is not blank."""
    value = tree.nodes[node]
    assert value is not None  # a resolution holds no blank nodes
    return value.encryption_key
