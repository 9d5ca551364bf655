/**
 * Pure: cipher suites, hash-based identifiers and the check of a signature (RFC 9420 §5.1-5.2).
 *
 * What waits is WebCrypto's. Hashes are not: a tree has thousands, and each would be a promise.
 */

import { sha256 } from "@noble/hashes/sha2.js";

import { Malformed } from "../../errors.ts";
import { type Bytes, concat, hex, utf8 } from "../../wire/bytes.ts";
import * as tls from "../../wire/tls.ts";
import { AES_GCM, type Aead, CHACHA20_POLY1305 } from "./aead.ts";

export const MLS10 = 1; // ProtocolVersion mls10
export const LABEL = "MLS 1.0 ";

const PRIME = 2n ** 255n - 19n;
/**
 * The points of small order, by the number that encodes them: with such a key a shared secret is
 * known to all (X25519), and a signature can be made that fits any message (Ed25519).
 */
const X25519_SMALL: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  PRIME - 1n,
  0x57119fd0dd4e22d8868e1c58c45c44045bef839c55b1d0b1248c50a3bc959c5fn,
  0xb8495f16056286fdb1329ceb8d09da6ac49ff1fae35616aeb8413b7c7aebe0n,
]);
const ED25519_SMALL: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  PRIME - 1n,
  0x5fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

/** What 32 bytes encode: little-endian, the top bit left out, any number above the prime too. */
function numberOf(key: Bytes): bigint {
  return (BigInt(`0x${hex(key.toReversed())}`) & (2n ** 255n - 1n)) % PRIME;
}

/** Whether `key` signed `message`; false also for what is no key. */
export async function verifyEd25519(
  key: Bytes,
  message: Bytes,
  signature: Bytes,
): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, message);
  } catch {
    return false; // for a key that is not a point
  }
}

/** What a cipher suite number stands for. Lengths are in bytes, named as RFC 9180 does. */
export interface Suite {
  readonly id: number;
  readonly name: string;
  readonly kemId: number;
  readonly kdfId: number;
  readonly aead: Aead;
  readonly nh: number;
}

const X25519_SHA256_ED25519 = { kemId: 0x0020, kdfId: 0x0001, nh: 32 } as const;

export const SUITES: ReadonlyMap<number, Suite> = new Map<number, Suite>([
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
export function suiteOf(id: number): Suite {
  const found = SUITES.get(id);
  if (found === undefined) {
    throw new Malformed("MLS-5.1", "a cipher suite that is not spoken here", { suite: id });
  }
  return found;
}

/** The hash of all suites that are spoken here. */
export function hash(data: Bytes): Bytes {
  return sha256(data) as Bytes;
}

/** Refuse an HPKE public key that cannot be one of the suite (MLS-5.1.1). */
export function checkHpkeKey(key: Bytes): void {
  if (key.length !== 32 || X25519_SMALL.has(numberOf(key))) {
    throw new Malformed("MLS-5.1.1", "an HPKE public key that is not one");
  }
}

/** Refuse a signature public key that cannot be one of the suite (MLS-5.1.1). */
export function checkSignatureKey(key: Bytes): void {
  if (key.length !== 32 || ED25519_SMALL.has(numberOf(key))) {
    throw new Malformed("MLS-5.1.1", "a signature public key that is not one");
  }
}

/** `RefHash(label, value)` of §5.2; `label` in full. */
export function refHash(label: string, value: Bytes): Bytes {
  return hash(concat(tls.opaque(utf8(label)), tls.opaque(value)));
}

/** The encoded `SignContent` of §5.1.2; `label` without its prefix. */
export function signContent(label: string, content: Bytes): Bytes {
  return concat(tls.opaque(utf8(LABEL + label)), tls.opaque(content));
}

/** `VerifyWithLabel` of §5.1.2: false also for a key or signature that is not well formed. */
export function verifyWithLabel(
  key: Bytes,
  label: string,
  content: Bytes,
  signature: Bytes,
): Promise<boolean> {
  return verifyEd25519(key, signContent(label, content), signature);
}
