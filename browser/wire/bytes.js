/** Pure: byte strings: joined, compared, and written as hex. */
export const EMPTY = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
export function utf8(text) {
    return encoder.encode(text);
}
/** Throws a `TypeError` for what is not UTF-8. */
export function text(bytes) {
    return decoder.decode(bytes);
}
export function concat(...parts) {
    return join(parts);
}
/** As `concat`, for parts that are many. */
export function join(parts) {
    let length = 0;
    for (const part of parts)
        length += part.length;
    const joined = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
        joined.set(part, at);
        at += part.length;
    }
    return joined;
}
/** Whether both are the same bytes. Not for what a secret decides: that is `crypto.same`. */
export function equal(a, b) {
    return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
/** `bytes` in hex; also what a map or set goes by, where its key is bytes. */
export function hex(bytes) {
    let written = "";
    for (const byte of bytes)
        written += DIGITS[byte];
    return written;
}
/** Throws a `RangeError` for what is not hex. */
export function unhex(written) {
    if (written.length % 2 || /[^0-9a-fA-F]/.test(written))
        throw new RangeError("not hex");
    return Uint8Array.from({ length: written.length / 2 }, (_, at) => Number.parseInt(written.slice(2 * at, 2 * at + 2), 16));
}
/** `bytes` in base64, with padding. */
export function base64(bytes) {
    let binary = "";
    for (const byte of bytes)
        binary += String.fromCharCode(byte);
    return btoa(binary);
}
/** Throws for what is not base64. */
export function unbase64(written) {
    return Uint8Array.from(atob(written), (character) => character.charCodeAt(0));
}
