/**
 * Pure: the records of a group, as `node/e2ee/mls/private/state.py` writes them, byte for byte.
 *
 * A record is a name and its bytes, small where it changes often: `group` and `secrets` change with
 * an epoch, `m/<epoch>/…` (the secret tree) with a message, `proposal/…` with a proposal. The vault
 * that stores them seals them.
 */
import { Broken, KithError, Refused } from "../../errors.ts";
import { concat, equal, text, unhex, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { readCredential } from "../public/credentials.ts";
import { encodeSender, readSender } from "../public/framing.ts";
import { readGroupContext, suiteOfContext } from "../public/group_info.ts";
import { encodeProposal, readProposal } from "../public/proposals.ts";
import { parseTree } from "../public/tree.ts";
import { signatureKey } from "./crypto.ts";
import { keyPair } from "./hpke.ts";
import { eachSecret, SECRET_NAMES } from "./key_schedule.ts";
import { SecretTree } from "./secret_tree.ts";
export const MAGIC = concat(utf8("KITH-MLS"), tls.u16(1)); // and the version of this form
/** A record of ours; one that does not read is a fault of the storage, not of a peer. */
export function load(data, item) {
    if (!equal(data.subarray(0, MAGIC.length), MAGIC)) {
        throw new Broken("a record of a group is of another version, or not one");
    }
    try {
        // What we wrote ourselves has fewer elements than bytes, and none too many.
        return tls.parse(data.slice(MAGIC.length), item, data.length);
    }
    catch (error) {
        if (error instanceof Refused || error instanceof TypeError || error instanceof RangeError) {
            throw new Broken("a record of a group is damaged");
        }
        throw error;
    }
}
/** The record of this name. Throws `Broken` when it is not there. */
function recordOf(records, name) {
    const record = records.get(name);
    if (record === undefined)
        throw new Broken("the records of a group are not complete");
    return record;
}
/** All records of a group. */
export function recordsOf(state) {
    const records = epochRecords(state.epoch);
    for (const past of state.past) {
        records.set(`past/${past.context.epoch}`, past.record);
        putMessages(records, past.context.epoch, past.messages);
    }
    for (const [epoch, psk] of state.resumption)
        records.set(`psk/${epoch}`, psk);
    for (const [epoch, hash] of state.ended)
        records.set(`ended/${epoch}`, hash);
    for (const [reference, pending] of state.pending) {
        records.set(`proposal/${reference}`, encodePending(pending));
    }
    if (state.staged !== null)
        records.set("staged", encodeStaged(state.staged));
    return records;
}
function putMessages(records, epoch, tree) {
    for (const [name, value] of tree.dump())
        records.set(`m/${epoch}/${name}`, value);
}
/** The records of one epoch. */
export function epochRecords(epoch) {
    const records = new Map([
        ["group", concat(MAGIC, encodeGroup(epoch.group))],
        ["secrets", concat(MAGIC, encodeSecrets(epoch))],
    ]);
    putMessages(records, epoch.group.context.epoch, epoch.messages);
    return records;
}
function encodeGroup(group) {
    return concat(tls.opaque(group.context.raw), tls.opaque(group.tree.encode()), tls.u32(group.ownLeaf), tls.opaque(group.interimHash), tls.opaque(group.confirmationTag), tls.optional(group.reinit === null ? null : encodeProposal(group.reinit)));
}
function readGroup(reader) {
    const context = tls.parse(reader.opaque(), readGroupContext);
    const encoded = reader.opaque();
    const tree = parseTree(suiteOfContext(context), encoded, 2 * encoded.length);
    const ownLeaf = reader.u32();
    const interimHash = reader.opaque();
    const confirmationTag = reader.opaque();
    const proposal = reader.optional(readProposal);
    const reinit = proposal?.type === "reinit" ? proposal : null;
    return { context, tree, ownLeaf, interimHash, confirmationTag, reinit };
}
function encodeSecrets(epoch) {
    const values = SECRET_NAMES.map((name) => tls.opaque(epoch.secrets[name]));
    const keys = tls.vectorOf(epoch.keys, ([node, pair]) => concat(tls.u32(node), tls.opaque(pair.private)));
    return concat(...values, keys, tls.opaque(epoch.signature.private));
}
/** The current epoch of these records. */
async function loadEpoch(records) {
    const group = load(recordOf(records, "group"), readGroup);
    const { secrets, keys, signature } = load(recordOf(records, "secrets"), (reader) => ({
        secrets: eachSecret(() => reader.opaque()),
        keys: reader.vector((item) => [item.u32(), item.opaque()]),
        signature: reader.opaque(),
    }));
    const pairs = new Map();
    for (const [node, secret] of keys)
        pairs.set(node, await keyPair(secret));
    const messages = loadMessages(group.context, group.tree.leaves, records);
    return { group, secrets, keys: pairs, signature: await signatureKey(signature), messages };
}
function loadMessages(context, leaves, records) {
    const head = `m/${context.epoch}/`;
    const own = [...records]
        .filter(([name]) => name.startsWith(head))
        .map(([name, value]) => [name.slice(head.length), value]);
    return SecretTree.load(suiteOfContext(context), leaves, own);
}
/** A past epoch without its messages, which are records of their own. */
export function pastRecord(past) {
    return concat(MAGIC, tls.opaque(past.context.raw), tls.u64(BigInt(past.closedAt)), tls.u32(past.leaves), tls.opaque(past.senderData), tls.vectorOf(past.members.values(), (member) => concat(tls.u32(member.leaf), tls.opaque(member.signatureKey), member.credential.raw)));
}
function readMember(reader) {
    const leaf = reader.u32();
    const signature = reader.opaque();
    return { leaf, credential: readCredential(reader), signatureKey: signature };
}
function loadPast(epoch, records) {
    const record = recordOf(records, `past/${epoch}`);
    const past = load(record, (reader) => ({
        context: tls.parse(reader.opaque(), readGroupContext),
        closedAt: Number(reader.u64()),
        leaves: reader.u32(),
        senderData: reader.opaque(),
        members: new Map(reader.vector(readMember).map((member) => [member.leaf, member])),
    }));
    return { ...past, messages: loadMessages(past.context, past.leaves, records), record };
}
export function encodePending(pending) {
    return concat(MAGIC, tls.u32(pending.order), encodeSender(pending.sender), tls.opaque(encodeProposal(pending.proposal)), tls.optional(pending.keys === null ? null : tls.opaque(pending.keys.private)));
}
async function loadPending(data) {
    const { secret, ...pending } = load(data, (reader) => ({
        order: reader.u32(),
        sender: readSender(reader),
        proposal: tls.parse(reader.opaque(), readProposal),
        secret: reader.optional(tls.readOpaque),
    }));
    return { ...pending, keys: secret === null ? null : await keyPair(secret) };
}
/** Records inside a record, in their order. */
export function encodeRecords(records) {
    return tls.vectorOf(records, ([name, value]) => concat(tls.opaque(utf8(name)), tls.opaque(value)));
}
export function readRecords(reader) {
    return new Map(reader.vector((item) => [text(item.opaque()), item.opaque()]));
}
export function encodeStaged(staged) {
    const { added, removed, updated } = staged.changes;
    return concat(MAGIC, tls.opaque(staged.commit), tls.u64(staged.epoch), tls.optional(staged.withheld === null ? null : tls.opaque(staged.withheld)), ...[added, removed, updated].map(tls.u32s), encodeRecords(epochRecords(staged.next)));
}
async function loadStaged(data) {
    const { records, ...staged } = load(data, (reader) => ({
        commit: reader.opaque(),
        epoch: reader.u64(),
        withheld: reader.optional(tls.readOpaque),
        changes: { added: reader.u32s(), removed: reader.u32s(), updated: reader.u32s() },
        records: readRecords(reader),
    }));
    return { ...staged, next: await loadEpoch(records) };
}
/** The epoch of an external commit of ours, from the records inside its record. */
export function loadNext(records) {
    return complete(() => loadEpoch(records));
}
function numbers(records, kind) {
    const head = `${kind}/`;
    return [...records.keys()]
        .filter((name) => name.startsWith(head))
        .map((name) => BigInt(name.slice(head.length)))
        .sort((a, b) => (a < b ? -1 : 1));
}
function byNumber(records, kind) {
    return new Map(numbers(records, kind).map((number) => [number, recordOf(records, `${kind}/${number}`)]));
}
/** The state whose records these are. Throws `Broken` for a record that is damaged or lacks. */
export function loadState(records) {
    return complete(() => loadWhole(records));
}
async function complete(work) {
    try {
        return await work();
    }
    catch (error) {
        if (error instanceof KithError && !(error instanceof Refused))
            throw error;
        throw new Broken("the records of a group are not complete");
    }
}
async function loadWhole(records) {
    const epoch = await loadEpoch(records);
    const pending = [];
    for (const [name, value] of records) {
        if (!name.startsWith("proposal/"))
            continue;
        unhex(name.slice("proposal/".length));
        pending.push([name.slice("proposal/".length), await loadPending(value)]);
    }
    pending.sort(([, a], [, b]) => a.order - b.order);
    const staged = records.get("staged");
    return {
        epoch,
        past: numbers(records, "past").map((number) => loadPast(number, records)),
        resumption: byNumber(records, "psk"),
        pending: new Map(pending),
        ended: byNumber(records, "ended"),
        staged: staged === undefined ? null : await loadStaged(staged),
    };
}
export const NO_CHANGE = { writes: new Map(), deletes: [] };
/** What has to be written and deleted to come from `before` to `after`. */
export function between(before, after) {
    const writes = new Map();
    for (const [name, value] of after) {
        const old = before.get(name);
        if (old === undefined || !equal(old, value))
            writes.set(name, value);
    }
    return { writes, deletes: [...before.keys()].filter((name) => !after.has(name)) };
}
