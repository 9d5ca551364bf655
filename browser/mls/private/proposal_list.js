/** Pure: whether a list of proposals may be committed, and what it does (RFC 9420 §12.1-12.3). */
import { Forbidden, Malformed } from "../../errors.ts";
import { hex } from "../../wire/bytes.ts";
import { sameExtensions } from "../public/extensions.ts";
import { MEMBER, member, NEW_MEMBER_PROPOSAL, sameSender } from "../public/framing.ts";
import { groupContext, suiteOfContext } from "../public/group_info.ts";
import { checkCurrent } from "../public/leaf.ts";
import { encodePskId, isSpecial, } from "../public/proposals.ts";
import { added, removed, updated } from "./ratchet_tree.ts";
import { checkBelieved, checkExtensionsForAll, checkKeyPackage, checkLeaf, checkMembers, checkNewKey, checkSendersBelieved, checkUpdateSource, } from "./validation.ts";
/** The types that do not need a path (§12.4). */
const WITHOUT_PATH = ["add", "psk", "reinit"];
/** The types that an external sender may propose (§12.1.8). */
const EXTERNAL_TYPES = [
    "add",
    "remove",
    "psk",
    "reinit",
    "groupContextExtensions",
];
/** The types that may stand in an external commit. */
const JOINING_TYPES = ["externalInit", "remove", "psk"];
/** The proposals of one type, in order. */
export function ofType(items, type) {
    return items
        .map((item) => item.proposal)
        .filter((proposal) => proposal.type === type);
}
/**
 * The extensions of the group once the list is applied: they already hold for its other proposals
 * (§12.3).
 */
export function extensionsAfter(context, items) {
    return ofType(items, "groupContextExtensions")[0]?.extensions ?? context.extensions;
}
function addOccasion(sender, scene) {
    if (sender.type === NEW_MEMBER_PROPOSAL)
        return "an Add that the newcomer itself proposes";
    return scene.sending ? "a key package that we are about to add" : "an Add proposal";
}
/** The key package is valid (§12.1.1), current if we add it, and believed. */
export async function checkAdd(add, sender, scene) {
    const { keyPackage } = add;
    const { policy, judge } = scene.means;
    await checkKeyPackage(keyPackage, scene.context, policy.longestLifetimeSeconds);
    if (scene.sending)
        checkCurrent(keyPackage.leaf, scene.now);
    checkBelieved(judge, addOccasion(sender, scene), keyPackage.leaf);
}
/** The leaf is valid for an Update by this sender (§12.1.2), and believed as successor. */
export async function checkUpdate(update, sender, scene) {
    const old = sender.type === MEMBER ? scene.tree.leaf(sender.index) : null;
    if (old === null) {
        throw new Malformed("MLS-12.1.2", "an Update by somebody who is not a member");
    }
    checkUpdateSource(update.leaf);
    checkNewKey(update.leaf, old);
    const longest = scene.means.policy.longestLifetimeSeconds;
    await checkLeaf(update.leaf, scene.context, sender.index, longest);
    checkBelieved(scene.means.judge, "an Update proposal", update.leaf, old.credential);
}
/** There is a member to remove (MLS-12.1.3). */
export function checkRemove(remove, scene) {
    if (scene.tree.leaf(remove.removed) === null) {
        throw new Malformed("MLS-12.1.3", "a Remove of a leaf that is blank");
    }
}
/** Reinit and branch keys have their own place (MLS-12.1.4a); the nonce fits (MLS-12.1.4b). */
export function checkPsk(psk, scene) {
    if (isSpecial(psk) && !scene.resuming) {
        throw new Malformed("MLS-12.1.4a", "a PSK for reinit or branch in another context");
    }
    if (psk.nonce.length !== suiteOfContext(scene.context).nh) {
        throw new Malformed("MLS-12.1.4b", "a PSK nonce has the wrong length");
    }
}
/** A group does not go back to an older version (MLS-12.1.5). */
export function checkReinit(reinit, scene) {
    if (reinit.version < scene.context.version) {
        throw new Malformed("MLS-12.1.5", "a ReInit to an older version");
    }
}
/** The proposal is valid by itself (§12.1). What needs the list or the result comes later. */
export async function checkIndividual(item, scene) {
    const { proposal, sender } = item;
    switch (proposal.type) {
        case "add":
            return checkAdd(proposal, sender, scene);
        case "update":
            return checkUpdate(proposal, sender, scene);
        case "remove":
            return checkRemove(proposal, scene);
        case "psk":
            return checkPsk(proposal.psk, scene);
        case "reinit":
            return checkReinit(proposal, scene);
        case "groupContextExtensions":
            return checkSendersBelieved(scene.means.judge, proposal.extensions);
        case "externalInit":
            return;
    }
}
/** The committer's own Update is not in it: that is what a path is for (MLS-12.2b). */
export function checkNoOwnUpdate(items, committer) {
    const own = member(committer);
    if (items.some((item) => item.proposal.type === "update" && sameSender(item.sender, own))) {
        throw new Malformed("MLS-12.2b", "a commit of the committer's own Update");
    }
}
/** Nobody commits their own removal (MLS-12.2c). */
export function checkNoOwnRemoval(items, committer) {
    if (ofType(items, "remove").some((remove) => remove.removed === committer)) {
        throw new Malformed("MLS-12.2c", "a commit that removes its committer");
    }
}
/** The leaf that an Update or Remove is about. */
export function touchedLeaf(item) {
    if (item.proposal.type === "update")
        return item.sender.index;
    return item.proposal.type === "remove" ? item.proposal.removed : null;
}
function differ(values) {
    return new Set(values).size === values.length;
}
/** At most one Update or Remove for a leaf (MLS-12.2d). */
export function checkOneChangePerLeaf(items) {
    if (!differ(items.map(touchedLeaf).filter((leaf) => leaf !== null))) {
        throw new Malformed("MLS-12.2d", "two proposals change the same leaf");
    }
}
function signatureKeysOf(adds) {
    return adds.map((add) => hex(add.keyPackage.leaf.signatureKey));
}
/** No client is added twice; a client is its signature key (MLS-12.2e). */
export function checkAddsDiffer(items) {
    if (!differ(signatureKeysOf(ofType(items, "add")))) {
        throw new Malformed("MLS-12.2e", "two Adds of one client");
    }
}
/** No client is added that is in the group and stays (MLS-12.2f). */
export function checkAddsAreNew(items, tree) {
    const adds = new Set(signatureKeysOf(ofType(items, "add")));
    if (!adds.size)
        return;
    const leaving = new Set(ofType(items, "remove").map((remove) => remove.removed));
    for (const [index, leaf] of tree.members()) {
        if (adds.has(hex(leaf.signatureKey)) && !leaving.has(index)) {
            throw new Malformed("MLS-12.2f", "an Add of a client that is in the group");
        }
    }
}
/** No PreSharedKeyID stands twice (MLS-12.2g). */
export function checkPsksDiffer(items) {
    if (!differ(ofType(items, "psk").map(({ psk }) => hex(encodePskId(psk))))) {
        throw new Malformed("MLS-12.2g", "two proposals of one pre-shared key");
    }
}
/** At most one GroupContextExtensions (MLS-12.2h). */
export function checkOneExtensions(items) {
    if (ofType(items, "groupContextExtensions").length > 1) {
        throw new Malformed("MLS-12.2h", "two proposals of group extensions");
    }
}
/** A ReInit stands alone (MLS-12.2i). */
export function checkReinitAlone(items) {
    if (items.length > 1 && ofType(items, "reinit").length) {
        throw new Malformed("MLS-12.2i", "a ReInit together with another proposal");
    }
}
/** A member's commit has no ExternalInit (MLS-12.2j). */
export function checkNoExternalInit(items) {
    if (ofType(items, "externalInit").length) {
        throw new Malformed("MLS-12.2j", "an ExternalInit in a member's commit");
    }
}
/**
 * The list may be committed by the member at leaf `committer` (§12.2, first part).
 *
 * `scene.context` is the old one; the new extensions are used for all checks.
 */
export async function checkRegularList(items, committer, scene) {
    checkNoExternalInit(items);
    checkOneExtensions(items);
    checkReinitAlone(items);
    checkNoOwnUpdate(items, committer);
    checkNoOwnRemoval(items, committer);
    checkOneChangePerLeaf(items);
    checkAddsDiffer(items);
    checkAddsAreNew(items, scene.tree);
    checkPsksDiffer(items);
    const after = afterExtensions(items, scene);
    for (const item of items)
        await checkIndividual(item, after);
}
/** The scene with the extensions that the list brings. */
export function afterExtensions(items, scene) {
    const extensions = extensionsAfter(scene.context, items);
    return { ...scene, context: groupContext({ ...scene.context, extensions }) };
}
/** An external commit has exactly one ExternalInit (MLS-12.2k). */
export function checkOneExternalInit(items) {
    if (ofType(items, "externalInit").length !== 1) {
        throw new Malformed("MLS-12.2k", "an external commit needs exactly one ExternalInit");
    }
}
/** An external commit removes at most the joiner's older self (MLS-12.2l). */
export function checkOneRemoval(items) {
    if (ofType(items, "remove").length > 1) {
        throw new Malformed("MLS-12.2l", "an external commit removes more than one member");
    }
}
/** An external commit holds nothing else but PSKs (MLS-12.2m). */
export function checkExternalKinds(items) {
    if (items.some(({ proposal }) => !JOINING_TYPES.includes(proposal.type))) {
        throw new Malformed("MLS-12.2m", "a proposal that has no place in an external commit");
    }
}
/** An external commit refers to no proposal of the group (MLS-12.4.3.2b). */
export function checkByValue(items) {
    if (items.some((item) => item.reference !== null)) {
        throw new Malformed("MLS-12.4.3.2b", "an external commit with a proposal by reference");
    }
}
/** The list may stand in an external commit (§12.2, second part). */
export async function checkExternalList(items, scene) {
    checkByValue(items);
    checkExternalKinds(items);
    checkOneExternalInit(items);
    checkOneRemoval(items);
    checkPsksDiffer(items);
    for (const item of items)
        await checkIndividual(item, scene);
}
/** A newcomer proposes itself only where our policy authorises it (MLS-12.1.8b). */
export function checkApplicants(sender, allowed) {
    if (sender.type === NEW_MEMBER_PROPOSAL && !allowed) {
        throw new Forbidden("MLS-12.1.8b", "newcomers may not propose themselves here");
    }
}
/** From outside only some types may be proposed (MLS-12.1.8a). */
export function checkExternalSenderType(proposal) {
    if (!EXTERNAL_TYPES.includes(proposal.type)) {
        throw new Forbidden("MLS-12.1.8a", "a proposal that an external sender may not make");
    }
}
export function newcomersOf(applied) {
    return applied.added.map(({ index }) => index);
}
/** The list applied in the order of §12.3. */
export function apply(context, before, items) {
    let tree = before;
    const updates = [];
    for (const { proposal, sender } of items) {
        if (proposal.type !== "update")
            continue;
        tree = updated(tree, sender.index, proposal.leaf);
        updates.push(sender.index);
    }
    const removals = ofType(items, "remove").map((remove) => remove.removed);
    for (const leaf of removals)
        tree = removed(tree, leaf);
    tree = tree.truncated();
    const newcomers = [];
    for (const { keyPackage } of ofType(items, "add")) {
        const placed = added(tree, keyPackage.leaf);
        tree = placed.tree;
        newcomers.push({ index: placed.index, keyPackage });
    }
    return {
        tree,
        extensions: extensionsAfter(context, items),
        added: newcomers,
        removed: removals,
        updated: updates,
        psks: ofType(items, "psk").map(({ psk }) => psk),
        kemOutput: ofType(items, "externalInit")[0]?.kemOutput ?? null,
        reinit: ofType(items, "reinit")[0] ?? null,
    };
}
/** The group after the commit is valid: its members, and new extensions for all of them. */
export function checkResult(tree, extensions, old) {
    checkMembers(tree);
    if (!sameExtensions(extensions, old.extensions)) {
        checkExtensionsForAll(Array.from(tree.members(), ([, leaf]) => leaf), extensions);
    }
}
/** Whether a commit of this list has to have a path (§12.4). */
export function needsPath(items) {
    return !items.length || items.some(({ proposal }) => !WITHOUT_PATH.includes(proposal.type));
}
