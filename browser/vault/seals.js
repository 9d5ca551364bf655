/**
 * Pure: how a browser's vault seals (spec E2E-6.11): a root key seals the names, each beside the key
 * of its row's present version, and the top, which says what there has to be.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { Broken } from "../errors.ts";
import { concat, text, utf8 } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";
/** Of the format; it is the version of the database too. */
export const VERSION = 1;
export const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const MAGIC = utf8("kith-browser-vault");
export const IN_PART = "this browser's store was altered, or restored in part: log in again to make a new device of it";
/** What is sealed, each bound to what it is and to its number. */
const KINDS = { top: 1, name: 2, row: 3 };
function context(kind, number) {
    return concat(MAGIC, tls.u16(VERSION), tls.u8(KINDS[kind]), tls.u64(BigInt(number)));
}
/** Nonce and ciphertext of the kind and number. */
export function seal(key, plaintext, kind, number, entropy) {
    const nonce = entropy.draw(NONCE_BYTES);
    const sealed = xchacha20poly1305(key, nonce, context(kind, number)).encrypt(plaintext);
    return concat(nonce, sealed);
}
/** The inverse of `seal`. Throws `Broken` (E2E-6.13) when anything is not as it was sealed. */
export function openSealed(key, sealed, kind, number) {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    try {
        const cipher = xchacha20poly1305(key, nonce, context(kind, number));
        return cipher.decrypt(sealed.subarray(NONCE_BYTES));
    }
    catch {
        throw new Broken(IN_PART);
    }
}
export function packName(name, { key }) {
    return concat(key, utf8(name));
}
/** The inverse of `packName`, for what stood at `number`. */
export function unpackName(number, packed) {
    return [text(packed.subarray(KEY_BYTES)), { number, key: packed.slice(0, KEY_BYTES) }];
}
export const EMPTY_TOP = { rows: 0, next: 0, sum: new Uint8Array(KEY_BYTES) };
/** `sum` with `key` in it, or out of it if it was in it. */
export function summed(sum, key) {
    return sum.map((byte, at) => byte ^ (key[at] ?? 0));
}
export function packTop({ rows, next, sum }) {
    return concat(tls.u64(BigInt(rows)), tls.u64(BigInt(next)), sum);
}
export function unpackTop(packed) {
    return tls.parse(packed, (reader) => ({
        rows: Number(reader.u64()),
        next: Number(reader.u64()),
        sum: reader.take(KEY_BYTES),
    }));
}
