/** Pure: joining a group, by a Welcome or by a commit of one's own (RFC 9420 §11.2, §12.4.3). */
import { Conflict, Forbidden, Malformed, Missing, Unproven } from "../../errors.ts";
import { EMPTY, equal, hex } from "../../wire/bytes.ts";
import { find, RATCHET_TREE, sameExtensions } from "../public/extensions.ts";
import { parseMessage } from "../public/framing.ts";
import { checkVersion, infoVerifies, suiteOfContext, } from "../public/group_info.ts";
import { isSpecial, USAGE_BRANCH } from "../public/proposals.ts";
import { suiteOf } from "../public/suite.ts";
import { admitTree } from "../public/tree.ts";
import { commonAncestor } from "../public/tree_math.ts";
import { beginEpoch } from "./epoch.ts";
import { memberAt } from "./events.ts";
import { checkConfirmationTag, memberSecret, secretsOf } from "./key_schedule.ts";
import { lookUp, pskSecret } from "./psk.ts";
import { begin } from "./session.ts";
import { newState } from "./state.ts";
import { checkSecretLength, pairsOf, pathSecrets } from "./treekem.ts";
import { checkSendersBelieved, checkWeSupport, TreeChecker } from "./validation.ts";
import { findEntry, openGroupInfo, openGroupSecrets } from "./welcome.ts";
/** We are in no group with this id (MLS-12.4.3a). */
export function checkGroupIsNew(context, known) {
    if (known.some((id) => equal(id, context.groupId))) {
        throw new Conflict("MLS-12.4.3a", "this device is in a group with that id already");
    }
}
/** The group has the suite of the key package, or of the client that joins (MLS-12.4.3.1i). */
export function checkInfoSuite(info, suite) {
    if (info.context.suiteId !== suite.id) {
        throw new Malformed("MLS-12.4.3.1i", "a group of another suite than the key package");
    }
}
/** The group's encoded tree, from the GroupInfo or from elsewhere (MLS-12.4.3.1j). */
export function treeData(info, given) {
    const data = find(info.extensions, RATCHET_TREE) ?? given;
    if (data === null) {
        throw new Missing("MLS-12.4.3.1j", "the ratchet tree of the group is not here");
    }
    return data;
}
/** A member signed the GroupInfo (MLS-12.4.3.1k: a member, MLS-12.4.3b: signed). */
export async function checkSigner(info, tree) {
    const leaf = tree.leaf(info.signer);
    if (leaf === null) {
        throw new Malformed("MLS-12.4.3.1k", "a group info signed by a leaf that is blank");
    }
    if (!(await infoVerifies(info, leaf.signatureKey))) {
        throw new Unproven("MLS-12.4.3b", "the signature of a group info is wrong");
    }
}
/**
 * The tree of a group info: both are sound, and their members believed.
 *
 * `given` is the encoded tree where it came another way.
 */
export async function provenTree(info, given, means) {
    const { context } = info;
    const { judge, policy } = means;
    const checker = new TreeChecker(context, judge, policy.longestLifetimeSeconds);
    const data = treeData(info, given);
    const tree = await admitTree(suiteOfContext(context), data, (index, leaf) => checker.admit(index, leaf));
    await checkSigner(info, tree);
    checkSendersBelieved(judge, context.extensions);
    checker.check(tree);
    return tree;
}
/** Where the leaf of our key package stands (MLS-12.4.3.1l), which is not the signer's. */
export function ownPlace(tree, leaf, signer) {
    for (const [index, other] of tree.members()) {
        if (index !== signer && equal(other.raw, leaf.raw))
            return index;
    }
    throw new Malformed("MLS-12.4.3.1l", "our leaf is not in the tree of the group");
}
/** The keys from where the signer's path meets ours up to the root. */
async function openOwnPath(tree, ownLeaf, signer, secret) {
    if (secret === null)
        return new Map();
    checkSecretLength(tree.suite, secret);
    const nodes = tree.filteredDirectPath(signer).map(([node]) => node);
    // Our own leaf is below the copath there, so the filtered path has not left the meeting out.
    const meeting = nodes.indexOf(commonAncestor(ownLeaf, signer));
    const secrets = await pathSecrets(tree.suite, secret, nodes.slice(meeting));
    checkPathKeys(tree, secrets);
    return pairsOf(secrets);
}
/** The path secret of a Welcome gives the very keys of the tree (MLS-12.4.3.1m). */
export function checkPathKeys(tree, secrets) {
    for (const { node, pair } of secrets.steps) {
        const value = tree.node(node);
        if (value === null || !equal(value.encryptionKey, pair.public)) {
            throw new Malformed("MLS-12.4.3.1m", "a path secret that is not of the tree's keys");
        }
    }
}
/**
 * A PSK for reinit shows the group that a ReInit announced (§11.2); branches are not taken up.
 *
 * Clauses: MLS-11.3a (branch), MLS-12.4.3.1n (epoch 1), MLS-11.2a (of a closed group of ours),
 * MLS-11.2b (what the ReInit said), MLS-11.2c (all members), MLS-11.2e (shown at all).
 */
export function checkResumption(context, tree, psks, former) {
    const special = psks.find(isSpecial);
    if (special === undefined) {
        if (former === null)
            return;
        throw new Malformed("MLS-11.2e", "a new group in place of ours that does not show it");
    }
    if (special.usage === USAGE_BRANCH) {
        throw new Forbidden("MLS-11.3a", "a branch of a group: this client does not take part");
    }
    if (context.epoch !== 1n) {
        throw new Malformed("MLS-12.4.3.1n", "a new group that is not in its epoch 1");
    }
    const reinit = former?.group.reinit ?? null;
    const isOurs = former && equal(special.groupId, former.groupId) && special.epoch === former.epoch;
    if (!isOurs || reinit === null) {
        throw new Malformed("MLS-11.2a", "a new group in place of one that is not closed");
    }
    checkAnnounced(context, reinit);
    checkSameMembers(former.group.tree, tree);
}
/** The group is the one that the ReInit announced (MLS-11.2b). */
function checkAnnounced(context, reinit) {
    const isAnnounced = equal(reinit.groupId, context.groupId) &&
        reinit.version === context.version &&
        reinit.suiteId === context.suiteId &&
        sameExtensions(reinit.extensions, context.extensions);
    if (!isAnnounced) {
        throw new Malformed("MLS-11.2b", "a new group that is not what the ReInit said");
    }
}
/** All of the old credentials are among the new ones, as often (MLS-11.2c). */
export function checkAllAreThere(old, there) {
    const left = new Map();
    for (const credential of there) {
        const name = hex(credential);
        left.set(name, (left.get(name) ?? 0) + 1);
    }
    for (const credential of old) {
        const name = hex(credential);
        const times = left.get(name) ?? 0;
        if (!times)
            throw new Malformed("MLS-11.2c", "a new group without a member of the old one");
        left.set(name, times - 1);
    }
}
/** All members of the old group are in the new one, by their credentials. */
function checkSameMembers(old, next) {
    const credentials = (tree) => Array.from(tree.members(), ([, leaf]) => leaf.credential.raw);
    checkAllAreThere(credentials(old), credentials(next));
}
/** The secrets, the GroupInfo and the member secret of a Welcome (its first steps). */
async function opened(welcome, own, means, former) {
    const entry = findEntry(welcome, own.keyPackage);
    const suite = suiteOf(own.keyPackage.suiteId);
    const secrets = await openGroupSecrets(suite, welcome, entry, own.init);
    const psks = lookUp((id) => (former ? former.findPsk(id) : means.psks(id)), secrets.psks);
    const member = memberSecret(secrets.joinerSecret, pskSecret(suite, psks));
    return { secrets, info: await openGroupInfo(suite, welcome, member), member };
}
/** The Welcome that `data` is. */
export function welcomeOf(data) {
    const body = parseMessage(data);
    if (body.kind !== "welcome")
        throw new Malformed("MLS-12.4.3.1o", "not a Welcome");
    return body;
}
/**
 * Join by the Welcome in `data`, for our key package `own` (§12.4.3.1).
 *
 * The key package's private halves are to be deleted with the first write of the new session, unless
 * it is one of last resort.
 */
export async function join(data, own, me, means, options = {}) {
    const { tree: given = null, known = [], former = null } = options;
    const { suite, signature } = me;
    const { secrets, info, member } = await opened(welcomeOf(data), own, means, former);
    const { context, confirmationTag, signer } = info;
    checkVersion(context);
    checkInfoSuite(info, suite);
    checkGroupIsNew(context, known);
    const tree = await provenTree(info, given, means);
    checkWeSupport(own.keyPackage.leaf.capabilities, context.extensions);
    const ownLeaf = ownPlace(tree, own.keyPackage.leaf, signer);
    const keys = new Map([[2 * ownLeaf, own.encryption]]);
    const above = await openOwnPath(tree, ownLeaf, signer, secrets.pathSecret);
    for (const [node, pair] of above)
        keys.set(node, pair);
    const epochSecrets = secretsOf(suite, member, context);
    checkConfirmationTag(epochSecrets, context.confirmedTranscriptHash, confirmationTag);
    checkResumption(context, tree, secrets.psks, former);
    const done = { joiner: EMPTY, member: EMPTY, tag: confirmationTag };
    const concluded = { context, secrets: epochSecrets, ...done };
    const epoch = beginEpoch(concluded, { tree, ownLeaf, keys, signature, reinit: null });
    const by = memberAt(tree, signer);
    const { groupId, epoch: number } = context;
    return begin(newState(epoch), means, { kind: "Joined", groupId, epoch: number, by });
}
