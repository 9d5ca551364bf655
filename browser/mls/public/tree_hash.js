/** Pure: parent hashes: whether members put a tree's parents there (RFC 9420 §7.9). */
import { Malformed } from "../../errors.ts";
import { concat, equal, hex } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { hash } from "./suite.ts";
import { leafHashInput, parentHashInput, parentNode } from "./tree.ts";
import * as treeMath from "./tree_math.ts";
/** The hash of a `ParentHashInput`: of a parent with `key`, whose own parent hash is `above`. */
export function parentHash(key, above, siblingHash) {
    return hash(concat(tls.opaque(key), tls.opaque(above), tls.opaque(siblingHash)));
}
/** The tree hash of `node` as if the leaves `without` had not been added yet (§7.9). */
export function originalHash(tree, node, without) {
    const within = new Set([...without].filter((leaf) => treeMath.isUnder(leaf, node)));
    if (!within.size)
        return tree.hashOf(node);
    if (!(node & 1))
        return leafHashInput(node / 2, null);
    let value = tree.node(node);
    const [left, right] = treeMath.children(node);
    if (value?.kind === "parent") {
        const unmerged = value.unmergedLeaves.filter((leaf) => !within.has(leaf));
        value = parentNode(value.encryptionKey, value.parentHash, unmerged);
    }
    return parentHashInput(value, originalHash(tree, left, within), originalHash(tree, right, within));
}
/** Whether one node under `child` is validly chained to `parent` (§7.9.2). */
function isChained(tree, parent, child, other) {
    const unmerged = new Set(parent.unmergedLeaves.filter((leaf) => treeMath.isUnder(leaf, child)).map((leaf) => 2 * leaf));
    const resolution = tree.resolution(child);
    if (resolution.length !== unmerged.size + 1)
        return false;
    const leftOver = resolution.filter((at) => !unmerged.has(at));
    const [chained] = leftOver;
    if (chained === undefined || leftOver.length !== 1)
        return false;
    const sibling = originalHash(tree, other, new Set(parent.unmergedLeaves));
    const expected = parentHash(parent.encryptionKey, parent.parentHash, sibling);
    const claimed = tree.node(chained)?.parentHash;
    return claimed ? equal(claimed, expected) : false;
}
/** Each parent is chained to exactly one node below it (MLS-7.9.2a). */
export function checkParentHashes(tree) {
    for (const [node, parent] of tree.parents()) {
        const [left, right] = treeMath.children(node);
        if (isChained(tree, parent, left, right) === isChained(tree, parent, right, left)) {
            throw new Malformed("MLS-7.9.2a", "a parent node that no member's leaf vouches for");
        }
    }
}
/**
 * Unmerged leaves rise, are members below, and are known to all parents between.
 *
 * Clauses: MLS-7.1 (order), MLS-12.4.3.1f (members below), MLS-12.4.3.1g (parents between).
 */
export function checkUnmergedLeaves(tree) {
    const unmerged = new Map();
    for (const [node, parent] of tree.parents())
        unmerged.set(node, new Set(parent.unmergedLeaves));
    for (const [node, parent] of tree.parents()) {
        let before = -1;
        for (const leaf of parent.unmergedLeaves) {
            if (leaf <= before) {
                throw new Malformed("MLS-7.1", "unmerged leaves are not in rising order");
            }
            before = leaf;
            if (tree.leaf(leaf) === null || !treeMath.isUnder(leaf, node)) {
                throw new Malformed("MLS-12.4.3.1f", "an unmerged leaf that is no member below");
            }
            checkBetween(unmerged, leaf, node);
        }
    }
}
function checkBetween(unmerged, leaf, node) {
    for (let at = treeMath.up(2 * leaf); at !== node; at = treeMath.up(at)) {
        if (unmerged.get(at)?.has(leaf) === false) {
            throw new Malformed("MLS-12.4.3.1g", "an unmerged leaf that a parent between omits");
        }
    }
}
/** No key stands twice in a tree: its leaves are put in one by one, then all its parents. */
export class DistinctKeys {
    #encryption = new Set();
    #signature = new Set();
    /** Both keys are new (MLS-7.3i: the encryption key, MLS-7.3j: the signature key). */
    checkLeaf(leaf) {
        const encryption = hex(leaf.encryptionKey);
        const signature = hex(leaf.signatureKey);
        if (this.#encryption.has(encryption)) {
            throw new Malformed("MLS-7.3i", "two members have the same encryption key");
        }
        if (this.#signature.has(signature)) {
            throw new Malformed("MLS-7.3j", "two members have the same signature key");
        }
        this.#encryption.add(encryption);
        this.#signature.add(signature);
    }
    /** The parents' keys are new (MLS-12.4.3.1h), and no key is of both kinds (MLS-16.7). */
    checkParents(tree) {
        for (const [, parent] of tree.parents()) {
            const key = hex(parent.encryptionKey);
            if (this.#encryption.has(key)) {
                throw new Malformed("MLS-12.4.3.1h", "a parent's encryption key stands twice");
            }
            this.#encryption.add(key);
        }
        for (const key of this.#signature) {
            if (this.#encryption.has(key)) {
                throw new Malformed("MLS-16.7", "an encryption key that is also a signature key");
            }
        }
    }
}
/** No key stands twice in a tree. */
export function checkDistinctKeys(tree) {
    const keys = new DistinctKeys();
    for (const [, leaf] of tree.members())
        keys.checkLeaf(leaf);
    keys.checkParents(tree);
}
