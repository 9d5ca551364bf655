/**
 * How the vault's root key is wrapped (spec E2E-6.11): by a key that the browser keeps and does not
 * give out, or by a passphrase.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { Broken, Malformed, Unproven } from "../errors.ts";
import { concat, utf8 } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";
import { IN_PART, KEY_BYTES, VERSION } from "./seals.ts";
const CONTEXT = utf8("kith-browser-root");
const IV_BYTES = 12;
const SALT_BYTES = 16;
const NONCE_BYTES = 24;
// As on disk (E2E-6.1).
const PASSES = 3;
const MEMORY_KIB = 64 * 1024;
/** The root key for whoever asks this browser, or for whoever knows the passphrase. */
export function wrap(root, passphrase, entropy) {
    return passphrase === null
        ? wrapByBrowser(root, entropy)
        : wrapByPassphrase(root, passphrase, entropy);
}
/** The root key. Throws `Unproven` (E2E-6.2) for another passphrase, or for none. */
export async function unwrap(wrapped, passphrase) {
    if (wrapped.by === "browser")
        return unwrapByBrowser(wrapped);
    if (passphrase === null)
        throw new Unproven("E2E-6.2", "this vault opens with a passphrase");
    const key = await passphraseKey(wrapped, passphrase);
    try {
        const cipher = xchacha20poly1305(key, wrapped.nonce, contextOf(wrapped));
        return cipher.decrypt(wrapped.sealed);
    }
    catch {
        throw new Unproven("E2E-6.2", "this passphrase does not open the vault");
    }
}
async function wrapByBrowser(root, entropy) {
    const iv = entropy.draw(IV_BYTES);
    const how = { name: "AES-GCM", length: 8 * KEY_BYTES };
    const key = await crypto.subtle.generateKey(how, false, ["encrypt", "decrypt"]);
    const sealed = await crypto.subtle.encrypt(aesGcm(iv), key, root);
    return { by: "browser", key, iv, sealed: new Uint8Array(sealed) };
}
async function unwrapByBrowser({ key, iv, sealed }) {
    try {
        return new Uint8Array(await crypto.subtle.decrypt(aesGcm(iv), key, sealed));
    }
    catch {
        throw new Broken(IN_PART);
    }
}
function aesGcm(iv) {
    return { name: "AES-GCM", iv, additionalData: CONTEXT };
}
async function wrapByPassphrase(root, passphrase, entropy) {
    if (!passphrase)
        throw new Malformed("E2E-6.8", "an empty passphrase protects nothing");
    const salt = entropy.draw(SALT_BYTES);
    const nonce = entropy.draw(NONCE_BYTES);
    const door = { salt, passes: PASSES, memory: MEMORY_KIB };
    const cipher = xchacha20poly1305(await passphraseKey(door, passphrase), nonce, contextOf(door));
    return { by: "passphrase", ...door, nonce, sealed: cipher.encrypt(root) };
}
function contextOf({ salt, passes, memory }) {
    return concat(CONTEXT, tls.u16(VERSION), tls.u32(passes), tls.u32(memory), salt);
}
/** The same key as in `node/client/seals.py`. Takes seconds: for a worker. */
export async function passphraseKey(door, passphrase) {
    const { argon2id } = await import("@noble/hashes/argon2.js"); // few need it
    const costs = { t: door.passes, m: door.memory, p: 1, dkLen: KEY_BYTES };
    return argon2id(utf8(passphrase), door.salt, costs);
}
