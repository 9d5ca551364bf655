/** Pure: extensions, and those that have a form of their own (RFC 9420 §11.1, §12.1.8.1, §13.4). */
import { Malformed } from "../../errors.ts";
import { concat, equal } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { readCredential } from "./credentials.ts";
export const APPLICATION_ID = 1;
export const RATCHET_TREE = 2;
export const REQUIRED_CAPABILITIES = 3;
export const EXTERNAL_PUB = 4;
export const EXTERNAL_SENDERS = 5;
export const DEFAULT_EXTENSIONS = new Set([1, 2, 3, 4, 5]);
export const DEFAULT_PROPOSALS = new Set([1, 2, 3, 4, 5, 6, 7]);
/** The values that peers have to ignore, rising. */
export const GREASE = Array.from({ length: 15 }, (_, n) => 0x0a0a + 0x1010 * n);
function encodeExtension(extension) {
    return concat(tls.u16(extension.type), tls.opaque(extension.data));
}
function readExtension(reader) {
    return { type: reader.u16(), data: reader.opaque() };
}
/** A list of extensions, no type twice (MLS-13.4a). */
export function readExtensions(reader) {
    const extensions = reader.vector(readExtension, 4);
    if (new Set(extensions.map((extension) => extension.type)).size !== extensions.length) {
        throw new Malformed("MLS-13.4a", "a list holds two extensions of one type");
    }
    return extensions;
}
export function encodeExtensions(extensions) {
    return tls.vectorOf(extensions, encodeExtension);
}
export function sameExtensions(a, b) {
    return equal(encodeExtensions(a), encodeExtensions(b));
}
/** The data of the extension of this type, or null. */
export function find(extensions, type) {
    return extensions.find((extension) => extension.type === type)?.data ?? null;
}
export function encodeRequired(required) {
    const lists = [required.extensions, required.proposals, required.credentials];
    return concat(...lists.map(tls.u16s));
}
function readRequired(reader) {
    return { extensions: reader.u16s(), proposals: reader.u16s(), credentials: reader.u16s() };
}
/** What `extensions` of a group require; nothing when they do not say. */
export function requiredCapabilities(extensions) {
    const data = find(extensions, REQUIRED_CAPABILITIES);
    if (data === null)
        return { extensions: [], proposals: [], credentials: [] };
    return tls.parse(data, readRequired);
}
export function encodeExternalSenders(senders) {
    return tls.vectorOf(senders, ({ signatureKey, credential }) => concat(tls.opaque(signatureKey), credential.raw));
}
function readSender(reader) {
    return { signatureKey: reader.opaque(), credential: readCredential(reader) };
}
/** Who may propose from outside; none when the group does not say. */
export function externalSenders(extensions) {
    const data = find(extensions, EXTERNAL_SENDERS);
    return data === null ? [] : tls.parse(data, (reader) => reader.vector(readSender, 4));
}
/** The public key for external commits of a GroupInfo, if it has one (§12.4.3.2). */
export function externalPub(extensions) {
    const data = find(extensions, EXTERNAL_PUB);
    return data === null ? null : tls.parse(data, tls.readOpaque);
}
/** The lists of a GroupContext read: those that have a form are of it. */
export function checkGroupExtensions(extensions) {
    requiredCapabilities(extensions);
    externalSenders(extensions);
}
