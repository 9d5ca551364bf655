/** Pure: what a device keeps of its account's keys, and of those of others (spec DEV-12 to DEV-17). */

import { type Bytes, hex, unbase64 } from "../wire/bytes.ts";
import type { Kind } from "./rows.ts";

export const ACCOUNT_KEYS = "account/keys";
export const AWAITED_KEYS = "account/awaited";
/** Until the home node took those of another root. */
export const ACCOUNT_KEYS_BEFORE = "account/keys_before";
/** The number d.n of the list by which groups were completed, bare. */
export const FOLLOWED = "account/followed";

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

/**
 * When somebody's keys were asked for and there was an answer (seconds), and whether it was that they
 * publish some. `number` is that of the list by which all their leaves were judged.
 */
export interface LookedRow {
  readonly at: number;
  readonly shown: boolean;
  readonly number: string;
}

/**
 * That nothing came of asking for somebody's keys, or for a key package of a device, or of adding one: when
 * last, and how often in a row.
 */
export interface SilentRow {
  readonly at: number;
  readonly tries: number;
}

/**
 * A leaf of `actor` that is not on their list as far as this device knows it, and since when; `least` is
 * the number of its certificate, empty without one. `asked`: their list was read since.
 */
export interface MetRow {
  readonly actor: string;
  readonly at: number;
  readonly least: string;
  readonly asked: boolean;
}

/**
 * That nothing is sealed to somebody's leaves in a group, and why: the line of KEY-5.2.
 *
 * `remove` are the signature keys of leaves whose removal ends that, all of them or none.
 */
export interface StoppedRow {
  readonly why: string;
  readonly remove: readonly Bytes[];
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

export const LOOKED: Kind<LookedRow> = (value) => value as LookedRow;
export const SILENT: Kind<SilentRow> = (value) => value as SilentRow;
export const MET: Kind<MetRow> = (value) => {
  const { actor, at, least = "", asked = false } = value as MetRow;
  return { actor, at, least, asked };
};

export const STOPPED: Kind<StoppedRow> = (value) => {
  const { why, remove } = value as { readonly why: string; readonly remove: readonly string[] };
  return { why, remove: remove.map(unbase64) };
};

export function anewRow(actor: string): string {
  return `anew/${actor}`;
}

export function pinRow(actor: string): string {
  return `pin/${actor}`;
}

export function lookedRow(actor: string): string {
  return `looked/${actor}`;
}

export function silentRow(actor: string): string {
  return `silent/${actor}`;
}

/** That an Add of the device with that signature key was refused there; a SilentRow. */
export function declinedRow(group: string, key: Bytes): string {
  return `declined/${group}/${hex(key)}`;
}

export function packagelessRow(key: Bytes): string {
  return `packageless/${hex(key)}`;
}

/** `key` is the leaf's signature key. */
export function metRow(group: string, key: Bytes): string {
  return `met/${group}/${hex(key)}`;
}

export function stoppedRow(group: string, actor: string): string {
  return `stopped/${group}/${actor}`;
}
