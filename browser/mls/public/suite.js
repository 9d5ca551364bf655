/**
 * Pure: cipher suites, hash-based identifiers and the check of a signature (RFC 9420 §5.1-5.2).
 *
 * What waits is WebCrypto's. Hashes are not: a tree has thousands, and each would be a promise.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { Malformed } from "../../errors.ts";
import { concat, hex, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { AES_GCM, CHACHA20_POLY1305 } from "./aead.ts";
export const MLS10 = 1; // ProtocolVersion mls10
export const LABEL = "MLS 1.0 ";
const PRIME = 2n ** 255n - 19n;
/**
 * The points of small order, by the number that encodes them: with such a key a shared secret is
 * known to all (X25519), and a signature can be made that fits any message (Ed25519).
 */
const X25519_SMALL = new Set([
    0n,
    1n,
    PRIME - 1n,
    0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
    0xb8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
]);
const ED25519_SMALL = new Set([
    0n,
    1n,
    PRIME - 1n,
    0x5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
    0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);
/** What 32 bytes encode: little-endian, the top bit left out, any number above the prime too. */
function numberOf(key) {
    return (BigInt(`0x${hex(key.toReversed())}`) & (2n ** 255n - 1n)) % PRIME;
}
async function verifyEd25519(key, message, signature) {
    try {
        const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
        return await crypto.subtle.verify("Ed25519", imported, signature, message);
    }
    catch {
        return false; // for a key that is not a point
    }
}
const X25519_SHA256_ED25519 = { kemId: 0x0020, kdfId: 0x0001, nh: 32 };
export const SUITES = new Map([
    [
        1,
        {
            ...X25519_SHA256_ED25519,
            id: 1,
            name: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
            aead: AES_GCM,
        },
    ],
    [
        3,
        {
            ...X25519_SHA256_ED25519,
            id: 3,
            name: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
            aead: CHACHA20_POLY1305,
        },
    ],
]);
/** The suite with the number `id`. Throws `Malformed` (MLS-5.1) when it is not spoken here. */
export function suiteOf(id) {
    const found = SUITES.get(id);
    if (found === undefined) {
        throw new Malformed("MLS-5.1", "a cipher suite that is not spoken here", { suite: id });
    }
    return found;
}
/** The hash of all suites that are spoken here. */
export function hash(data) {
    return sha256(data);
}
/** Refuse an HPKE public key that cannot be one of the suite (MLS-5.1.1). */
export function checkHpkeKey(key) {
    if (key.length !== 32 || X25519_SMALL.has(numberOf(key))) {
        throw new Malformed("MLS-5.1.1", "an HPKE public key that is not one");
    }
}
/** Refuse a signature public key that cannot be one of the suite (MLS-5.1.1). */
export function checkSignatureKey(key) {
    if (key.length !== 32 || ED25519_SMALL.has(numberOf(key))) {
        throw new Malformed("MLS-5.1.1", "a signature public key that is not one");
    }
}
/** `RefHash(label, value)` of §5.2; `label` in full. */
export function refHash(label, value) {
    return hash(concat(tls.opaque(utf8(label)), tls.opaque(value)));
}
/** The encoded `SignContent` of §5.1.2; `label` without its prefix. */
export function signContent(label, content) {
    return concat(tls.opaque(utf8(LABEL + label)), tls.opaque(content));
}
/** `VerifyWithLabel` of §5.1.2: false also for a key or signature that is not well formed. */
export function verifyWithLabel(key, label, content, signature) {
    return verifyEd25519(key, signContent(label, content), signature);
}
