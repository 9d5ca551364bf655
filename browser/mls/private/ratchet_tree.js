/** Pure: how proposals change a ratchet tree, whose keys are whose (RFC 9420 §7.4-7.7, §12.1). */
import { equal } from "../../wire/bytes.ts";
import { parentNode } from "../public/tree.ts";
function blankPath(tree, leafIndex) {
    return new Map(tree.directPath(leafIndex).map((node) => [node, null]));
}
/** The tree after an Update of the member at `leafIndex` (§12.1.2). */
export function updated(tree, leafIndex, leaf) {
    return tree.withNodes(blankPath(tree, leafIndex).set(2 * leafIndex, leaf));
}
/**
 * The tree after a Remove of the member at `leafIndex`, not truncated yet (§12.1.3).
 *
 * The cut waits until all Removes of a commit are applied: their indices are of the old tree.
 */
export function removed(tree, leafIndex) {
    return tree.withNodes(blankPath(tree, leafIndex).set(2 * leafIndex, null));
}
/** The tree, extended if it is full, and the leaf index where the next member goes. */
export function placeFor(tree) {
    for (let at = 0; at < tree.nodes.length; at += 2) {
        if (tree.node(at) === null)
            return { tree, index: at / 2 };
    }
    return { tree: tree.extended(), index: tree.leaves };
}
/** The tree after an Add, and the new member's leaf index (§12.1.1). */
export function added(before, leaf) {
    const { tree, index } = placeFor(before);
    const changed = new Map([[2 * index, leaf]]);
    for (const node of tree.directPath(index)) {
        const parent = tree.node(node);
        if (parent?.kind === "parent") {
            const unmerged = [...parent.unmergedLeaves, index].sort((a, b) => a - b);
            changed.set(node, parentNode(parent.encryptionKey, parent.parentHash, unmerged));
        }
    }
    return { tree: tree.withNodes(changed), index };
}
/** Those of `keys` whose node still has their public half: all others are outdated (§7.5). */
export function stillOurs(keys, tree) {
    const kept = new Map();
    for (const [node, pair] of keys) {
        const value = tree.nodes[node];
        if (value && equal(value.encryptionKey, pair.public))
            kept.set(node, pair);
    }
    return kept;
}
/** The public key at a node that is not blank, as each of a resolution is. */
export function encryptionKey(tree, node) {
    const value = tree.node(node);
    if (value === null)
        throw new RangeError("a blank node has no key");
    return value.encryptionKey;
}
