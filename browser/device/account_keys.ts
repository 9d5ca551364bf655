/**
 * Pure: what a device keeps of its account's keys: made, taken over, changed (spec DEV-12).
 *
 * Changes are signed upon the newest keys that are known; until they are at the home node `before`
 * says in whose place. When others were quicker theirs are taken, and the change is made upon those.
 */

import { Conflict, Forbidden, Missing } from "../errors.ts";
import {
  type ArchiveKey,
  type BoxSecret,
  checkKnown,
  openBox,
  sealBox,
} from "../keys/private/box_secret.ts";
import { recoveryKemOf } from "../keys/private/recovery.ts";
import { CERTIFICATE_EXTENSION, parseLeafExtension } from "../keys/public/certificate.ts";
import { type ListedDevice, NOBODY, RENEW_SECONDS } from "../keys/public/device_list.ts";
import type { KeyBox } from "../keys/public/key_box.ts";
import {
  checkCountedOn,
  checkPublished,
  checkWithBox,
  type Published,
} from "../keys/public/published.ts";
import type { Client } from "../mls/index.ts";
import { keyPair } from "../mls/private/hpke.ts";
import { find } from "../mls/public/extensions.ts";
import { type Bytes, EMPTY, equal } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { checkRecovery, emptyRow, KeyMaker } from "./key_maker.ts";
import {
  ACCOUNT_KEYS,
  ACCOUNT_KEYS_BEFORE,
  ACCOUNT_KEYS_ROW,
  type AccountKeysRow,
  AWAITED_KEYS,
  AWAITED_KEYS_ROW,
} from "./key_rows.ts";
import { certify, delegate, nextDelegation, type PutKeys, type SignedKeys } from "./key_signing.ts";
import {
  archiveKeys,
  freshKeys,
  isFork,
  type KnownKeys,
  knownKeys,
  ownRow,
  signedOf,
  written,
} from "./known_keys.ts";
import { archiveKeyRow } from "./rows.ts";

const NONE = "0.0.0";
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
  readonly #maker: KeyMaker;

  constructor(state: DeviceState) {
    this.#state = state;
    this.#maker = new KeyMaker(state);
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
    const { me } = this.#state.groups;
    const there = known.published;
    const carried = find(me.extensions, CERTIFICATE_EXTENSION);
    if (carried !== null) {
      const above = parseLeafExtension(carried).delegation;
      if (equal(above.content, there.signedDelegation.content)) return null;
    }
    const { id, list_private } = known.row;
    const data = await certify(there, id, this.#maker.suiteKey(), list_private, now);
    return me.carrying({ type: CERTIFICATE_EXTENSION, data });
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

  /** The first keys of an account, with this device alone, which it calls `id` (DEV-12.2). */
  begin(id: Bytes, now: number): Promise<void> {
    return this.#begin([], NONE, id, now);
  }

  /**
   * Another root, in place of what the home node has (DEV-12.10).
   *
   * The archive keys that this device has stay. What it had before is kept until the home node has
   * taken the new keys.
   */
  async beginAnew(told: SignedKeys | null, id: Bytes, now: number): Promise<void> {
    let before = NONE;
    if (told !== null) {
      const there = await checkPublished(told.delegation, told.list, this.#state.actor);
      before = written(await checkWithBox(there, told.box));
    }
    const row = await this.row();
    if (row?.accepted) this.#state.put(ACCOUNT_KEYS_BEFORE, row);
    await this.#begin(await archiveKeys(this.#state), before, id, now);
  }

  async #begin(had: readonly ArchiveKey[], before: string, id: Bytes, now: number): Promise<void> {
    const [seal, rk] = [this.#maker.draw(), this.#maker.draw()];
    const archive = this.#maker.anotherKey(had);
    const secret = { listPrivate: this.#maker.draw(), archive, rk };
    const device = await this.#maker.device(id, seal, now);
    const above = await delegate(this.#state.actor, rk, 1, secret.listPrivate, now);
    await this.#maker.sign(emptyRow(id, seal), above, 1, [device], secret, before, now);
  }

  /**
   * What the home node has: ours, older ones, or newer ones, which are taken (DEV-12.3).
   *
   * Throws `Forbidden` (DEV-12.3) for keys of another root, or forked ones: nothing is taken.
   */
  async meet(told: SignedKeys | null): Promise<void> {
    const known = await knownKeys(this.#state);
    // It was put back from a copy that is older than our keys.
    if (told === null) return this.#owe(known.row, NONE);
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

  /** Let another device in: the next list has it (DEV-12.11). */
  async admit(device: ListedDevice, now: number): Promise<void> {
    const known = await knownKeys(this.#state);
    if (known.row.unlisted) {
      throw new Missing("DEV-12.11", "this device is not on the account's list any more");
    }
    const devices = [...known.published.devices.devices, { ...device, added: now }];
    await this.#maker.change(known, devices, known.secret, now);
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

  /** The recovery key is on paper: the box forgets it, and so does this device (DEV-12.4). */
  async writeDown(): Promise<void> {
    const { row, published, box, secret } = await knownKeys(this.#state);
    if (!row.rk.length) return;
    const bare = { ...secret, rk: EMPTY };
    const { devices, delegation } = published;
    const { entropy } = this.#state;
    const made = await sealBox(devices, box.b + 1, delegation.recoveryKem, bare, entropy);
    const before = row.before || written(box);
    this.#state.put(ACCOUNT_KEYS, { ...row, rk: EMPTY, box: made.encode(), before });
  }

  /** Sign the list anew when it ends in 20 days or less (DEV-12.5); whether it was. */
  async renew(now: number): Promise<boolean> {
    const known = await knownKeys(this.#state);
    const { devices, notAfter } = known.published.devices;
    if (known.row.unlisted || notAfter - now >= RENEW_SECONDS) return false;
    await this.#maker.change(known, devices, known.secret, now);
    return true;
  }

  /**
   * Take a device off the list, with a new archive key (DEV-12.6).
   *
   * With the recovery key the list key is another one too: without it whoever has that device can
   * still sign lists. Throws `Missing` for a device that is not listed, `Conflict` for this one,
   * `Forbidden` for the recovery key of another account.
   */
  async remove(id: Bytes, rk: Bytes | null, now: number): Promise<void> {
    const known = await knownKeys(this.#state);
    const { devices } = known.published.devices;
    if (equal(id, known.row.id)) {
      throw new Conflict("DEV-12.6", "this is the device you are at: revoke it from another one");
    }
    const left = devices.filter((device) => !equal(device.id, id));
    if (left.length === devices.length) {
      throw new Missing("DEV-12.6", "the account's list has no such device");
    }
    await this.#rotate(known, left, rk, now);
  }

  /** Another list key and archive key, for the same devices (DEV-12.6). */
  async redelegate(rk: Bytes, now: number): Promise<void> {
    const known = await knownKeys(this.#state);
    await this.#rotate(known, known.published.devices.devices, rk, now);
  }

  async #rotate(
    known: KnownKeys,
    devices: readonly ListedDevice[],
    rk: Bytes | null,
    now: number,
  ): Promise<void> {
    const { secret: old, row, published } = known;
    // One that nobody has seen yet is new enough.
    const archive = row.fresh.length ? old.archive : this.#maker.anotherKey(old.archive);
    if (rk === null) return this.#maker.change(known, devices, { ...old, archive }, now);
    await checkRecovery(rk, published);
    const secret = { listPrivate: this.#maker.draw(), archive, rk: old.rk };
    const d = nextDelegation(published.delegation.d, now);
    const above = await delegate(this.#state.actor, rk, d, secret.listPrivate, now);
    const before = row.before || written(known.box);
    await this.#maker.sign(row, above, 1, devices, secret, before, now);
  }

  /**
   * Come back with the recovery key: this device alone, and whom it keeps (DEV-12.7).
   *
   * Always under a new delegation and with a new archive key, so that it works whatever lists a thief
   * signed meanwhile. The ids of who is taken off the list are returned.
   */
  async recover(
    told: SignedKeys,
    id: Bytes,
    rk: Bytes,
    now: number,
    keep: readonly Bytes[] = [],
  ): Promise<readonly Bytes[]> {
    const there = await checkPublished(told.delegation, told.list, this.#state.actor);
    const box = await checkWithBox(there, told.box);
    await checkRecovery(rk, there);
    const found = await openBox(box, NOBODY, await recoveryKemOf(rk), there.delegation.listKey);
    const seal = this.#maker.draw();
    const device = await this.#maker.device(id, seal, now);
    const isKept = (one: ListedDevice) => keep.some((each) => equal(each, one.id));
    const others = there.devices.devices.filter((one) => !equal(one.id, id));
    const kept = others.filter(isKept);
    if (kept.length < keep.filter((each) => !equal(each, id)).length) {
      throw new Missing("DEV-12.7", "the account's list has no such device to be kept");
    }
    await this.#meetArchive(found, there.delegation.root);
    const archive = this.#maker.anotherKey(found.archive);
    const secret = { listPrivate: this.#maker.draw(), archive, rk: EMPTY };
    const d = nextDelegation(there.delegation.d, now);
    const above = await delegate(this.#state.actor, rk, d, secret.listPrivate, now);
    const row = emptyRow(id, seal);
    await this.#maker.sign(row, above, 1, [...kept, device], secret, written(box), now);
    return others.filter((one) => !isKept(one)).map((one) => one.id);
  }

  // -- how ----------------------------------------------------------------------------------------

  /** The archive keys that we have are in the box, unless the account began anew since. */
  async #meetArchive(secret: BoxSecret, root: Bytes): Promise<void> {
    const ours = await archiveKeys(this.#state);
    try {
      checkKnown(secret, ours);
    } catch (error) {
      const isNoRefusal = !(error instanceof Forbidden);
      if (isNoRefusal || (await this.row()) === null) throw error;
      const known = await knownKeys(this.#state);
      if (equal(known.published.delegation.root, root)) throw error;
      for (const { g } of ours) this.#state.delete(archiveKeyRow(g));
    }
  }

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
    if (!row.rk.length) await this.writeDown();
  }
}
