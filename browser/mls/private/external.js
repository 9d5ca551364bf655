/** Pure: joining by one's own commit, and proposing from outside (RFC 9420 §12.1.8, §12.4.3.2). */
import { Malformed, Missing } from "../../errors.ts";
import { concat, EMPTY } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { makeCommitBody } from "../public/commit.ts";
import { externalPub } from "../public/extensions.ts";
import * as framing from "../public/framing.ts";
import { checkVersion, nextContext, } from "../public/group_info.ts";
import { COMMIT } from "../public/leaf.ts";
import { beginEpoch, conclude } from "./epoch.ts";
import { externalInitSender, freshKeyPair } from "./hpke.ts";
import { checkGroupIsNew, checkInfoSuite, provenTree } from "./joining.ts";
import { apply, checkExternalList, checkExternalSenderType, checkResult, } from "./proposal_list.ts";
import * as protect from "./protect.ts";
import { lookUp } from "./psk.ts";
import { placeFor } from "./ratchet_tree.ts";
import { encodeRecords, epochRecords, load, loadNext, MAGIC, readRecords } from "./records.ts";
import { begin } from "./session.ts";
import { newState } from "./state.ts";
import { interimHash } from "./transcript.ts";
import { makePath, pairsOf, sealPath } from "./treekem.ts";
import { checkLeaf, checkNewKey, checkWeSupport } from "./validation.ts";
const JOINER = { type: framing.NEW_MEMBER_COMMIT, index: 0 };
/** An external commit of ours: send `commit`; enter the group once it is accepted. */
export class Joining {
    commit;
    next;
    constructor(commit, next) {
        this.commit = commit;
        this.next = next;
    }
    /** The commit was accepted: the session begins. */
    accepted(means) {
        const { groupId, epoch } = this.next.group.context;
        return begin(newState(this.next), means, { kind: "Joined", groupId, epoch, by: null });
    }
    dump() {
        return concat(MAGIC, tls.opaque(this.commit), encodeRecords(epochRecords(this.next)));
    }
    /** Throws `Broken` when `data` is not what `dump` gave. */
    static async load(data) {
        const read = load(data, (reader) => [reader.opaque(), readRecords(reader)]);
        return new Joining(read[0], await loadNext(read[1]));
    }
}
/** The GroupInfo that `data` is. */
export function infoOf(data) {
    const body = framing.parseMessage(data);
    if (body.kind !== "groupInfo")
        throw new Malformed("MLS-12.4.3.2d", "not a group info");
    return body;
}
/** The key for external commits (MLS-12.4.3.2c). */
export function externalKey(info) {
    const key = externalPub(info.extensions);
    if (key === null) {
        throw new Missing("MLS-12.4.3.2c", "the group does not take external commits");
    }
    return key;
}
/** A commit by which we add ourselves to the group of the GroupInfo in `data`. */
export async function joinExternally(data, me, means, now, options = {}) {
    const { tree: given = null, known = [], replaces = null, psks = [] } = options;
    const info = infoOf(data);
    const { context } = info;
    checkVersion(context);
    checkInfoSuite(info, me.suite);
    if (replaces === null)
        checkGroupIsNew(context, known);
    const tree = await provenTree(info, given, means);
    checkWeSupport(me.capabilities, context.extensions);
    const init = await externalInitSender(me.suite, externalKey(info), means.entropy);
    const proposals = [{ type: "externalInit", kemOutput: init.kemOutput }];
    for (const psk of psks)
        proposals.push({ type: "psk", psk });
    if (replaces !== null)
        proposals.push({ type: "remove", removed: replaces });
    const items = proposals.map((proposal) => ({ proposal, sender: JOINER, reference: null }));
    const scene = { context, tree, means, now, sending: true, resuming: false };
    await checkExternalList(items, scene);
    const applied = apply(context, tree, items);
    const own = await ownPath(applied, context, me, means);
    const old = replaces === null ? null : tree.leaf(replaces);
    await checkOwnLeaf(own, old, context, means);
    const found = lookUp(options.find ?? means.psks, applied.psks);
    const { commitSecret } = own.made.secrets;
    const entry = { initSecret: init.initSecret, commitSecret, psks: found };
    return commit(info, applied, own, entry, { me, means, proposals });
}
async function ownPath(applied, context, me, means) {
    const { tree, index: ownLeaf } = placeFor(applied.tree);
    const pair = await freshKeyPair(me.suite, means.entropy);
    const place = { source: COMMIT, groupId: context.groupId, leafIndex: ownLeaf };
    const leafFor = (parentHash) => me.leaf(pair.public, parentHash, place);
    return { made: await makePath(tree, ownLeaf, means.entropy, leafFor), pair, ownLeaf };
}
/** What members will check of our leaf, before we send it. */
async function checkOwnLeaf(own, old, context, means) {
    if (old !== null)
        checkNewKey(own.made.leaf, old);
    await checkLeaf(own.made.leaf, context, own.ownLeaf, means.policy.longestLifetimeSeconds);
}
async function commit(info, applied, own, entry, { me, means, proposals }) {
    const { context } = info;
    const { made, pair, ownLeaf } = own;
    const tree = made.tree;
    checkResult(tree, applied.extensions, context);
    const provisional = nextContext(context, tree.treeHash(), applied.extensions);
    const path = await sealPath(made, provisional.raw, [], means.entropy);
    const { groupId, epoch } = context;
    const body = makeCommitBody(proposals, path);
    const content = { groupId, epoch, sender: JOINER, authenticatedData: EMPTY, content: body };
    const wireFormat = framing.PUBLIC_MESSAGE;
    const signature = await protect.sign(me.signature, wireFormat, content, context.raw);
    const interim = interimHash(context.confirmedTranscriptHash, info.confirmationTag);
    const concluded = conclude(interim, provisional, entry, { wireFormat, content, signature });
    const auth = { signature, confirmationTag: concluded.tag };
    const message = { kind: "publicMessage", content, auth, membershipTag: null };
    const keys = pairsOf(made.secrets).set(2 * ownLeaf, pair);
    const holding = { tree, ownLeaf, keys, signature: me.signature, reinit: null };
    return new Joining(framing.encodeMessage(message), beginEpoch(concluded, holding));
}
/** Ask to be added, from outside, to a group in this epoch (new_member_proposal). */
export function proposeSelf(own, me, groupId, epoch) {
    const sender = { type: framing.NEW_MEMBER_PROPOSAL, index: 0 };
    const proposal = { type: "add", keyPackage: own.keyPackage };
    return outside({ groupId, epoch, sender }, proposal, me.signature);
}
/** Propose as the external sender at `index` of the group's list (MLS-12.1.8a). */
export async function proposeFromOutside(proposal, index, signature, context) {
    checkExternalSenderType(proposal);
    const { groupId, epoch } = context;
    return outside({ groupId, epoch, sender: { type: framing.EXTERNAL, index } }, proposal, signature);
}
async function outside(whereto, proposal, key) {
    const words = { kind: "proposal", proposal };
    const content = { ...whereto, authenticatedData: EMPTY, content: words };
    const signature = await protect.sign(key, framing.PUBLIC_MESSAGE, content, EMPTY);
    const auth = { signature, confirmationTag: null };
    return framing.encodeMessage({ kind: "publicMessage", content, auth, membershipTag: null });
}
