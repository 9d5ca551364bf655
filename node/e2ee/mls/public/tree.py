"""Pure: the public side of a ratchet tree (RFC 9420 §4.1, §7.1, §7.8, §12.4.3.3).

A `Tree` never changes: what evolves it (`private.ratchet_tree`) makes a new one that shares all
nodes, and all hashes of subtrees that did not change.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Final

from node.e2ee.mls.public import tree_math
from node.e2ee.mls.public.leaf import LeafNode, read_leaf
from node.e2ee.mls.public.suite import Suite
from node.errors import Malformed
from node.wire import tls
from node.wire.tls import Reader


@tls.structure
class ParentNode:
    """`unmerged_leaves` are leaf indices, rising. Encoded once: trees share their nodes."""

    encryption_key: bytes
    parent_hash: bytes
    unmerged_leaves: tuple[int, ...]
    _raw: bytes = field(default=b"", init=False, compare=False, repr=False)

    def encode(self) -> bytes:
        if not self._raw:
            raw = (
                tls.opaque(self.encryption_key)
                + tls.opaque(self.parent_hash)
                + tls.u32s(self.unmerged_leaves)
            )
            object.__setattr__(self, "_raw", raw)
        return self._raw


def _read_parent(reader: Reader) -> ParentNode:
    reader.count(PARENT_COST)
    return ParentNode(reader.opaque(), reader.opaque(), reader.u32s())


Node = LeafNode | ParentNode

# What a tree may hold, in elements: blanks and leaves are one each. A leaf with the blank parent
# beside it is 200 bytes or more: a tree may be sparse where members have left, but not for ever.
FREE_ELEMENTS: Final = 4096
BYTES_PER_ELEMENT: Final = 64
PARENT_COST: Final = 3


def _read_node(reader: Reader) -> Node:
    kind = reader.u8()
    if kind == 1:
        reader.count(1)
        return read_leaf(reader)
    if kind != 2:
        raise Malformed("MLS-7.8", "a tree node that is neither leaf nor parent")
    return _read_parent(reader)


class Tree:
    """All nodes of a full tree, blank ones as None, for one suite."""

    __slots__ = ("_encoded", "_hashes", "nodes", "suite")

    def __init__(
        self, suite: Suite, nodes: tuple[Node | None, ...], hashes: list[bytes | None]
    ) -> None:
        self.suite = suite
        self.nodes = nodes
        self._hashes = hashes  # None where not computed; then also at all ancestors
        self._encoded: bytes | None = None  # made when first asked for

    @classmethod
    def of(cls, suite: Suite, nodes: tuple[Node | None, ...]) -> "Tree":
        """A tree of these nodes, 2^(d+1) - 1 of them."""
        return cls(suite, nodes, [None] * len(nodes))

    @property
    def leaves(self) -> int:
        """How many leaves there are, blank ones too: a power of two."""
        return (len(self.nodes) + 1) // 2

    @property
    def root(self) -> int:
        return tree_math.root(self.leaves)

    def leaf(self, index: int) -> LeafNode | None:
        """The leaf with this leaf index; None when it is blank or beyond the tree."""
        node = self.nodes[2 * index] if 0 <= index < self.leaves else None
        return node if isinstance(node, LeafNode) else None

    def members(self) -> Iterator[tuple[int, LeafNode]]:
        """(leaf index, leaf) of each member, from the left."""
        for position in range(0, len(self.nodes), 2):
            node = self.nodes[position]
            if isinstance(node, LeafNode):
                yield position // 2, node

    def parents(self) -> Iterator[tuple[int, ParentNode]]:
        """(node index, node) of each non-blank parent, from the left."""
        for position in range(1, len(self.nodes), 2):
            node = self.nodes[position]
            if isinstance(node, ParentNode):
                yield position, node

    def direct_path(self, leaf_index: int) -> list[int]:
        return tree_math.direct_path(2 * leaf_index, self.leaves)

    def resolution(self, node: int) -> list[int]:
        """The non-blank nodes that together cover the members under `node` (§4.1.1)."""
        found: list[int] = []
        waiting = [node]
        while waiting:
            at = waiting.pop()
            value = self.nodes[at]
            if value is not None:
                found.append(at)
                if isinstance(value, ParentNode):
                    found.extend(2 * leaf for leaf in value.unmerged_leaves)
            elif at & 1:
                below = tree_math.children(at)
                waiting.extend((below[1], below[0]))
        return found

    def filtered_direct_path(self, leaf_index: int) -> list[tuple[int, int]]:
        """(node, its child on the copath) for each ancestor whose copath child holds a member."""
        path: list[tuple[int, int]] = []
        below = 2 * leaf_index
        for node in self.direct_path(leaf_index):
            other = tree_math.beside(below)
            if self._holds_member(other):
                path.append((node, other))
            below = node
        return path

    def _holds_member(self, node: int) -> bool:
        first, stop = tree_math.leaf_span(node)
        return any(value is not None for value in self.nodes[2 * first : 2 * stop - 1])

    def tree_hash(self) -> bytes:
        """The tree hash of the root."""
        return self.hash_of(self.root)

    def hash_of(self, node: int) -> bytes:
        """The tree hash of `node` (§7.8)."""
        return self._hashes[node] or self._hash(node, 1 << tree_math.level(node) >> 1)

    def _hash(self, node: int, half: int) -> bytes:
        """Compute the tree hash of `node`, whose children are `half` away (0: it is a leaf)."""
        value = self.nodes[node]
        if half:
            left, right, below = node - half, node + half, half >> 1
            known = self.parent_hash_input(
                value,
                self._hashes[left] or self._hash(left, below),
                self._hashes[right] or self._hash(right, below),
            )
        else:
            known = self.leaf_hash_input(node // 2, value)
        self._hashes[node] = known
        return known

    def leaf_hash_input(self, leaf_index: int, value: Node | None) -> bytes:
        """The hash of a `TreeHashInput` with a `LeafNodeHashInput`."""
        leaf = b"\x00" if value is None else b"\x01" + value.encode()
        return self.suite.hash(b"\x01" + tls.u32(leaf_index) + leaf)

    def parent_hash_input(self, value: Node | None, left: bytes, right: bytes) -> bytes:
        """The hash of a `TreeHashInput` with a `ParentNodeHashInput`."""
        parent = b"\x00" if value is None else b"\x01" + value.encode()
        return self.suite.hash(b"\x02" + parent + tls.opaque(left) + tls.opaque(right))

    def with_nodes(self, changed: Mapping[int, Node | None]) -> "Tree":
        """This tree with other values at some node indices."""
        nodes, hashes = list(self.nodes), list(self._hashes)
        top = self.root
        for index, value in changed.items():
            nodes[index] = value
            at = index
            while hashes[at] is not None:
                hashes[at] = None
                if at != top:
                    at = tree_math.up(at)
        return Tree(self.suite, tuple(nodes), hashes)

    def extended(self) -> "Tree":
        """This tree as the left half of one twice as large (§7.7)."""
        more = len(self.nodes) + 1
        return Tree(self.suite, self.nodes + (None,) * more, self._hashes + [None] * more)

    def truncated(self) -> "Tree":
        """This tree without right halves that hold no member (§7.7, §12.1.3)."""
        leaves = self.leaves
        while leaves > 1 and not any(
            value is not None for value in self.nodes[leaves : 2 * leaves : 2]
        ):
            leaves //= 2
        if leaves == self.leaves:
            return self
        width = tree_math.node_width(leaves)
        return Tree(self.suite, self.nodes[:width], self._hashes[:width])

    def encode(self) -> bytes:
        """`ratchet_tree`: the nodes up to the last that is not blank."""
        if self._encoded is None:
            last = len(self.nodes)
            while last and self.nodes[last - 1] is None:
                last -= 1
            self._encoded = tls.vector([_encode_optional_node(n) for n in self.nodes[:last]])
        return self._encoded


def _encode_optional_node(node: Node | None) -> bytes:
    if node is None:
        return b"\x00"
    return b"\x01\x02" + node.encode() if isinstance(node, ParentNode) else b"\x01\x01" + node.raw


Admit = Callable[[int, LeafNode], None]
"""Refuses the leaf with this leaf index, or does not."""


def admit_any(_: int, __: LeafNode) -> None:
    """For a tree whose leaves were admitted before, or are not believed yet."""


def check_last_node(nodes: Sequence[Node | None]) -> None:
    """The list ends with a node that is not blank (MLS-12.4.3.3a)."""
    if not nodes or nodes[-1] is None:
        raise Malformed("MLS-12.4.3.3a", "a ratchet tree that is empty or ends blank")


def check_node_place(place: int, node: Node) -> None:
    """Leaves stand at even places, parents at odd ones (MLS-12.4.3.3b)."""
    if isinstance(node, ParentNode) != bool(place & 1):
        raise Malformed("MLS-12.4.3.3b", "a tree node stands where its kind cannot")


def _read_nodes(reader: Reader, admit: Admit) -> list[Node | None]:
    """`optional<Node>`s up to the end, each leaf put to `admit` as soon as it is read."""
    nodes: list[Node | None] = []
    while not reader.ended:
        blanks = reader.zeros()
        if blanks:
            reader.count(blanks)
            nodes.extend((None,) * blanks)
            continue
        node = reader.optional(_read_node)
        assert node is not None  # for a zero byte would have been a blank
        check_node_place(len(nodes), node)
        if isinstance(node, LeafNode):
            admit(len(nodes) // 2, node)
        nodes.append(node)
    return nodes


def parse_tree(
    suite: Suite, data: bytes, admit: Admit = admit_any, budget: int | None = None
) -> Tree:
    """The tree of a ratchet_tree extension, filled up with blanks to its full width.

    `budget` is in elements; without it what a tree of this size may need (MLS-2.1b).
    """
    if budget is None:
        budget = FREE_ELEMENTS + len(data) // BYTES_PER_ELEMENT
    nodes = _read_nodes(Reader(tls.parse(data, Reader.opaque), budget), admit)
    check_last_node(nodes)
    width = 1
    while width < len(nodes):
        width = 2 * width + 1
    return Tree.of(suite, (*nodes, *(None,) * (width - len(nodes))))
