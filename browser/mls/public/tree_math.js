/**
 * Pure: the arithmetic of array-based trees (RFC 9420 Appendix C).
 *
 * A tree of 2^d leaves is an array of 2^(d+1) - 1 nodes: leaf L at 2L, parents between.
 */
/** How far `node` is above the leaves: 0 for a leaf. */
export function level(node) {
    return 31 - Math.clz32(~node & (node + 1));
}
/** How many nodes a tree of `leaves` (a power of two) has. */
export function nodeWidth(leaves) {
    return 2 * leaves - 1;
}
export function root(leaves) {
    return leaves - 1;
}
/** The left child, or null of a leaf. */
export function left(node) {
    return node & 1 ? children(node)[0] : null;
}
/** The right child, or null of a leaf. */
export function right(node) {
    return node & 1 ? children(node)[1] : null;
}
/** Both children of a parent node. */
export function children(node) {
    const half = 1 << (level(node) - 1);
    return [node - half, node + half];
}
/** The parent, in a tree large enough to have one. */
export function up(node) {
    const bit = 1 << level(node);
    return (node | bit) & ~(bit << 1);
}
/** The parent, or null of the root. */
export function parent(node, leaves) {
    return node === root(leaves) ? null : up(node);
}
/** The other child of the parent, or null of the root. */
export function sibling(node, leaves) {
    return node === root(leaves) ? null : beside(node);
}
/** The sibling, in a tree large enough to have one. */
export function beside(node) {
    return node ^ (2 << level(node));
}
/**
 * The ancestors of `node`, from its parent to the root.
 *
 * Throws a `RangeError` for a node that is not in the tree: its way up would have no end.
 */
export function directPath(node, leaves) {
    if (!(node >= 0 && node < nodeWidth(leaves))) {
        throw new RangeError("a node that is not in the tree");
    }
    const path = [];
    const top = root(leaves);
    for (let at = node; at !== top;) {
        at = up(at);
        path.push(at);
    }
    return path;
}
/** The leaf indices under `node`: the first, and the one after the last. */
export function leafSpan(node) {
    const half = (1 << level(node)) - 1;
    return [(node - half) / 2, (node + half) / 2 + 1];
}
/** Whether the leaf with index `leaf` is `node` or below it. */
export function isUnder(leaf, node) {
    const [first, stop] = leafSpan(node);
    return first <= leaf && leaf < stop;
}
/** The lowest node that has both leaf indices below it (`a` differs from `b`). */
export function commonAncestor(a, b) {
    let node = 2 * a;
    while (!isUnder(b, node))
        node = up(node);
    return node;
}
