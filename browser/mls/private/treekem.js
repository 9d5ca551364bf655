/** Pure: TreeKEM: making an UpdatePath, and taking one in (RFC 9420 §7.4-7.6, §7.9.2). */
import { Broken, Malformed, Unproven } from "../../errors.ts";
import { EMPTY, equal, hex } from "../../wire/bytes.ts";
import { checkHpkeKey } from "../public/suite.ts";
import { parentNode } from "../public/tree.ts";
import { parentHash } from "../public/tree_hash.ts";
import * as treeMath from "../public/tree_math.ts";
import { deriveSecret } from "./crypto.ts";
import { decryptWithLabel, deriveKeyPair, encryptWithLabel } from "./hpke.ts";
import { encryptionKey } from "./ratchet_tree.ts";
const LABEL = "UpdatePathNode";
export function pairsOf(secrets) {
    return new Map(secrets.steps.map(({ node, pair }) => [node, pair]));
}
/** The path secret of `node`, which is on the path. */
export function secretAt(secrets, node) {
    const step = secrets.steps.find((one) => one.node === node);
    if (step === undefined)
        throw new Broken("a node that is not on the path");
    return step.secret;
}
/** The chain that begins with `first` at the first of `nodes` and ends in the commit secret. */
export async function pathSecrets(suite, first, nodes) {
    const steps = [];
    let secret = first;
    for (const node of nodes) {
        const pair = await deriveKeyPair(deriveSecret(suite, secret, "node"));
        steps.push({ node, secret, pair });
        secret = deriveSecret(suite, secret, "path");
    }
    return { steps, commitSecret: secret };
}
/**
 * The tree with new `keys` on the sender's filtered direct path; the leaf's parent hash.
 *
 * All other nodes above the sender become blank. Parent hashes are computed from the root down, so
 * that each covers all above it.
 */
function withPathKeys(tree, sender, path, keys) {
    const changed = new Map();
    for (const node of tree.directPath(sender))
        changed.set(node, null);
    let above = EMPTY;
    for (let at = path.length - 1; at >= 0; at--) {
        const [node, copath] = path[at];
        const key = keys[at];
        changed.set(node, parentNode(key, above, []));
        above = parentHash(key, above, tree.hashOf(copath));
    }
    return { tree: tree.withNodes(changed), leafParentHash: above };
}
/** Fresh keys from the sender's leaf to the root. */
export async function makePath(before, sender, entropy, leafFor) {
    const { suite } = before;
    const path = before.filteredDirectPath(sender);
    const nodes = path.map(([node]) => node);
    const secrets = await pathSecrets(suite, entropy.draw(suite.nh), nodes);
    const keys = secrets.steps.map(({ pair }) => pair.public);
    const { tree, leafParentHash } = withPathKeys(before, sender, path, keys);
    const leaf = await leafFor(leafParentHash);
    return { tree: tree.withNodes([[2 * sender, leaf]]), secrets, path, leaf };
}
/** The nodes that a path secret is sealed to, newcomers left out (§7.5). */
function sealedTo(tree, copath, newcomers) {
    const leftOut = new Set(newcomers.map((leaf) => 2 * leaf));
    return tree.resolution(copath).filter((at) => !leftOut.has(at));
}
/**
 * The UpdatePath: each path secret sealed to the copath, newcomers left out.
 *
 * `context` is the encoded provisional GroupContext, `newcomers` the leaf indices just added.
 */
export async function sealPath(made, context, newcomers, entropy) {
    const { tree, path, leaf } = made;
    const nodes = [];
    for (const [place, { secret, pair }] of made.secrets.steps.entries()) {
        const [, copath] = path[place];
        const seals = sealedTo(tree, copath, newcomers).map((at) => 
        // Each draws its chance before it waits, so in order; they wait together.
        encryptWithLabel(tree.suite, encryptionKey(tree, at), LABEL, context, secret, entropy));
        nodes.push({
            encryptionKey: pair.public,
            encryptedPathSecret: await Promise.all(seals),
        });
    }
    return { leaf, nodes };
}
/** One node for each of the sender's filtered direct path (MLS-7.6a). */
export function checkPathLength(path, filtered) {
    if (path.nodes.length !== filtered.length) {
        throw new Malformed("MLS-7.6a", "an update path of the wrong length");
    }
}
/** The path's public keys are keys, and new to the tree and to each other (MLS-12.4.2f). */
export function checkPathKeysNew(path, tree) {
    const known = new Set();
    for (const node of tree.nodes)
        if (node !== null)
            known.add(hex(node.encryptionKey));
    for (const { encryptionKey: key } of [path.leaf, ...path.nodes]) {
        checkHpkeKey(key);
        if (known.has(hex(key))) {
            throw new Malformed("MLS-12.4.2f", "an update path brings a key that is in the tree");
        }
        known.add(hex(key));
    }
}
/** The tree with a received path in it; the leaf's parent hash is checked (MLS-7.9.2b). */
export function mergePath(before, sender, path) {
    const filtered = before.filteredDirectPath(sender);
    checkPathLength(path, filtered);
    const keys = path.nodes.map((node) => node.encryptionKey);
    const { tree, leafParentHash } = withPathKeys(before, sender, filtered, keys);
    checkLeafParentHash(path.leaf, leafParentHash);
    return tree.withNodes([[2 * sender, path.leaf]]);
}
/** The committer signed the very parents that the path sets (MLS-7.9.2b). */
export function checkLeafParentHash(leaf, expected) {
    if (leaf.parentHash === null || !equal(leaf.parentHash, expected)) {
        throw new Malformed("MLS-7.9.2b", "the parent hash of a committer's leaf is wrong");
    }
}
/** Each node has a ciphertext for each of its copath, but newcomers (MLS-7.6b). */
export function checkSealedCounts(tree, path, filtered, newcomers) {
    for (const [place, [, copath]] of filtered.entries()) {
        const wanted = sealedTo(tree, copath, newcomers).length;
        if (path.nodes[place]?.encryptedPathSecret.length !== wanted) {
            throw new Malformed("MLS-7.6b", "an update path has the wrong number of ciphertexts");
        }
    }
}
/** Which ciphertext of the copath's resolution we can open, and with what. */
function ours(tree, nodes, keys) {
    for (const [which, at] of nodes.entries()) {
        const pair = keys.get(at);
        if (pair && equal(pair.public, encryptionKey(tree, at)))
            return { which, pair };
    }
    throw new Malformed("MLS-7.6c", "an update path has nothing for this member");
}
/**
 * The secrets of the sender's path from where it meets ours; `tree` has the path merged.
 *
 * Throws `Unproven` (MLS-5.1.3) when the ciphertext does not open and (MLS-7.5a) when it holds
 * other keys than the path shows.
 */
export async function openPath(tree, path, sender, receiver, newcomers, context) {
    const { suite } = tree;
    const filtered = tree.filteredDirectPath(sender);
    checkSealedCounts(tree, path, filtered, newcomers);
    const place = filtered.findIndex(([, copath]) => treeMath.isUnder(receiver.leaf, copath));
    const [, copath] = filtered[place];
    const { which, pair } = ours(tree, sealedTo(tree, copath, newcomers), receiver.keys);
    const sealed = path.nodes[place]?.encryptedPathSecret[which];
    const secret = await decryptWithLabel(suite, pair, LABEL, context, sealed);
    checkSecretLength(suite, secret);
    const nodes = filtered.slice(place).map(([node]) => node);
    const secrets = await pathSecrets(suite, secret, nodes);
    checkDerivedKeys(secrets, path.nodes.slice(place));
    return secrets;
}
/** A path secret is as long as the suite's hash (MLS-7.4). */
export function checkSecretLength(suite, secret) {
    if (secret.length !== suite.nh) {
        throw new Malformed("MLS-7.4", "a path secret has the wrong length");
    }
}
/** The path's public keys are those of its secrets (MLS-7.5a). */
export function checkDerivedKeys(secrets, shown) {
    const derived = ({ pair }, at) => equal(pair.public, shown[at]?.encryptionKey ?? EMPTY);
    if (!secrets.steps.every(derived)) {
        throw new Unproven("MLS-7.5a", "the keys of an update path are not those of its secrets");
    }
}
