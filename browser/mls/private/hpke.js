/**
 * Pure: HPKE in Base mode with its exporter (RFC 9180), as MLS uses it (RFC 9420 §5.1.3, §8.3).
 *
 * The one KEM here is DHKEM(X25519, HKDF-SHA256), whose exchange is WebCrypto's.
 */
import { Malformed, Unproven } from "../../errors.ts";
import { concat, EMPTY, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { LABEL } from "../public/suite.ts";
import { expand, extract } from "./crypto.ts";
import { completeKey } from "./private_key.ts";
const VERSION = utf8("HPKE-v1");
const X25519_KEM = concat(utf8("KEM"), tls.u16(0x0020));
function labeledExtract(salt, suiteId, label, ikm) {
    return extract(salt, concat(VERSION, suiteId, utf8(label), ikm));
}
function labeledExpand(prk, suiteId, label, info, length) {
    const labeled = concat(tls.u16(length), VERSION, suiteId, utf8(label), info);
    return expand(prk, labeled, length);
}
/** `KEM.DeriveKeyPair(secret)`. */
export function deriveKeyPair(secret) {
    const prk = labeledExtract(EMPTY, X25519_KEM, "dkp_prk", secret);
    return keyPair(labeledExpand(prk, X25519_KEM, "sk", EMPTY, 32));
}
/** The pair that `secret` is half of. Any 32 bytes are a private key (RFC 9180 §7.1.3). */
export function keyPair(secret) {
    return completeKey("X25519", secret);
}
export function freshKeyPair(suite, entropy) {
    return deriveKeyPair(entropy.draw(suite.nh));
}
async function exchange(pair, key) {
    try {
        const other = await crypto.subtle.importKey("raw", key, "X25519", false, []);
        const how = { name: "X25519", public: other };
        const shared = new Uint8Array(await crypto.subtle.deriveBits(how, pair.key, 256));
        if (shared.some((byte) => byte !== 0))
            return shared;
    }
    catch {
        // Also what WebCrypto says of a shared secret that is all zero.
    }
    throw new Malformed("MLS-5.1.1", "an HPKE public key that is not one");
}
function sharedSecret(dh, enc, key) {
    const prk = labeledExtract(EMPTY, X25519_KEM, "eae_prk", dh);
    return labeledExpand(prk, X25519_KEM, "shared_secret", concat(enc, key), 32);
}
async function encap(key, entropy) {
    const ephemeral = await keyPair(entropy.draw(32));
    const enc = ephemeral.public;
    return { shared: sharedSecret(await exchange(ephemeral, key), enc, key), enc };
}
async function decap(enc, pair) {
    return sharedSecret(await exchange(pair, enc), enc, pair.public);
}
function suiteIdOf(suite) {
    const { kemId, kdfId, aead } = suite;
    return concat(utf8("HPKE"), tls.u16(kemId), tls.u16(kdfId), tls.u16(aead.id));
}
/** `key_schedule_context` of RFC 9180 §5.1 in mode Base: 0, no PSK. */
function modeContext(suite, info) {
    const id = suiteIdOf(suite);
    const pskIdHash = labeledExtract(EMPTY, id, "psk_id_hash", EMPTY);
    return concat(tls.u8(0), pskIdHash, labeledExtract(EMPTY, id, "info_hash", info));
}
/** `KeySchedule` of RFC 9180 §5.1; `context` is what `modeContext` gives. */
function schedule(suite, shared, context) {
    const id = suiteIdOf(suite);
    const secret = labeledExtract(shared, id, "secret", EMPTY);
    return (label, length) => labeledExpand(secret, id, label, context, length);
}
/** By the bytes that it is of. */
const modes = new WeakMap();
/**
 * The mode context with the encoded `EncryptContext` of §5.1.3 as info.
 *
 * Remembered: it is the same for all ciphertexts of a path or a Welcome, whose context is large.
 */
function labeledMode(suite, label, context) {
    const known = modes.get(context);
    if (known?.suite === suite && known.label === label)
        return known.context;
    const info = concat(tls.opaque(utf8(LABEL + label)), tls.opaque(context));
    const mode = { suite, label, context: modeContext(suite, info) };
    modes.set(context, mode);
    return mode.context;
}
/** `EncryptWithLabel` of §5.1.3. Throws `Malformed` (MLS-5.1.1) for a key that is none. */
export async function encryptWithLabel(suite, key, label, context, plaintext, entropy) {
    const { shared, enc } = await encap(key, entropy);
    const part = schedule(suite, shared, labeledMode(suite, label, context));
    const { aead } = suite;
    const nonce = part("base_nonce", aead.nn);
    return {
        kemOutput: enc,
        ciphertext: await aead.seal(part("key", aead.nk), nonce, plaintext, EMPTY),
    };
}
/** `DecryptWithLabel` of §5.1.3. Throws `Unproven` (MLS-5.1.3) when it does not open. */
export async function decryptWithLabel(suite, pair, label, context, sealed) {
    const shared = await decap(sealed.kemOutput, pair);
    const part = schedule(suite, shared, labeledMode(suite, label, context));
    const { aead } = suite;
    const nonce = part("base_nonce", aead.nn);
    const plain = await aead.open(part("key", aead.nk), nonce, sealed.ciphertext, EMPTY);
    if (plain === null) {
        throw new Unproven("MLS-5.1.3", "a ciphertext that was not sealed to this key");
    }
    return plain;
}
function exported(suite, shared) {
    const secret = schedule(suite, shared, modeContext(suite, EMPTY))("exp", suite.nh);
    const label = utf8(`${LABEL}external init secret`);
    return labeledExpand(secret, suiteIdOf(suite), "sec", label, suite.nh);
}
/** What one has who joins by an external commit (§8.3). */
export async function externalInitSender(suite, externalPub, entropy) {
    const { shared, enc } = await encap(externalPub, entropy);
    return { initSecret: exported(suite, shared), kemOutput: enc };
}
/** The init secret that the sender of `kemOutput` has (§8.3). */
export async function externalInitReceiver(suite, pair, kemOutput) {
    return exported(suite, await decap(kemOutput, pair));
}
