/** Pure: the key derivation, MAC and signing functions of MLS (RFC 9420 §5.1.2, §8, §9.1). */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { type Bytes, concat, EMPTY, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { LABEL, type Suite, signContent } from "../public/suite.ts";
import type { Entropy } from "./entropy.ts";
import { completeKey } from "./private_key.ts";

export function mac(key: Bytes, message: Bytes): Bytes {
  return hmac(sha256, key, message) as Bytes;
}

/** `KDF.Extract`. */
export function extract(salt: Bytes, ikm: Bytes): Bytes {
  return mac(salt, ikm);
}

/** The encoded `KDFLabel` of §8. */
export function kdfLabel(length: number, label: string, context: Bytes): Bytes {
  return concat(tls.u16(length), tls.opaque(utf8(LABEL + label)), tls.opaque(context));
}

/** `KDF.Expand`. */
export function expand(secret: Bytes, info: Bytes, length: number): Bytes {
  let block = EMPTY;
  let out = EMPTY;
  for (let count = 1; out.length < length; count++) {
    block = mac(secret, concat(block, info, tls.u8(count)));
    out = concat(out, block);
  }
  return out.slice(0, length);
}

/** `ExpandWithLabel`; `label` without its prefix. */
export function expandWithLabel(
  secret: Bytes,
  label: string,
  context: Bytes,
  length: number,
): Bytes {
  return expand(secret, kdfLabel(length, label, context), length);
}

/** `DeriveSecret`. */
export function deriveSecret(suite: Suite, secret: Bytes, label: string): Bytes {
  return expandWithLabel(secret, label, EMPTY, suite.nh);
}

/** `DeriveTreeSecret`. */
export function deriveTreeSecret(
  secret: Bytes,
  label: string,
  generation: number,
  length: number,
): Bytes {
  return expandWithLabel(secret, label, tls.u32(generation), length);
}

/** Equality in constant time: for tags and all that a secret decides. */
export function same(a: Bytes, b: Bytes): boolean {
  let different = a.length ^ b.length;
  a.forEach((byte, at) => {
    different |= byte ^ (b[at] ?? 0);
  });
  return different === 0;
}

/** A signature key pair of a suite; `key` is its private half as WebCrypto holds it. */
export interface SignatureKey {
  readonly private: Bytes;
  readonly public: Bytes;
  readonly key: CryptoKey;
}

/** The pair that `secret` is half of. */
export function signatureKey(secret: Bytes): Promise<SignatureKey> {
  return completeKey("Ed25519", secret);
}

export function freshSignatureKey(entropy: Entropy): Promise<SignatureKey> {
  return signatureKey(entropy.draw(32));
}

/** `SignWithLabel`; `label` without its prefix. */
export async function signWithLabel(
  pair: SignatureKey,
  label: string,
  content: Bytes,
): Promise<Bytes> {
  const signed = signContent(label, content);
  return new Uint8Array(await crypto.subtle.sign("Ed25519", pair.key, signed));
}
