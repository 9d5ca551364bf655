/**
 * Pure: what a device keeps of its account's keys: made, taken over, changed (spec DEV-12).
 *
 * Changes are signed upon the newest keys that are known; until they are at the home node `before`
 * says in whose place. When others were quicker theirs are taken, and the change is made upon those.
 */

import { Forbidden, Missing } from "../errors.ts";
import { checkKnown, openBox } from "../keys/private/box_secret.ts";
import { CERTIFICATE_EXTENSION, parseLeafExtension } from "../keys/public/certificate.ts";
import { RENEW_SECONDS } from "../keys/public/device_list.ts";
import type { KeyBox } from "../keys/public/key_box.ts";
import {
  checkCountedOn,
  checkPublished,
  checkWithBox,
  type Published,
} from "../keys/public/published.ts";
import { loaded } from "../loaded.ts";
import type { Client } from "../mls/group.ts";
import { keyPair } from "../mls/private/hpke.ts";
import { find } from "../mls/public/extensions.ts";
import { type Bytes, EMPTY, equal } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import type { KeyChanges } from "./key_changes.ts";
import {
  ACCOUNT_KEYS,
  ACCOUNT_KEYS_BEFORE,
  ACCOUNT_KEYS_ROW,
  type AccountKeysRow,
  AWAITED_KEYS,
  AWAITED_KEYS_ROW,
} from "./key_rows.ts";
import type { PutKeys, SignedKeys } from "./key_signing.ts";
import {
  archiveKeys,
  freshKeys,
  isFork,
  type KnownKeys,
  knownKeys,
  NO_KEYS,
  ownRow,
  signedOf,
  written,
} from "./known_keys.ts";
import { archiveKeyRow } from "./rows.ts";

const AWAITED_SECONDS = 30 * 86_400;
const OTHER_ROOT =
  "the home node shows another root than the one of this device: somebody began the account anew," +
  " or the node shows false keys; nothing of it is taken";
const FORKED =
  "the home node shows another list of devices than the one that was put, under one number: the" +
  " node shows false keys, or somebody has the list key; revoke what is not yours";

function sameKeys(one: SignedKeys, other: SignedKeys): boolean {
  const { delegation, list, box } = other;
  return equal(one.delegation, delegation) && equal(one.list, list) && equal(one.box, box);
}

function isOlder(one: KeyBox, other: KeyBox): boolean {
  return (one.d - other.d || one.n - other.n || one.b - other.b) < 0;
}

/** A device's part in the keys of its account. What changes them is called inside a step. */
export class AccountKeys {
  readonly #state: DeviceState;

  constructor(state: DeviceState) {
    this.#state = state;
  }

  /** What makes and changes them, which is loaded when it is wanted. */
  async changes(): Promise<KeyChanges> {
    const { KeyChanges } = await loaded(import("./key_changes.ts"));
    return new KeyChanges(this.#state);
  }

  row(): Promise<AccountKeysRow | null> {
    return this.#state.find(ACCOUNT_KEYS, ACCOUNT_KEYS_ROW);
  }

  /** Whether this device is on the account's list, for all that it knows. */
  async isListed(): Promise<boolean> {
    return (await this.row())?.unlisted === false;
  }

  /** The newest keys of the account, as anybody may see them. Throws `Missing` (DEV-12.1). */
  async published(): Promise<Published> {
    const row = await ownRow(this.#state);
    return checkPublished(row.delegation, row.list, this.#state.actor);
  }

  /** The recovery key. Throws `Missing` (DEV-12.4) once it was written down. */
  async recoveryKey(): Promise<Bytes> {
    const row = await ownRow(this.#state);
    if (!row.rk.length) {
      throw new Missing(
        "DEV-12.4",
        "the recovery key was written down, and no device has it any more: it is on paper",
      );
    }
    return row.rk;
  }

  /** What is to be put at the home node. */
  async owed(): Promise<PutKeys | null> {
    const row = await this.row();
    if (!row?.before) return null;
    return { keys: signedOf(row), before: row.before };
  }

  /** Our client with a certificate under the newest delegation; null when it has one. */
  async certified(now: number): Promise<Client | null> {
    if (!(await this.isListed())) return null;
    const known = await knownKeys(this.#state);
    const carried = find(this.#state.groups.me.extensions, CERTIFICATE_EXTENSION);
    if (carried !== null) {
      const above = parseLeafExtension(carried).delegation;
      if (equal(above.content, known.published.signedDelegation.content)) return null;
    }
    return (await this.changes()).certified(known, now);
  }

  // -- what changes -------------------------------------------------------------------------------

  /**
   * Whether this device makes the first keys of its account, which has none (DEV-12.2).
   *
   * Not while other devices, where it is not `alone`, may still put those that they hold.
   */
  async mayBegin(alone: boolean, now: number): Promise<boolean> {
    if (alone) return true;
    let row = await this.#state.find(AWAITED_KEYS, AWAITED_KEYS_ROW);
    if (row === null) {
      row = { since: now };
      this.#state.put(AWAITED_KEYS, row);
    }
    return now - row.since >= AWAITED_SECONDS;
  }

  /** The account has keys: a later loss of them is waited out from its own beginning. */
  awaitNone(): void {
    if (this.#state.has(AWAITED_KEYS)) this.#state.delete(AWAITED_KEYS);
  }

  /**
   * What the home node has: ours, older ones, or newer ones, which are taken (DEV-12.3).
   *
   * Throws `Forbidden` (DEV-12.3) for keys of another root, or forked ones: nothing is taken.
   */
  async meet(told: SignedKeys | null): Promise<void> {
    const known = await knownKeys(this.#state);
    // It was put back from a copy that is older than our keys.
    if (told === null) return this.#owe(known.row, NO_KEYS);
    const there = await checkPublished(told.delegation, told.list, this.#state.actor);
    const box = await checkWithBox(there, told.box);
    if (!equal(there.delegation.root, known.published.delegation.root)) {
      if (known.row.accepted) throw new Forbidden("DEV-12.3", OTHER_ROOT);
      return this.forget();
    }
    if (sameKeys(told, signedOf(known.row))) return this.#owe(known.row, "");
    if (isOlder(box, known.box)) return this.#owe(known.row, written(box));
    if (!known.row.before && isFork(known.published, there)) {
      throw new Forbidden("DEV-12.3", FORKED);
    }
    await this.#take(known, there, box, told);
  }

  /**
   * What was made here is nobody's; what this device had before stands again, if anything.
   *
   * Keys that the home node took once stay.
   */
  async forget(): Promise<void> {
    const row = await this.row();
    if (row === null || row.accepted) return;
    const before = await this.#state.find(ACCOUNT_KEYS_BEFORE, ACCOUNT_KEYS_ROW);
    if (before === null) return this.#state.delete(ACCOUNT_KEYS);
    this.#state.put(ACCOUNT_KEYS, before);
    this.#state.delete(ACCOUNT_KEYS_BEFORE);
  }

  /** Sign the list anew when it ends in 20 days or less (DEV-12.5); whether it was. */
  async renew(now: number): Promise<boolean> {
    const known = await knownKeys(this.#state);
    const { notAfter } = known.published.devices;
    if (known.row.unlisted || notAfter - now >= RENEW_SECONDS) return false;
    await (await this.changes()).renew(known, now);
    return true;
  }

  // -- how ----------------------------------------------------------------------------------------

  async #owe(row: AccountKeysRow, before: string): Promise<void> {
    let changed: AccountKeysRow = { ...row, before };
    if (!before) {
      changed = { ...changed, accepted: true, fresh: EMPTY };
      for (const { g, key } of await freshKeys(this.#state, row)) {
        this.#state.write(archiveKeyRow(g), key);
      }
      this.#state.delete(ACCOUNT_KEYS_BEFORE);
    }
    const isSame = row.before === before && (before || (row.accepted && !row.fresh.length));
    if (!isSame) this.#state.put(ACCOUNT_KEYS, changed);
  }

  async #take(known: KnownKeys, there: Published, box: KeyBox, told: SignedKeys): Promise<void> {
    const { row } = known;
    checkCountedOn(there, known.published);
    if (!box.entries.some(({ to }) => equal(to, row.id))) {
      this.#state.put(ACCOUNT_KEYS, { ...row, before: "", fresh: EMPTY, unlisted: true });
      return;
    }
    const pair = await keyPair(row.seal);
    const secret = await openBox(box, row.id, pair, there.delegation.listKey);
    checkKnown(secret, await archiveKeys(this.#state));
    for (const { g, key } of secret.archive) {
      const name = archiveKeyRow(g);
      if (!this.#state.has(name)) this.#state.write(name, key);
    }
    this.#state.put(ACCOUNT_KEYS, {
      ...row,
      list_private: secret.listPrivate,
      rk: secret.rk,
      ...told,
      before: "",
      fresh: EMPTY,
      accepted: true,
      unlisted: false,
    });
    // What was erased here is never taken back, and goes out of the box again.
    if (!row.rk.length) await (await this.changes()).writeDown();
  }
}
