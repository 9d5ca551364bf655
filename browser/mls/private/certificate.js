/** Pure: whose key an X.509 certificate is of: as much of DER (X.690) as that takes (RFC 5280 §4.1). */
import { concat, equal, unhex } from "../../wire/bytes.ts";
const SEQUENCE = 0x30;
const INTEGER = 0x02;
const EXPLICIT_VERSION = 0xa0;
/** A SubjectPublicKeyInfo of Ed25519 (RFC 8410), but its last 32 bytes. */
const ED25519_INFO = unhex("302a300506032b6570032100");
/** The content length at `at`, and where the content begins; null for what DER does not allow. */
function lengthAt(data, at) {
    const first = data[at];
    if (first === undefined)
        return null;
    if (first < 0x80)
        return { length: first, start: at + 1 };
    const size = first & 0x7f;
    if (size < 1 || size > 3 || at + 1 + size > data.length)
        return null;
    const length = data.slice(at + 1, at + 1 + size).reduce((sum, byte) => sum * 256 + byte, 0);
    const isShortest = length >= 0x80 && data[at + 1] !== 0;
    return isShortest ? { length, start: at + 1 + size } : null;
}
/** The elements that fill `data` exactly; null when it is not made of such. */
function elements(data) {
    const found = [];
    for (let at = 0; at < data.length;) {
        const tag = data[at];
        const measured = lengthAt(data, at + 1);
        if (measured === null)
            return null;
        const stop = measured.start + measured.length;
        if (stop > data.length)
            return null;
        found.push({ tag, content: data.slice(measured.start, stop), whole: data.slice(at, stop) });
        at = stop;
    }
    return found;
}
/** The elements inside the sequence that `data` is; null when it is not one. */
function sequence(data) {
    const [only, ...more] = elements(data) ?? [];
    return only?.tag === SEQUENCE && !more.length ? elements(only.content) : null;
}
/** The encoded SubjectPublicKeyInfo of a certificate; null for what cannot be read as one. */
function publicKeyInfo(certificate) {
    const parts = sequence(certificate);
    const [tbs] = parts ?? [];
    if (tbs === undefined || parts?.length !== 3)
        return null;
    const fields = sequence(tbs.whole);
    if (fields?.[0]?.tag === EXPLICIT_VERSION)
        fields.shift();
    // serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
    const [serial, , , , , info] = fields ?? [];
    return serial?.tag === INTEGER && info?.tag === SEQUENCE ? info.whole : null;
}
/** Whether the Ed25519 key `key` is the one that the certificate is of. */
export function compareKey(certificate, key) {
    const info = publicKeyInfo(certificate);
    if (info === null)
        return "unreadable";
    return equal(info, concat(ED25519_INFO, key)) ? "same key" : "another key";
}
