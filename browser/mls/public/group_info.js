/** Pure: GroupContext, GroupInfo and Welcome, as they travel (RFC 9420 §8.1, §12.4.3). */
import { Malformed, TooMuch } from "../../errors.ts";
import { concat } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { encodeCiphertext, readCiphertext } from "./commit.ts";
import { encodeExtensions, readExtensions } from "./extensions.ts";
import { MLS10, suiteOf, verifyWithLabel } from "./suite.ts";
const LAST_EPOCH = 2n ** 64n - 1n;
export function groupContext(fields) {
    const raw = concat(tls.u16(fields.version), tls.u16(fields.suiteId), tls.opaque(fields.groupId), tls.u64(fields.epoch), tls.opaque(fields.treeHash), tls.opaque(fields.confirmedTranscriptHash), encodeExtensions(fields.extensions));
    return { ...fields, raw };
}
export function suiteOfContext(context) {
    return suiteOf(context.suiteId);
}
/**
 * The provisional context: the next epoch, still with this one's transcript (§12.4.1).
 *
 * Throws `TooMuch` (MLS-8.1) after the last epoch that has a number.
 */
export function nextContext(context, treeHash, extensions) {
    if (context.epoch >= LAST_EPOCH) {
        throw new TooMuch("MLS-8.1", "a group has come to its last epoch");
    }
    return groupContext({ ...context, epoch: context.epoch + 1n, treeHash, extensions });
}
/** This context once its commit is in the transcript. */
export function confirmed(context, confirmedTranscriptHash) {
    return groupContext({ ...context, confirmedTranscriptHash });
}
export function readGroupContext(reader) {
    const start = reader.at;
    const fields = {
        version: reader.u16(),
        suiteId: reader.u16(),
        groupId: reader.opaque(),
        epoch: reader.u64(),
        treeHash: reader.opaque(),
        confirmedTranscriptHash: reader.opaque(),
        extensions: readExtensions(reader),
    };
    return { ...fields, raw: reader.since(start) };
}
/** The encoded `GroupInfoTBS`. */
export function groupInfoTbs(info) {
    return concat(info.context.raw, encodeExtensions(info.extensions), tls.opaque(info.confirmationTag), tls.u32(info.signer));
}
export function encodeGroupInfo(info) {
    return concat(groupInfoTbs(info), tls.opaque(info.signature));
}
/** Whether `key` signed this. Throws `Malformed` (MLS-5.1) for a suite that is not spoken here. */
export function infoVerifies(info, key) {
    suiteOfContext(info.context);
    return verifyWithLabel(key, "GroupInfoTBS", groupInfoTbs(info), info.signature);
}
export function readGroupInfo(reader) {
    return {
        kind: "groupInfo",
        context: readGroupContext(reader),
        extensions: readExtensions(reader),
        confirmationTag: reader.opaque(),
        signer: reader.u32(),
        signature: reader.opaque(),
    };
}
function encodeEncryptedSecrets(entry) {
    return concat(tls.opaque(entry.newMember), encodeCiphertext(entry.sealed));
}
function readEncryptedSecrets(reader) {
    return { newMember: reader.opaque(), sealed: readCiphertext(reader) };
}
export function encodeWelcome(welcome) {
    const secrets = tls.vectorOf(welcome.secrets, encodeEncryptedSecrets);
    return concat(tls.u16(welcome.suiteId), secrets, tls.opaque(welcome.encryptedGroupInfo));
}
export function readWelcome(reader) {
    return {
        kind: "welcome",
        suiteId: reader.u16(),
        secrets: reader.vector(readEncryptedSecrets, 3),
        encryptedGroupInfo: reader.opaque(),
    };
}
/** The group speaks MLS 1.0. */
export function checkVersion(context) {
    if (context.version !== MLS10) {
        throw new Malformed("MLS-6", "a group of another version of MLS");
    }
}
