/** Pure: how records are named and sealed: XChaCha20-Poly1305 under the archive keys (spec ARC-2). */

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";

import { Malformed, Missing, TooMuch, Unproven } from "../errors.ts";
import type { Entropy } from "../mls/private/entropy.ts";
import { paddedSize } from "../mls/private/protect.ts";
import { type Bytes, concat, equal, utf8 } from "../wire/bytes.ts";
import * as tls from "../wire/tls.ts";
import { type DayKey, expand, LASTING, mac, sealingKey } from "./days.ts";
import { encode, KINDS, type Record, read } from "./record.ts";

const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const LARGEST_SEALED = 96 * 1024;
const LABEL = tls.opaque(utf8("Kith archive 1"));

/** `AK_g`: one generation of an account's archive key. */
export interface ArchiveKey {
  readonly generation: number;
  readonly key: Bytes;
}

/** A record as the node keeps it. `day`: when it disappears, or 0. */
export interface Sealed {
  readonly name: Bytes;
  readonly generation: number;
  readonly day: number;
  readonly body: Bytes;
}

/** What a record, or a state, is called at the node (ARC-2.2). */
export function nameUnder({ key }: ArchiveKey, what: Record): Bytes {
  const label = what.kind === KINDS.state ? "Kith state name 1" : "Kith archive name 1";
  const named = concat(
    tls.opaque(what.group),
    tls.opaque(utf8(what.actor)),
    tls.opaque(utf8(what.id)),
  );
  return mac(expand(key, label), named);
}

/** The archive keys of a device, and its day key if it has one. */
export class Keyring {
  readonly #keys: readonly ArchiveKey[]; // the newest first
  readonly #dayKey: DayKey | null;

  constructor(keys: Iterable<ArchiveKey>, dayKey: DayKey | null = null) {
    this.#keys = [...keys].sort((a, b) => b.generation - a.generation);
    this.#dayKey = dayKey;
  }

  /** Under which a device seals now. */
  get newest(): ArchiveKey {
    const [newest] = this.#keys;
    if (!newest) throw new Missing("ARC-2.1", "this device has no key of the archive");
    return newest;
  }

  /** What it may be called, the newest name first: it may stand there already (ARC-6.2). */
  names(what: Record): readonly Bytes[] {
    return this.#keys.map((key) => nameUnder(key, what));
  }

  /** For the node. Throws `TooMuch` (ARC-2.5), and as `sealingKey`. */
  seal(what: Record, entropy: Entropy, today: number, day = LASTING): Sealed {
    const plain = encode(what);
    const padded = new Uint8Array(paddedSize(plain.length));
    padded.set(plain);
    if (padded.length > LARGEST_SEALED - NONCE_BYTES - TAG_BYTES) {
      throw new TooMuch("ARC-2.5", "this is too long to be kept in the archive");
    }
    const { generation, key } = this.newest;
    const name = nameUnder(this.newest, what);
    const secret = sealingKey(key, day, this.#dayKey, today);
    const nonce = entropy.draw(NONCE_BYTES);
    const cipher = xchacha20poly1305(secret, nonce, place(generation, day, name));
    return { name, generation, day, body: concat(nonce, cipher.encrypt(padded) as Bytes) };
  }

  /**
   * What the node kept.
   *
   * Throws `Missing` (ARC-2.1) for a generation that this device does not have, `Unproven` (ARC-2.4)
   * for what was altered or swapped, `TooMuch` (ARC-2.5), `Malformed` (ARC-1.2), and as
   * `sealingKey`.
   */
  open(sealed: Sealed, today: number): Record {
    const { name, generation, day, body } = sealed;
    if (body.length > LARGEST_SEALED) throw new TooMuch("ARC-2.5", "a record that is too long");
    const kept = this.#keys.find((each) => each.generation === generation);
    if (!kept) {
      throw new Missing("ARC-2.1", "a record under a key that this device does not have");
    }
    const secret = sealingKey(kept.key, day, this.#dayKey, today);
    const padded = opened(secret, place(generation, day, name), body);
    const [found, size] = read(padded);
    if (paddedSize(size) !== padded.length) {
      throw new Malformed("ARC-2.4", "a record that is padded in another way");
    }
    if (!equal(nameUnder(kept, found), name)) {
      throw new Unproven("ARC-2.4", "a record that stands in the place of another");
    }
    return found;
  }
}

function opened(secret: Bytes, aad: Bytes, body: Bytes): Bytes {
  try {
    const cipher = xchacha20poly1305(secret, body.subarray(0, NONCE_BYTES), aad);
    return cipher.decrypt(body.subarray(NONCE_BYTES)) as Bytes;
  } catch {
    throw new Unproven("ARC-2.4", "a record that was altered, or is none of ours");
  }
}

function place(generation: number, day: number, name: Bytes): Bytes {
  return concat(LABEL, tls.u32(generation), tls.u32(day), name);
}
