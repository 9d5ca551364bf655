/** Pure: the key derivation, MAC and signing functions of MLS (RFC 9420 §5.1.2, §8, §9.1). */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, EMPTY, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { LABEL, signContent } from "../public/suite.ts";
import { completeKey } from "./private_key.ts";
export function mac(key, message) {
    return hmac(sha256, key, message);
}
/** `KDF.Extract`. */
export function extract(salt, ikm) {
    return mac(salt, ikm);
}
/** The encoded `KDFLabel` of §8. */
export function kdfLabel(length, label, context) {
    return concat(tls.u16(length), tls.opaque(utf8(LABEL + label)), tls.opaque(context));
}
/** `KDF.Expand`. */
export function expand(secret, info, length) {
    let block = EMPTY;
    let out = EMPTY;
    for (let count = 1; out.length < length; count++) {
        block = mac(secret, concat(block, info, tls.u8(count)));
        out = concat(out, block);
    }
    return out.slice(0, length);
}
/** `ExpandWithLabel`; `label` without its prefix. */
export function expandWithLabel(secret, label, context, length) {
    return expand(secret, kdfLabel(length, label, context), length);
}
/** `DeriveSecret`. */
export function deriveSecret(suite, secret, label) {
    return expandWithLabel(secret, label, EMPTY, suite.nh);
}
/** `DeriveTreeSecret`. */
export function deriveTreeSecret(secret, label, generation, length) {
    return expandWithLabel(secret, label, tls.u32(generation), length);
}
/** Equality in constant time: for tags and all that a secret decides. */
export function same(a, b) {
    let different = a.length ^ b.length;
    a.forEach((byte, at) => {
        different |= byte ^ (b[at] ?? 0);
    });
    return different === 0;
}
/** The pair that `secret` is half of. */
export function signatureKey(secret) {
    return completeKey("Ed25519", secret);
}
export function freshSignatureKey(entropy) {
    return signatureKey(entropy.draw(32));
}
/** `SignWithLabel`; `label` without its prefix. */
export async function signWithLabel(pair, label, content) {
    const signed = signContent(label, content);
    return new Uint8Array(await crypto.subtle.sign("Ed25519", pair.key, signed));
}
