/** Pure: the day keys: what was sealed for a day opens for nobody once it is over (spec ARC-3). */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { Malformed, Missing } from "../errors.ts";
import { type Bytes, concat, utf8 } from "../wire/bytes.ts";

const FARTHEST = 367; // days
/** The day of what does not disappear. */
export const LASTING = 0;

export function mac(key: Bytes, message: Bytes): Bytes {
  return hmac(sha256, key, message) as Bytes;
}

/** `X(k, l)`: HKDF-Expand-SHA256 to 32 bytes, which is one block. */
export function expand(key: Bytes, label: string): Bytes {
  return mac(key, concat(utf8(label), Uint8Array.of(1)));
}

/** The number of a day, of milliseconds since 1970. */
export function dayOf(milliseconds: number): number {
  return Math.floor(milliseconds / 86_400_000);
}

/** `C_day`. Whoever has it can make those of all later days, and of no earlier one. */
export interface DayKey {
  readonly day: number;
  readonly key: Bytes;
}

/**
 * As it is today: the caller erases the other one. Of a day that passed, itself.
 *
 * Throws `Malformed` (ARC-3.3) for a day so far away that nobody means it.
 */
export function dayKeyOn(kept: DayKey, today: number): DayKey {
  if (today - kept.day > FARTHEST * 10) {
    throw new Malformed("ARC-3.3", "a day key of many years ago, or a clock that is wrong");
  }
  let key = kept.key;
  for (let day = kept.day; day < today; day++) key = expand(key, "Kith day 1");
  return { day: Math.max(kept.day, today), key };
}

/**
 * The key of what is sealed for `day` under an archive key.
 *
 * Throws `Missing` for a day that is over (ARC-3.2) and where there is no day key (ARC-3.4),
 * `Malformed` (ARC-3.3) for one that is too far away.
 */
export function sealingKey(
  archiveKey: Bytes,
  day: number,
  days: DayKey | null,
  today: number,
): Bytes {
  if (day === LASTING) return expand(archiveKey, "Kith archive seal 1");
  if (day > today + FARTHEST) {
    throw new Malformed("ARC-3.3", "a record of a day that is too far away");
  }
  if (days === null) {
    throw new Missing("ARC-3.4", "this device has no key for what disappears");
  }
  if (day < Math.max(days.day, today)) {
    throw new Missing("ARC-3.2", "its day is over: it opens for nobody any more");
  }
  return mac(dayKeyOn(days, day).key, archiveKey);
}
