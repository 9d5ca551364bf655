/**
 * Pure: what a device keeps in its vault, and what each row is called (spec DEV-1).
 *
 * A row's name is `kind/rest`, or `kind/<group>/rest`; its value is JSON, but where it says
 * otherwise. Members stand in the order of the spec's table: it is the order on disk.
 */
import { base64, hex, text, unbase64, utf8 } from "../wire/bytes.ts";
export const CLIENT = "device/client";
export const CURSOR = "device/cursor";
export const SEAT = "device/seat";
export const INCARNATION = "device/incarnation";
function encoded(_, value) {
    return value instanceof Uint8Array ? base64(value) : value;
}
export function encodeRow(row) {
    return utf8(JSON.stringify(row, encoded));
}
export function decodeRow(kind, data) {
    return kind(JSON.parse(text(data)));
}
export const CONVERSATION = (value) => {
    const row = value;
    return { ...row, group_id: unbase64(row.group_id) };
};
export const MESSAGE = (value) => {
    const row = value;
    return { ...row, digest: unbase64(row.digest) };
};
export const PARKED = (value) => {
    const row = value;
    return { ...row, content: unbase64(row.content) };
};
export const ASKED = (value) => {
    const row = value;
    return { ...row, content: unbase64(row.content) };
};
export const PACKAGE = (value) => {
    const row = value;
    return { ...row, package: unbase64(row.package) };
};
export const SEAT_ROW = (value) => {
    const row = value;
    return { ...row, nonce: unbase64(row.nonce) };
};
export const INCARNATION_ROW = (value) => value;
/** A `Readmit` that others may be quicker with. */
export const READMISSION = (value) => {
    const row = value;
    return { ...row, package: unbase64(row.package), stale: unbase64(row.stale) };
};
function readIntent(value) {
    const intent = value;
    if (intent.type === "Readmit")
        return READMISSION(value);
    if (intent.type !== "Add")
        return intent;
    const written = Object.entries(intent.packages);
    const packages = written.map(([actor, found]) => [actor, found.map(unbase64)]);
    return { type: "Add", packages: Object.fromEntries(packages) };
}
function readWelcome(value) {
    const row = value;
    return { ...row, content: unbase64(row.content) };
}
export const OWED = (value) => {
    const row = value;
    const intent = readIntent(row.intent);
    const welcomes = row.welcomes.map(readWelcome);
    return { ...row, intent, content: unbase64(row.content), welcomes };
};
/** An intent of which no message is made yet. */
export function unmade(group, intent) {
    const content = new Uint8Array(0);
    return { group, intent, content, welcomes: [], removed: [], proposed: false };
}
function padded(number) {
    return number.toString().padStart(16, "0");
}
export function conversationRow(group) {
    return `conversation/${group}`;
}
/** A record of the MLS group, in the library's own form (`mls/private/records`). */
export function groupRow(group, record) {
    return `group/${group}/${record}`;
}
/** The actor id, in UTF-8, of `handle`, of those we talk with. */
export function handleRow(handle) {
    return `handle/${handle}`;
}
export function packageRow(reference) {
    return `package/${hex(reference)}`;
}
/** The inner id is unique per (group, sender): the same message twice is one row. */
export function messageRow(group, actor, id) {
    return `message/${group}/${actor} ${id}`;
}
/** A `Failure` of ours, a MessageRow: it asks for what was missed. */
export function failureRow(group, id) {
    return `failure/${group}/${id}`;
}
/** That the message with this digest was missed, and asked for; its value is `1`. */
export function missedRow(group, digest) {
    return `missed/${group}/${hex(digest)}`;
}
export function owedRow(group, number) {
    return `owed/${group}/${padded(number)}`;
}
export function askedRow(group) {
    return `asked/${group}/0`;
}
/** A `Readmit` that others may be quicker with; `key` is that of the leaf that is behind. */
export function readmissionRow(group, key) {
    return `readmission/${group}/${hex(key)}`;
}
export function parkedRow(group, seq) {
    return `parked/${group}/${padded(seq)}`;
}
