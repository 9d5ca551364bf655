/** Pure: what a device keeps of its account's keys, and of those of others (spec DEV-12, DEV-13). */

import { type Bytes, unbase64 } from "../wire/bytes.ts";
import type { Kind } from "./rows.ts";

export const ACCOUNT_KEYS = "account/keys";
export const AWAITED_KEYS = "account/awaited";
/** Until the home node took those of another root. */
export const ACCOUNT_KEYS_BEFORE = "account/keys_before";

/**
 * This device's part in its account's keys, and the newest keys that it knows (spec KEY).
 *
 * `id` and `seal` (the private half) are its own. `rk` is empty once it was written down. `before` is
 * the number d.n.b of the keys in whose place these are still to be put; empty when they were. `fresh`
 * are the archive keys that came with these, 32 bytes each: rows of their own once the home node has
 * them. `accepted`: it had keys of this root; `unlisted`: newer ones have no place for this device.
 */
export interface AccountKeysRow {
  readonly id: Bytes;
  readonly seal: Bytes;
  readonly list_private: Bytes;
  readonly rk: Bytes;
  readonly delegation: Bytes;
  readonly list: Bytes;
  readonly box: Bytes;
  readonly before: string;
  readonly fresh: Bytes;
  readonly accepted: boolean;
  readonly unlisted: boolean;
}

/** Since when (seconds) the account has been seen to have no keys, while others may have. */
export interface AwaitedKeysRow {
  readonly since: number;
}

/**
 * The newest keys of somebody that this device took. `verified`: a person compared numbers; `forked`:
 * others of the same number, which were seen too (KEY-5.1).
 */
export interface PinRow {
  readonly delegation: Bytes;
  readonly list: Bytes;
  readonly verified: boolean;
  readonly forked: Bytes;
}

/** The keys that somebody publishes now, of another root than the pinned one. */
export interface AnewRow {
  readonly delegation: Bytes;
  readonly list: Bytes;
}

type Written = Readonly<Record<string, string>>;

export const ACCOUNT_KEYS_ROW: Kind<AccountKeysRow> = (value) => {
  const row = value as Written;
  const bytes = (name: string) => unbase64(row[name] ?? "");
  return {
    ...(value as AccountKeysRow),
    id: bytes("id"),
    seal: bytes("seal"),
    list_private: bytes("list_private"),
    rk: bytes("rk"),
    delegation: bytes("delegation"),
    list: bytes("list"),
    box: bytes("box"),
    fresh: bytes("fresh"),
  };
};

export const AWAITED_KEYS_ROW: Kind<AwaitedKeysRow> = (value) => value as AwaitedKeysRow;

export const PIN: Kind<PinRow> = (value) => {
  const row = value as Written;
  const bytes = (name: string) => unbase64(row[name] ?? "");
  return {
    ...(value as PinRow),
    delegation: bytes("delegation"),
    list: bytes("list"),
    forked: bytes("forked"),
  };
};

export const ANEW: Kind<AnewRow> = (value) => {
  const row = value as Written;
  const bytes = (name: string) => unbase64(row[name] ?? "");
  return { delegation: bytes("delegation"), list: bytes("list") };
};

export function anewRow(actor: string): string {
  return `anew/${actor}`;
}

export function pinRow(actor: string): string {
  return `pin/${actor}`;
}
