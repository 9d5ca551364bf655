"""Pure: parent hashes: whether members put a tree's parents there (RFC 9420 §7.9)."""

from collections.abc import Mapping

from node.e2ee.mls.public import tree_math
from node.e2ee.mls.public.leaf import LeafNode
from node.e2ee.mls.public.tree import Node, ParentNode, Tree
from node.errors import Malformed
from node.wire import tls


def parent_hash(tree: Tree, key: bytes, above: bytes, sibling_hash: bytes) -> bytes:
    """The hash of a `ParentHashInput`: of a parent with `key`, whose own parent hash is `above`."""
    return tree.suite.hash(tls.opaque(key) + tls.opaque(above) + tls.opaque(sibling_hash))


def original_hash(tree: Tree, node: int, without: frozenset[int]) -> bytes:
    """The tree hash of `node` as if the leaves `without` had not been added yet (§7.9)."""
    first, stop = tree_math.leaf_span(node)
    if not any(first <= leaf < stop for leaf in without):
        return tree.hash_of(node)
    value = tree.nodes[node]
    if not node & 1:
        return tree.leaf_hash_input(node // 2, None)
    within = frozenset(leaf for leaf in without if first <= leaf < stop)
    left, right = tree_math.children(node)
    if isinstance(value, ParentNode):
        unmerged = tuple(leaf for leaf in value.unmerged_leaves if leaf not in within)
        value = ParentNode(value.encryption_key, value.parent_hash, unmerged)
    return tree.parent_hash_input(
        value, original_hash(tree, left, within), original_hash(tree, right, within)
    )


def _claimed_parent_hash(node: Node | None) -> bytes | None:
    """The parent hash that `node` holds; None where its kind holds none."""
    if isinstance(node, ParentNode):
        return node.parent_hash
    return node.parent_hash if isinstance(node, LeafNode) else None


def _chains(tree: Tree, node: int, parent: ParentNode, child: int, other: int) -> int:
    """How many nodes under `child` are validly chained to `parent` at index `node` (§7.9.2)."""
    unmerged = frozenset(
        2 * leaf for leaf in parent.unmerged_leaves if tree_math.is_under(leaf, child)
    )
    resolution = tree.resolution(child)
    if len(resolution) != len(unmerged) + 1:
        return 0
    left_over = [at for at in resolution if at not in unmerged]
    if len(left_over) != 1:
        return 0
    sibling = original_hash(tree, other, frozenset(parent.unmerged_leaves))
    expected = parent_hash(tree, parent.encryption_key, parent.parent_hash, sibling)
    return int(_claimed_parent_hash(tree.nodes[left_over[0]]) == expected)


def check_parent_hashes(tree: Tree) -> None:
    """Each parent is chained to exactly one node below it (MLS-7.9.2a)."""
    for node, parent in tree.parents():
        left, right = tree_math.children(node)
        chains = _chains(tree, node, parent, left, right) + _chains(tree, node, parent, right, left)
        if chains != 1:
            raise Malformed("MLS-7.9.2a", "a parent node that no member's leaf vouches for")


def check_unmerged_leaves(tree: Tree) -> None:
    """Unmerged leaves rise, are members below, and are known to all parents between.

    Clauses: MLS-7.1 (order), MLS-12.4.3.1f (members below), MLS-12.4.3.1g (parents between).
    """
    unmerged = {node: frozenset(parent.unmerged_leaves) for node, parent in tree.parents()}
    for node, parent in tree.parents():
        before = -1
        for leaf in parent.unmerged_leaves:
            if leaf <= before:
                raise Malformed("MLS-7.1", "unmerged leaves are not in rising order")
            before = leaf
            if tree.leaf(leaf) is None or not tree_math.is_under(leaf, node):
                raise Malformed("MLS-12.4.3.1f", "an unmerged leaf that is no member below")
            _check_between(unmerged, leaf, node)


def _check_between(unmerged: Mapping[int, frozenset[int]], leaf: int, node: int) -> None:
    at = tree_math.up(2 * leaf)
    while at != node:
        known = unmerged.get(at)
        if known is not None and leaf not in known:
            raise Malformed("MLS-12.4.3.1g", "an unmerged leaf that a parent between omits")
        at = tree_math.up(at)


class DistinctKeys:
    """No key stands twice in a tree: its leaves are put in one by one, then all its parents."""

    __slots__ = ("_encryption", "_signature")

    def __init__(self) -> None:
        self._encryption: set[bytes] = set()
        self._signature: set[bytes] = set()

    def check_leaf(self, leaf: LeafNode) -> None:
        """Both keys are new (MLS-7.3i: the encryption key, MLS-7.3j: the signature key)."""
        if leaf.encryption_key in self._encryption:
            raise Malformed("MLS-7.3i", "two members have the same encryption key")
        if leaf.signature_key in self._signature:
            raise Malformed("MLS-7.3j", "two members have the same signature key")
        self._encryption.add(leaf.encryption_key)
        self._signature.add(leaf.signature_key)

    def check_parents(self, tree: Tree) -> None:
        """The parents' keys are new (MLS-12.4.3.1h), and no key is of both kinds (MLS-16.7)."""
        for _, parent in tree.parents():
            if parent.encryption_key in self._encryption:
                raise Malformed("MLS-12.4.3.1h", "a parent's encryption key stands twice")
            self._encryption.add(parent.encryption_key)
        if self._encryption & self._signature:
            raise Malformed("MLS-16.7", "an encryption key that is also a signature key")


def check_distinct_keys(tree: Tree) -> None:
    """No key stands twice in a tree."""
    keys = DistinctKeys()
    for _, leaf in tree.members():
        keys.check_leaf(leaf)
    keys.check_parents(tree)
