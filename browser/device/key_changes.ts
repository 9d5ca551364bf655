/** Pure: what makes and changes the keys of an account (spec DEV-12): a part of its own, for it is seldom done. */

import { Conflict, Forbidden, Missing } from "../errors.ts";
import {
  type ArchiveKey,
  type BoxSecret,
  checkKnown,
  openBox,
  sealBox,
} from "../keys/private/box_secret.ts";
import { recoveryKemOf } from "../keys/private/recovery.ts";
import { CERTIFICATE_EXTENSION } from "../keys/public/certificate.ts";
import { type ListedDevice, NOBODY } from "../keys/public/device_list.ts";
import { checkPublished, checkWithBox } from "../keys/public/published.ts";
import type { Client } from "../mls/group.ts";
import { type Bytes, EMPTY, equal } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { checkRecovery, emptyRow, KeyMaker } from "./key_maker.ts";
import {
  ACCOUNT_KEYS,
  ACCOUNT_KEYS_BEFORE,
  ACCOUNT_KEYS_ROW,
  type AccountKeysRow,
} from "./key_rows.ts";
import { certify, delegate, nextDelegation, type SignedKeys } from "./key_signing.ts";
import { archiveKeys, type KnownKeys, knownKeys, NO_KEYS, written } from "./known_keys.ts";
import { archiveKeyRow } from "./rows.ts";

/** Each is called inside a step. */
export class KeyChanges {
  readonly #state: DeviceState;
  readonly #maker: KeyMaker;

  constructor(state: DeviceState) {
    this.#state = state;
    this.#maker = new KeyMaker(state);
  }

  /** Our client with a certificate under the newest delegation. */
  async certified({ published, row }: KnownKeys, now: number): Promise<Client> {
    const key = this.#maker.suiteKey();
    const data = await certify(published, row.id, key, row.list_private, now);
    return this.#state.groups.me.carrying({ type: CERTIFICATE_EXTENSION, data });
  }

  /** The first keys of an account, with this device alone, which it calls `id` (DEV-12.2). */
  begin(id: Bytes, now: number): Promise<void> {
    return this.#begin([], NO_KEYS, id, now);
  }

  /**
   * Another root, in place of what the home node has (DEV-12.10).
   *
   * The archive keys that this device has stay. What it had before is kept until the home node has
   * taken the new keys.
   */
  async beginAnew(told: SignedKeys | null, id: Bytes, now: number): Promise<void> {
    let before = NO_KEYS;
    if (told !== null) {
      const there = await checkPublished(told.delegation, told.list, this.#state.actor);
      before = written(await checkWithBox(there, told.box));
    }
    const row = await this.#row();
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

  /** Let another device in: the next list has it (DEV-12.11). */
  async admit(device: ListedDevice, now: number): Promise<void> {
    const known = await knownKeys(this.#state);
    if (known.row.unlisted) {
      throw new Missing("DEV-12.11", "this device is not on the account's list any more");
    }
    const devices = [...known.published.devices.devices, { ...device, added: now }];
    await this.#maker.change(known, devices, known.secret, now);
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

  /** Sign the list anew, for the same devices. */
  renew(known: KnownKeys, now: number): Promise<void> {
    const { devices } = known.published.devices;
    return this.#maker.change(known, devices, known.secret, now);
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

  #row(): Promise<AccountKeysRow | null> {
    return this.#state.find(ACCOUNT_KEYS, ACCOUNT_KEYS_ROW);
  }

  /** The archive keys that we have are in the box, unless the account began anew since. */
  async #meetArchive(secret: BoxSecret, root: Bytes): Promise<void> {
    const ours = await archiveKeys(this.#state);
    try {
      checkKnown(secret, ours);
    } catch (error) {
      const isNoRefusal = !(error instanceof Forbidden);
      if (isNoRefusal || (await this.#row()) === null) throw error;
      const known = await knownKeys(this.#state);
      if (equal(known.published.delegation.root, root)) throw error;
      for (const { g } of ours) this.#state.delete(archiveKeyRow(g));
    }
  }
}
