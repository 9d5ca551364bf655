"""Pure: the arithmetic of array-based trees (RFC 9420 Appendix C).

A tree of 2^d leaves is an array of 2^(d+1) - 1 nodes: leaf L at 2L, parents between.
"""


def level(node: int) -> int:
    """How far `node` is above the leaves: 0 for a leaf."""
    return ((~node) & (node + 1)).bit_length() - 1


def node_width(leaves: int) -> int:
    """How many nodes a tree of `leaves` (a power of two) has."""
    return 2 * leaves - 1


def root(leaves: int) -> int:
    return leaves - 1


def left(node: int) -> int | None:
    """The left child, or None of a leaf."""
    height = level(node)
    return node - (1 << (height - 1)) if height else None


def right(node: int) -> int | None:
    """The right child, or None of a leaf."""
    height = level(node)
    return node + (1 << (height - 1)) if height else None


def children(node: int) -> tuple[int, int]:
    """Both children of a parent node."""
    half = 1 << (level(node) - 1)
    return node - half, node + half


def up(node: int) -> int:
    """The parent, in a tree large enough to have one."""
    bit = 1 << level(node)
    return (node | bit) & ~(bit << 1)


def parent(node: int, leaves: int) -> int | None:
    """The parent, or None of the root."""
    return None if node == root(leaves) else up(node)


def sibling(node: int, leaves: int) -> int | None:
    """The other child of the parent, or None of the root."""
    return None if node == root(leaves) else beside(node)


def beside(node: int) -> int:
    """The sibling, in a tree large enough to have one."""
    return node ^ (2 << level(node))


def direct_path(node: int, leaves: int) -> list[int]:
    """The ancestors of `node`, from its parent to the root.

    Raises `IndexError` for a node that is not in the tree: its way up would have no end.
    """
    if not 0 <= node < node_width(leaves):
        raise IndexError("a node that is not in the tree")
    path, top = [], root(leaves)
    while node != top:
        node = up(node)
        path.append(node)
    return path


def leaf_span(node: int) -> tuple[int, int]:
    """The leaf indices under `node`: the first, and the one after the last."""
    half = (1 << level(node)) - 1
    return (node - half) // 2, (node + half) // 2 + 1


def is_under(leaf: int, node: int) -> bool:
    """Whether the leaf with index `leaf` is `node` or below it."""
    first, stop = leaf_span(node)
    return first <= leaf < stop


def common_ancestor(a: int, b: int) -> int:
    """The lowest node that has both leaf indices below it (`a` differs from `b`)."""
    node = 2 * a
    while not is_under(b, node):
        node = up(node)
    return node
