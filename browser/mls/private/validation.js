/** Pure: whether leaves, key packages and trees fit their group (RFC 9420 §5.3.1, §7.3, §10.1). */
import { Forbidden, Malformed } from "../../errors.ts";
import { equal } from "../../wire/bytes.ts";
import { X509 } from "../public/credentials.ts";
import { checkGroupExtensions, DEFAULT_EXTENSIONS, DEFAULT_PROPOSALS, externalSenders, GREASE, requiredCapabilities, } from "../public/extensions.ts";
import { suiteOfContext } from "../public/group_info.ts";
import { checkAlone } from "../public/key_package.ts";
import { COMMIT, checkLeafAlone, checkLeafSignature, UPDATE, unlisted, } from "../public/leaf.ts";
import { checkSignatureKey } from "../public/suite.ts";
import { checkDistinctKeys, checkParentHashes, checkUnmergedLeaves, DistinctKeys, } from "../public/tree_hash.ts";
import { compareKey } from "./certificate.ts";
/** The device's judge believes the leaf's credential (MLS-5.3.1). */
export function checkBelieved(judge, occasion, leaf, predecessor = null) {
    const { credential, signatureKey, extensions } = leaf;
    if (judge({ occasion, credential, signatureKey, extensions, predecessor }) !== true) {
        throw new Forbidden("MLS-5.3.1", "a credential that this device does not accept");
    }
}
/** The judge believes all who may propose from outside (MLS-5.3.1a). */
export function checkSendersBelieved(judge, extensions) {
    for (const { credential, signatureKey } of externalSenders(extensions)) {
        const occasion = "an external_senders extension";
        const claim = {
            occasion,
            credential,
            signatureKey,
            extensions: [],
            predecessor: null,
        };
        if (judge(claim) !== true) {
            throw new Forbidden("MLS-5.3.1a", "an external sender that this device does not accept");
        }
    }
}
const NOTHING = new Set();
/** The leaf supports what the group requires (MLS-7.3c). */
export function checkRequired(leaf, extensions) {
    const required = requiredCapabilities(extensions);
    const has = leaf.capabilities;
    const wanted = [
        [required.extensions, DEFAULT_EXTENSIONS, has.extensions],
        [required.proposals, DEFAULT_PROPOSALS, has.proposals],
        [required.credentials, NOTHING, has.credentials],
    ];
    for (const [types, byDefault, listed] of wanted) {
        if (!types.every((type) => byDefault.has(type) || listed.includes(type))) {
            throw new Malformed("MLS-7.3c", "a leaf lacks a capability that the group requires");
        }
    }
}
/** The leaf supports each extension that the group uses (MLS-13.4b). */
export function checkGroupExtensionsSupported(leaf, extensions) {
    if (unlisted(leaf, extensions)) {
        throw new Malformed("MLS-13.4b", "a leaf does not support an extension of the group");
    }
}
/** We support each extension of the group that we join; GREASE does not count (MLS-13.4c). */
export function checkWeSupport(own, extensions) {
    const listed = own.extensions.filter((type) => !GREASE.includes(type));
    const supports = (type) => DEFAULT_EXTENSIONS.has(type) || listed.includes(type);
    if (!extensions.every(({ type }) => supports(type))) {
        throw new Malformed("MLS-13.4c", "the group uses an extension that we do not support");
    }
}
/** The first certificate of an X.509 credential is of the leaf's key (MLS-5.3a). */
export function checkCertificate(leaf) {
    if (leaf.credential.type !== X509)
        return;
    const [first] = leaf.credential.certificates;
    if (first === undefined) {
        throw new Malformed("MLS-5.3a", "an X.509 credential without a certificate");
    }
    const verdict = compareKey(first, leaf.signatureKey);
    if (verdict === "unreadable") {
        throw new Malformed("MLS-5.3a", "a certificate that cannot be read");
    }
    if (verdict === "another key") {
        throw new Malformed("MLS-5.3a", "a certificate of another key than the leaf's");
    }
}
/**
 * All that §7.3 asks of one leaf of the group, but what concerns the other members.
 *
 * `context.extensions` are those that hold after the commit.
 */
export async function checkLeaf(leaf, context, leafIndex, longestSeconds) {
    checkLeafFits(leaf, context, longestSeconds);
    checkCertificate(leaf);
    await checkLeafSignature(leaf, context.groupId, leafIndex);
}
/** What §7.3 asks of a leaf of the group, but who signed it and where it stands. */
export function checkLeafFits(leaf, context, longestSeconds) {
    checkLeafAlone(suiteOfContext(context), context.version, leaf, longestSeconds);
    checkRequired(leaf, context.extensions);
    checkGroupExtensionsSupported(leaf, context.extensions);
}
/** The package is valid, and for this group (§10.1). */
export async function checkKeyPackage(keyPackage, context, longestSeconds) {
    if (keyPackage.version !== context.version || keyPackage.suiteId !== context.suiteId) {
        throw new Malformed("MLS-10.1a", "a key package for another version or cipher suite");
    }
    await checkAlone(keyPackage, longestSeconds);
    checkCertificate(keyPackage.leaf);
    checkRequired(keyPackage.leaf, context.extensions);
    checkGroupExtensionsSupported(keyPackage.leaf, context.extensions);
}
/** The leaf of an Update was made for one (MLS-7.3k). */
export function checkUpdateSource(leaf) {
    if (leaf.source !== UPDATE) {
        throw new Malformed("MLS-7.3k", "the leaf of an Update is of another source");
    }
}
/** The leaf of a path was made for a commit (MLS-12.4.2d). */
export function checkCommitSource(leaf) {
    if (leaf.source !== COMMIT) {
        throw new Malformed("MLS-12.4.2d", "the leaf of a path is of another source");
    }
}
/** The leaf of an Update brings a new encryption key (MLS-7.3l). */
export function checkNewKey(leaf, old) {
    if (equal(leaf.encryptionKey, old.encryptionKey)) {
        throw new Malformed("MLS-7.3l", "an Update keeps the old encryption key");
    }
}
/** Each member supports the credential types of all (MLS-7.3d). */
export function checkCredentialTypes(tree) {
    const leaves = Array.from(tree.members(), ([, leaf]) => leaf);
    const inUse = [...new Set(leaves.map((leaf) => leaf.credential.type))];
    for (const leaf of leaves) {
        if (!inUse.every((type) => leaf.capabilities.credentials.includes(type))) {
            throw new Malformed("MLS-7.3d", "a member does not support the credential of another");
        }
    }
}
/** All members support new extensions of the group, and what these require (MLS-12.1.7). */
export function checkExtensionsForAll(leaves, extensions) {
    try {
        checkGroupExtensions(extensions);
        for (const leaf of leaves) {
            checkRequired(leaf, extensions);
            checkGroupExtensionsSupported(leaf, extensions);
        }
    }
    catch (refusal) {
        if (!(refusal instanceof Malformed))
            throw refusal;
        throw new Malformed("MLS-12.1.7", refusal.reason);
    }
}
/** What §7.3 asks of the members together. */
export function checkMembers(tree) {
    checkDistinctKeys(tree);
    checkCredentialTypes(tree);
}
/**
 * Checks a tree that we are given on joining (§12.4.3.1).
 *
 * Each leaf is proven and believed as soon as it is read: so a tree that strangers made up costs its
 * first leaf, however large it is.
 */
export class TreeChecker {
    #context;
    #judge;
    #longest;
    #keys = new DistinctKeys();
    constructor(context, judge, longestSeconds) {
        this.#context = context;
        this.#judge = judge;
        this.#longest = longestSeconds;
    }
    /** The leaf is no copy of another, signed by its own key, and believed. */
    async admit(index, leaf) {
        this.#keys.checkLeaf(leaf);
        checkSignatureKey(leaf.signatureKey);
        checkCertificate(leaf);
        await checkLeafSignature(leaf, this.#context.groupId, index);
        checkBelieved(this.#judge, "the ratchet tree of a group that we join", leaf);
    }
    /** The integrity of the tree whose leaves were admitted. */
    check(tree) {
        checkTreeHash(tree, this.#context);
        checkUnmergedLeaves(tree);
        this.#keys.checkParents(tree);
        checkCredentialTypes(tree);
        checkParentHashes(tree);
        for (const [, leaf] of tree.members())
            checkLeafFits(leaf, this.#context, this.#longest);
    }
}
/** The tree is the one that the GroupContext means (MLS-12.4.3.1e). */
export function checkTreeHash(tree, context) {
    if (!equal(tree.treeHash(), context.treeHash)) {
        throw new Malformed("MLS-12.4.3.1e", "a ratchet tree that is not the group's");
    }
}
