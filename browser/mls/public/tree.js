/**
 * Pure: the public side of a ratchet tree (RFC 9420 §4.1, §7.1, §7.8, §12.4.3.3).
 *
 * A `Tree` never changes: what evolves it (`private/ratchet_tree`) makes a new one that shares all
 * nodes, and all hashes of subtrees that did not change.
 */
import { Malformed } from "../../errors.ts";
import { concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { readLeaf } from "./leaf.ts";
import { hash } from "./suite.ts";
import * as treeMath from "./tree_math.ts";
export function parentNode(encryptionKey, parentHash, unmergedLeaves) {
    const keys = concat(tls.opaque(encryptionKey), tls.opaque(parentHash));
    const raw = concat(keys, tls.u32s(unmergedLeaves));
    return { kind: "parent", encryptionKey, parentHash, unmergedLeaves, raw };
}
/**
 * What a tree may hold, in elements: blanks and leaves are one each. A leaf with the blank parent
 * beside it is 200 bytes or more: a tree may be sparse where members have left, but not for ever.
 */
const FREE_ELEMENTS = 4096;
const BYTES_PER_ELEMENT = 64;
const PARENT_COST = 3;
function readParent(reader) {
    reader.count(PARENT_COST);
    return parentNode(reader.opaque(), reader.opaque(), reader.u32s());
}
function readNode(reader) {
    const kind = reader.u8();
    if (kind === 1) {
        reader.count(1);
        return readLeaf(reader);
    }
    if (kind !== 2)
        throw new Malformed("MLS-7.8", "a tree node that is neither leaf nor parent");
    return readParent(reader);
}
function encodeOptional(node) {
    return node === null ? tls.u8(0) : concat(tls.u8(1), node.raw);
}
/** The hash of a `TreeHashInput` with a `LeafNodeHashInput`. */
export function leafHashInput(leafIndex, value) {
    return hash(concat(tls.u8(1), tls.u32(leafIndex), encodeOptional(value)));
}
/** The hash of a `TreeHashInput` with a `ParentNodeHashInput`. */
export function parentHashInput(value, left, right) {
    return hash(concat(tls.u8(2), encodeOptional(value), tls.opaque(left), tls.opaque(right)));
}
/** All nodes of a full tree, blank ones as null, for one suite. */
export class Tree {
    suite;
    nodes;
    /** null where not computed; then also at all ancestors. */
    #hashes;
    #encoded = null;
    /** A tree of these nodes, 2^(d+1) - 1 of them. */
    constructor(suite, nodes, hashes = new Array(nodes.length).fill(null)) {
        this.suite = suite;
        this.nodes = nodes;
        this.#hashes = hashes;
    }
    /** How many leaves there are, blank ones too: a power of two. */
    get leaves() {
        return (this.nodes.length + 1) / 2;
    }
    get root() {
        return treeMath.root(this.leaves);
    }
    /** The value of a node that is in the tree. */
    node(index) {
        const node = this.nodes[index];
        if (node === undefined)
            throw new RangeError("a node that is not in the tree");
        return node;
    }
    /** The leaf with this leaf index; null when it is blank or beyond the tree. */
    leaf(index) {
        const node = index < this.leaves ? this.node(2 * index) : null;
        return node?.kind === "leaf" ? node : null;
    }
    /** (leaf index, leaf) of each member, from the left. */
    *members() {
        for (let at = 0; at < this.nodes.length; at += 2) {
            const node = this.node(at);
            if (node?.kind === "leaf")
                yield [at / 2, node];
        }
    }
    /** (node index, node) of each non-blank parent, from the left. */
    *parents() {
        for (let at = 1; at < this.nodes.length; at += 2) {
            const node = this.node(at);
            if (node?.kind === "parent")
                yield [at, node];
        }
    }
    directPath(leafIndex) {
        return treeMath.directPath(2 * leafIndex, this.leaves);
    }
    /** The non-blank nodes that together cover the members under `node` (§4.1.1). */
    resolution(node) {
        const found = [];
        const waiting = [node];
        for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
            const value = this.node(at);
            if (value !== null) {
                found.push(at);
                if (value.kind === "parent") {
                    for (const leaf of value.unmergedLeaves)
                        found.push(2 * leaf);
                }
            }
            else if (at & 1) {
                const [left, right] = treeMath.children(at);
                waiting.push(right, left);
            }
        }
        return found;
    }
    /** [node, its child on the copath] for each ancestor whose copath child holds a member. */
    filteredDirectPath(leafIndex) {
        const path = [];
        let below = 2 * leafIndex;
        for (const node of this.directPath(leafIndex)) {
            const other = treeMath.beside(below);
            if (this.#holdsMember(other))
                path.push([node, other]);
            below = node;
        }
        return path;
    }
    #holdsMember(node) {
        const [first, stop] = treeMath.leafSpan(node);
        for (let at = 2 * first; at < 2 * stop - 1; at++)
            if (this.nodes[at])
                return true;
        return false;
    }
    /** The tree hash of the root. */
    treeHash() {
        return this.hashOf(this.root);
    }
    /** The tree hash of `node` (§7.8). */
    hashOf(node) {
        const known = this.#hashes[node];
        if (known)
            return known;
        const computed = this.#hash(node);
        this.#hashes[node] = computed;
        return computed;
    }
    #hash(node) {
        const value = this.node(node);
        if (!(node & 1))
            return leafHashInput(node / 2, value);
        const [left, right] = treeMath.children(node);
        return parentHashInput(value, this.hashOf(left), this.hashOf(right));
    }
    /** This tree with other values at some node indices. */
    withNodes(changed) {
        const nodes = [...this.nodes];
        const hashes = [...this.#hashes];
        const top = this.root;
        for (const [index, value] of changed) {
            nodes[index] = value;
            for (let at = index; hashes[at];) {
                hashes[at] = null;
                if (at !== top)
                    at = treeMath.up(at);
            }
        }
        return new Tree(this.suite, nodes, hashes);
    }
    /** This tree as the left half of one twice as large (§7.7). */
    extended() {
        const more = new Array(this.nodes.length + 1).fill(null);
        return new Tree(this.suite, [...this.nodes, ...more], [...this.#hashes, ...more]);
    }
    /** This tree without right halves that hold no member (§7.7, §12.1.3). */
    truncated() {
        let leaves = this.leaves;
        while (leaves > 1 && !this.#holdsLeaf(leaves / 2, leaves))
            leaves /= 2;
        if (leaves === this.leaves)
            return this;
        const width = treeMath.nodeWidth(leaves);
        return new Tree(this.suite, this.nodes.slice(0, width), this.#hashes.slice(0, width));
    }
    #holdsLeaf(first, stop) {
        for (let leaf = first; leaf < stop; leaf++)
            if (this.nodes[2 * leaf])
                return true;
        return false;
    }
    /** `ratchet_tree`: the nodes up to the last that is not blank. */
    encode() {
        if (this.#encoded === null) {
            const last = this.nodes.findLastIndex((node) => node !== null);
            this.#encoded = tls.vectorOf(this.nodes.slice(0, last + 1), encodeNode);
        }
        return this.#encoded;
    }
}
function encodeNode(node) {
    if (node === null)
        return tls.u8(0);
    return concat(tls.u8(1), tls.u8(node.kind === "leaf" ? 1 : 2), node.raw);
}
/** The list ends with a node that is not blank (MLS-12.4.3.3a). */
export function checkLastNode(nodes) {
    if (!nodes.at(-1)) {
        throw new Malformed("MLS-12.4.3.3a", "a ratchet tree that is empty or ends blank");
    }
}
/** Leaves stand at even places, parents at odd ones (MLS-12.4.3.3b). */
export function checkNodePlace(place, node) {
    if ((node.kind === "parent") !== Boolean(place & 1)) {
        throw new Malformed("MLS-12.4.3.3b", "a tree node stands where its kind cannot");
    }
}
function* readNodes(reader) {
    const nodes = [];
    while (!reader.ended) {
        const blanks = reader.zeros();
        if (blanks) {
            reader.count(blanks);
            for (let blank = 0; blank < blanks; blank++)
                nodes.push(null);
            continue;
        }
        const node = reader.optional(readNode);
        if (node === null)
            continue; // not so: a zero byte would have been a blank
        checkNodePlace(nodes.length, node);
        if (node.kind === "leaf")
            yield [nodes.length / 2, node];
        nodes.push(node);
    }
    return nodes;
}
function begin(data, budget) {
    const elements = budget ?? FREE_ELEMENTS + Math.floor(data.length / BYTES_PER_ELEMENT);
    return readNodes(new tls.Reader(tls.parse(data, tls.readOpaque), elements));
}
/** The tree of these nodes, filled up with blanks to its full width. */
function filledUp(suite, nodes) {
    checkLastNode(nodes);
    let width = 1;
    while (width < nodes.length)
        width = 2 * width + 1;
    while (nodes.length < width)
        nodes.push(null);
    return new Tree(suite, nodes);
}
/**
 * The tree of a ratchet_tree extension, whose leaves were admitted before or are not believed yet.
 *
 * `budget` is in elements; without it what a tree of this size may need (MLS-2.1b).
 */
export function parseTree(suite, data, budget) {
    const reading = begin(data, budget);
    for (;;) {
        const next = reading.next();
        if (next.done)
            return filledUp(suite, next.value);
    }
}
/** The tree of strangers: each leaf is put to `admit` as soon as it is read. */
export async function admitTree(suite, data, admit) {
    const reading = begin(data);
    for (;;) {
        const next = reading.next();
        if (next.done)
            return filledUp(suite, next.value);
        await admit(...next.value);
    }
}
