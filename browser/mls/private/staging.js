/** Pure: a commit of our own: the proposals that it takes, and its Welcome (RFC 9420 §12.4.1). */
import { Refused } from "../../errors.ts";
import { hex, unhex } from "../../wire/bytes.ts";
import { encodeMessage, member } from "../public/framing.ts";
import { encodePskId } from "../public/proposals.ts";
import { commonAncestor } from "../public/tree_math.ts";
import { groupInfo } from "./info.ts";
import { afterExtensions, checkIndividual, ofType, touchedLeaf, } from "./proposal_list.ts";
import { secretAt } from "./treekem.ts";
import { sealWelcome } from "./welcome.ts";
async function stillValid(item, scene) {
    try {
        await checkIndividual(item, scene);
        return true;
    }
    catch (error) {
        if (error instanceof Refused)
            return false;
        throw error;
    }
}
function addOf(signatureKey) {
    return `add ${hex(signatureKey)}`;
}
/** Proposals of which a list takes one only have the same value here; null: it takes any number. */
function sameThing(proposal) {
    switch (proposal.type) {
        case "add":
            return addOf(proposal.keyPackage.leaf.signatureKey);
        case "psk":
            return `psk ${hex(encodePskId(proposal.psk))}`;
        case "groupContextExtensions":
            return "extensions";
        default:
            return null;
    }
}
/** Those of `pending` that are still valid, and not about our own leaf: others commit those. */
async function eligible(pending, ownLeaf, scene) {
    const found = [];
    for (const item of pending) {
        if (touchedLeaf(item) !== ownLeaf && (await stillValid(item, scene)))
            found.push(item);
    }
    return found;
}
/** Updates last, else the latest first, so that the first to take a leaf is the right one. */
function ranked(pending) {
    const latestFirst = pending.toReversed();
    const isUpdate = (item) => item.proposal.type === "update";
    return [...latestFirst.filter((item) => !isUpdate(item)), ...latestFirst.filter(isUpdate)];
}
/** Of `pending`, in their order, those that neither `ours` nor a better one excludes. */
function compatible(ours, pending, scene) {
    const leaves = new Set(ours.map(touchedLeaf));
    leaves.delete(null);
    const things = new Set(ours.map((item) => sameThing(item.proposal)));
    for (const thing of stayingMembers([...ours, ...pending], scene))
        things.add(thing);
    things.delete(null);
    const chosen = new Set();
    for (const item of ranked(pending)) {
        const leaf = touchedLeaf(item);
        const thing = sameThing(item.proposal);
        if (leaves.has(leaf) || things.has(thing))
            continue;
        if (thing !== null)
            things.add(thing);
        if (leaf !== null)
            leaves.add(leaf);
        chosen.add(item);
    }
    return pending.filter((item) => chosen.has(item));
}
/**
 * Our own proposals by value, and all pending ones that go with them by reference (§12.4).
 *
 * Of two that exclude each other ours wins; then a Remove wins over an Update, and the later of two
 * alike over the earlier; a pending ReInit waits until it is alone.
 */
export async function choose(state, own, scene) {
    const { ownLeaf } = state.epoch.group;
    const sender = member(ownLeaf);
    const ours = own.map((proposal) => ({ proposal, sender, reference: null }));
    if (own.some((proposal) => proposal.type === "reinit"))
        return ours;
    const pending = Array.from(state.pending, ([reference, kept]) => {
        return { proposal: kept.proposal, sender: kept.sender, reference: unhex(reference) };
    });
    const after = afterExtensions([...ours, ...pending.toReversed()], scene);
    const valid = await eligible(pending, ownLeaf, after);
    return withoutReinit([...compatible(ours, valid, after), ...ours]);
}
/** The Adds that would add somebody who is here and stays. */
function stayingMembers(items, scene) {
    const leaving = new Set(ofType(items, "remove").map((remove) => remove.removed));
    return Array.from(scene.tree.members())
        .filter(([index]) => !leaving.has(index))
        .map(([, leaf]) => addOf(leaf.signatureKey));
}
/** A ReInit waits while there is anything else; of two the later counts. */
function withoutReinit(items) {
    const others = items.filter((item) => item.proposal.type !== "reinit");
    return others.length ? others : items.slice(-1);
}
/** One Welcome for all whom the commit adds, as an MLSMessage; null when it adds nobody. */
export async function welcomeFor(made, entropy) {
    const { applied, next, concluded, path } = made;
    if (!applied.added.length)
        return null;
    const { ownLeaf, tree } = next.group;
    const newcomers = applied.added.map(({ index, keyPackage }) => {
        const pathSecret = path === null ? null : secretAt(path, commonAncestor(ownLeaf, index));
        const secrets = { joinerSecret: concluded.joiner, pathSecret, psks: applied.psks };
        return { keyPackage, secrets };
    });
    const info = await groupInfo(next, false);
    const { member: secret } = concluded;
    return encodeMessage(await sealWelcome(tree.suite, info, secret, newcomers, entropy));
}
