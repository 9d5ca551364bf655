/**
 * Pure: HPKE in Base mode with its exporter (RFC 9180), as MLS uses it (RFC 9420 §5.1.3, §8.3).
 *
 * The one KEM here is DHKEM(X25519, HKDF-SHA256), whose exchange is WebCrypto's.
 */

import { Malformed, Unproven } from "../../errors.ts";
import { type Bytes, concat, EMPTY, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import type { HpkeCiphertext } from "../public/commit.ts";
import { LABEL, type Suite } from "../public/suite.ts";
import { expand, extract } from "./crypto.ts";
import type { Entropy } from "./entropy.ts";
import { type CompleteKey, completeKey } from "./private_key.ts";

const VERSION = utf8("HPKE-v1");
const X25519_KEM = concat(utf8("KEM"), tls.u16(0x0020));

/** An HPKE key pair. */
export type KeyPair = CompleteKey;

function labeledExtract(salt: Bytes, suiteId: Bytes, label: string, ikm: Bytes): Bytes {
  return extract(salt, concat(VERSION, suiteId, utf8(label), ikm));
}

function labeledExpand(
  prk: Bytes,
  suiteId: Bytes,
  label: string,
  info: Bytes,
  length: number,
): Bytes {
  const labeled = concat(tls.u16(length), VERSION, suiteId, utf8(label), info);
  return expand(prk, labeled, length);
}

/** `KEM.DeriveKeyPair(secret)`. */
export function deriveKeyPair(secret: Bytes): Promise<KeyPair> {
  const prk = labeledExtract(EMPTY, X25519_KEM, "dkp_prk", secret);
  return keyPair(labeledExpand(prk, X25519_KEM, "sk", EMPTY, 32));
}

/** The pair that `secret` is half of. Any 32 bytes are a private key (RFC 9180 §7.1.3). */
export function keyPair(secret: Bytes): Promise<KeyPair> {
  return completeKey("X25519", secret);
}

export function freshKeyPair(suite: Suite, entropy: Entropy): Promise<KeyPair> {
  return deriveKeyPair(entropy.draw(suite.nh));
}

async function exchange(pair: KeyPair, key: Bytes): Promise<Bytes> {
  try {
    const other = await crypto.subtle.importKey("raw", key, "X25519", false, []);
    const how = { name: "X25519", public: other };
    const shared = new Uint8Array(await crypto.subtle.deriveBits(how, pair.key, 256));
    if (shared.some((byte) => byte !== 0)) return shared;
  } catch {
    // Also what WebCrypto says of a shared secret that is all zero.
  }
  throw new Malformed("MLS-5.1.1", "an HPKE public key that is not one");
}

function sharedSecret(dh: Bytes, enc: Bytes, key: Bytes): Bytes {
  const prk = labeledExtract(EMPTY, X25519_KEM, "eae_prk", dh);
  return labeledExpand(prk, X25519_KEM, "shared_secret", concat(enc, key), 32);
}

interface Encapsulated {
  readonly shared: Bytes;
  readonly enc: Bytes;
}

async function encap(key: Bytes, entropy: Entropy): Promise<Encapsulated> {
  const ephemeral = await keyPair(entropy.draw(32));
  const enc = ephemeral.public;
  return { shared: sharedSecret(await exchange(ephemeral, key), enc, key), enc };
}

async function decap(enc: Bytes, pair: KeyPair): Promise<Bytes> {
  return sharedSecret(await exchange(pair, enc), enc, pair.public);
}

function suiteIdOf(suite: Suite): Bytes {
  const { kemId, kdfId, aead } = suite;
  return concat(utf8("HPKE"), tls.u16(kemId), tls.u16(kdfId), tls.u16(aead.id));
}

/** Derives one part of what both sides hold. */
type Schedule = (label: string, length: number) => Bytes;

/** `key_schedule_context` of RFC 9180 §5.1 in mode Base: 0, no PSK. */
function modeContext(suite: Suite, info: Bytes): Bytes {
  const id = suiteIdOf(suite);
  const pskIdHash = labeledExtract(EMPTY, id, "psk_id_hash", EMPTY);
  return concat(tls.u8(0), pskIdHash, labeledExtract(EMPTY, id, "info_hash", info));
}

/** `KeySchedule` of RFC 9180 §5.1; `context` is what `modeContext` gives. */
function schedule(suite: Suite, shared: Bytes, context: Bytes): Schedule {
  const id = suiteIdOf(suite);
  const secret = labeledExtract(shared, id, "secret", EMPTY);
  return (label, length) => labeledExpand(secret, id, label, context, length);
}

interface Mode {
  readonly suite: Suite;
  readonly label: string;
  readonly context: Bytes;
}

/** By the bytes that it is of. */
const modes = new WeakMap<Bytes, Mode>();

/**
 * The mode context with the encoded `EncryptContext` of §5.1.3 as info.
 *
 * Remembered: it is the same for all ciphertexts of a path or a Welcome, whose context is large.
 */
function labeledMode(suite: Suite, label: string, context: Bytes): Bytes {
  const known = modes.get(context);
  if (known?.suite === suite && known.label === label) return known.context;
  const info = concat(tls.opaque(utf8(LABEL + label)), tls.opaque(context));
  const mode = { suite, label, context: modeContext(suite, info) };
  modes.set(context, mode);
  return mode.context;
}

async function sealIn(
  suite: Suite,
  key: Bytes,
  context: Bytes,
  plaintext: Bytes,
  entropy: Entropy,
): Promise<HpkeCiphertext> {
  const { shared, enc } = await encap(key, entropy);
  const part = schedule(suite, shared, context);
  const { aead } = suite;
  const nonce = part("base_nonce", aead.nn);
  const ciphertext = await aead.seal(part("key", aead.nk), nonce, plaintext, EMPTY);
  return { kemOutput: enc, ciphertext };
}

async function openIn(
  suite: Suite,
  pair: KeyPair,
  context: Bytes,
  sealed: HpkeCiphertext,
): Promise<Bytes> {
  const shared = await decap(sealed.kemOutput, pair);
  const part = schedule(suite, shared, context);
  const { aead } = suite;
  const nonce = part("base_nonce", aead.nn);
  const plain = await aead.open(part("key", aead.nk), nonce, sealed.ciphertext, EMPTY);
  if (plain === null) {
    throw new Unproven("MLS-5.1.3", "a ciphertext that was not sealed to this key");
  }
  return plain;
}

/** `EncryptWithLabel` of §5.1.3. Throws `Malformed` (MLS-5.1.1) for a key that is none. */
export function encryptWithLabel(
  suite: Suite,
  key: Bytes,
  label: string,
  context: Bytes,
  plaintext: Bytes,
  entropy: Entropy,
): Promise<HpkeCiphertext> {
  return sealIn(suite, key, labeledMode(suite, label, context), plaintext, entropy);
}

/** `DecryptWithLabel` of §5.1.3. Throws `Unproven` (MLS-5.1.3) when it does not open. */
export function decryptWithLabel(
  suite: Suite,
  pair: KeyPair,
  label: string,
  context: Bytes,
  sealed: HpkeCiphertext,
): Promise<Bytes> {
  return openIn(suite, pair, labeledMode(suite, label, context), sealed);
}

/** `enc` and ciphertext of RFC 9180 §6.1, in one; for what is no part of MLS (spec KEY-3.8). */
export async function seal(
  suite: Suite,
  key: Bytes,
  info: Bytes,
  plaintext: Bytes,
  entropy: Entropy,
): Promise<Bytes> {
  const sealed = await sealIn(suite, key, modeContext(suite, info), plaintext, entropy);
  return concat(sealed.kemOutput, sealed.ciphertext);
}

/** The inverse of `seal`. Throws `Unproven` (MLS-5.1.3) when it does not open. */
export function openSealed(
  suite: Suite,
  pair: KeyPair,
  info: Bytes,
  sealed: Bytes,
): Promise<Bytes> {
  const size = pair.public.length; // of an `enc` too, with the KEM that is built
  const parts = { kemOutput: sealed.slice(0, size), ciphertext: sealed.slice(size) };
  return openIn(suite, pair, modeContext(suite, info), parts);
}

function exported(suite: Suite, shared: Bytes): Bytes {
  const secret = schedule(suite, shared, modeContext(suite, EMPTY))("exp", suite.nh);
  const label = utf8(`${LABEL}external init secret`);
  return labeledExpand(secret, suiteIdOf(suite), "sec", label, suite.nh);
}

export interface ExternalInitSecret {
  readonly initSecret: Bytes;
  readonly kemOutput: Bytes;
}

/** What one has who joins by an external commit (§8.3). */
export async function externalInitSender(
  suite: Suite,
  externalPub: Bytes,
  entropy: Entropy,
): Promise<ExternalInitSecret> {
  const { shared, enc } = await encap(externalPub, entropy);
  return { initSecret: exported(suite, shared), kemOutput: enc };
}

/** The init secret that the sender of `kemOutput` has (§8.3). */
export async function externalInitReceiver(
  suite: Suite,
  pair: KeyPair,
  kemOutput: Bytes,
): Promise<Bytes> {
  return exported(suite, await decap(kemOutput, pair));
}
