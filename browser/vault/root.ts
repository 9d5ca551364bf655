/**
 * How the vault's root key is wrapped (spec E2E-6.11): by a key that the browser keeps and does not
 * give out, or by a passphrase.
 */

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";

import { Broken, Malformed, Unproven } from "../errors.ts";
import type { Entropy } from "../mls/private/entropy.ts";
import { type Bytes, concat, utf8 } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";
import { IN_PART, KEY_BYTES, VERSION } from "./seals.ts";

/** By the browser: whoever can run a page of this origin can open it. */
interface ByBrowser {
  readonly by: "browser";
  readonly key: CryptoKey;
  readonly iv: Bytes;
  readonly sealed: Bytes;
}

/** By Argon2id of a passphrase: `memory` is in KiB. */
interface ByPassphrase {
  readonly by: "passphrase";
  readonly salt: Bytes;
  readonly passes: number;
  readonly memory: number;
  readonly nonce: Bytes;
  readonly sealed: Bytes;
}

export type Wrap = ByBrowser | ByPassphrase;

const CONTEXT = utf8("kith-browser-root");
const IV_BYTES = 12;
const SALT_BYTES = 16;
const NONCE_BYTES = 24;
// As on disk (E2E-6.1).
const PASSES = 3;
const MEMORY_KIB = 64 * 1024;

/** The root key for whoever asks this browser, or for whoever knows the passphrase. */
export function wrap(root: Bytes, passphrase: string | null, entropy: Entropy): Promise<Wrap> {
  return passphrase === null
    ? wrapByBrowser(root, entropy)
    : wrapByPassphrase(root, passphrase, entropy);
}

/** The root key. Throws `Unproven` (E2E-6.2) for another passphrase, or for none. */
export async function unwrap(wrapped: Wrap, passphrase: string | null): Promise<Bytes> {
  if (wrapped.by === "browser") return unwrapByBrowser(wrapped);
  if (passphrase === null) throw new Unproven("E2E-6.2", "this vault opens with a passphrase");
  const key = await passphraseKey(wrapped, passphrase);
  try {
    const cipher = xchacha20poly1305(key, wrapped.nonce, contextOf(wrapped));
    return cipher.decrypt(wrapped.sealed) as Bytes;
  } catch {
    throw new Unproven("E2E-6.2", "this passphrase does not open the vault");
  }
}

async function wrapByBrowser(root: Bytes, entropy: Entropy): Promise<ByBrowser> {
  const iv = entropy.draw(IV_BYTES);
  const how = { name: "AES-GCM", length: 8 * KEY_BYTES };
  const key = await crypto.subtle.generateKey(how, false, ["encrypt", "decrypt"]);
  const sealed = await crypto.subtle.encrypt(aesGcm(iv), key, root);
  return { by: "browser", key, iv, sealed: new Uint8Array(sealed) };
}

async function unwrapByBrowser({ key, iv, sealed }: ByBrowser): Promise<Bytes> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(aesGcm(iv), key, sealed));
  } catch {
    throw new Broken(IN_PART);
  }
}

function aesGcm(iv: Bytes): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: CONTEXT };
}

/** Throws `Malformed` (E2E-6.8) for a passphrase that is there and empty. */
export function refuseEmpty(passphrase: string | null | undefined): void {
  if (passphrase === "") throw new Malformed("E2E-6.8", "an empty passphrase protects nothing");
}

async function wrapByPassphrase(
  root: Bytes,
  passphrase: string,
  entropy: Entropy,
): Promise<ByPassphrase> {
  if (!passphrase) throw new Malformed("E2E-6.8", "an empty passphrase protects nothing");
  const salt = entropy.draw(SALT_BYTES);
  const nonce = entropy.draw(NONCE_BYTES);
  const door = { salt, passes: PASSES, memory: MEMORY_KIB };
  const cipher = xchacha20poly1305(await passphraseKey(door, passphrase), nonce, contextOf(door));
  return { by: "passphrase", ...door, nonce, sealed: cipher.encrypt(root) as Bytes };
}

type Door = Pick<ByPassphrase, "salt" | "passes" | "memory">;

function contextOf({ salt, passes, memory }: Door): Bytes {
  return concat(CONTEXT, tls.u16(VERSION), tls.u32(passes), tls.u32(memory), salt);
}

/** The same key as in `node/client/seals.py`. Takes seconds: for a worker. */
export async function passphraseKey(door: Door, passphrase: string): Promise<Bytes> {
  const { argon2id } = await import("@noble/hashes/argon2.js"); // few need it
  const costs = { t: door.passes, m: door.memory, p: 1, dkLen: KEY_BYTES };
  return argon2id(utf8(passphrase), door.salt, costs) as Bytes;
}
