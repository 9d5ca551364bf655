/** Pure: how a device makes keys of its account: what it draws, its own entry, the next list (spec DEV-12). */

import { Forbidden } from "../errors.ts";
import { type ArchiveKey, type BoxSecret, MOST_GENERATIONS } from "../keys/private/box_secret.ts";
import { rootOf } from "../keys/private/recovery.ts";
import type { ListedDevice, SuiteKey } from "../keys/public/device_list.ts";
import type { Published } from "../keys/public/published.ts";
import { keyPair } from "../mls/private/hpke.ts";
import { type Bytes, concat, EMPTY, equal } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { ACCOUNT_KEYS, type AccountKeysRow } from "./key_rows.ts";
import { listDevices } from "./key_signing.ts";
import { archiveKeys, type KnownKeys, written } from "./known_keys.ts";

const SUITE = 1;

export class KeyMaker {
  readonly #state: DeviceState;

  constructor(state: DeviceState) {
    this.#state = state;
  }

  draw(): Bytes {
    return this.#state.entropy.draw(32);
  }

  /**
   * With one more, where a box has room for it: who had the list key may have filled it up, and is
   * thrown out all the same (DEV-12.6).
   */
  anotherKey(archive: readonly ArchiveKey[]): readonly ArchiveKey[] {
    if (archive.length >= MOST_GENERATIONS) return archive;
    return [...archive, { g: archive.length + 1, key: this.draw() }];
  }

  suiteKey(): SuiteKey {
    return { suite: SUITE, signatureKey: this.#state.groups.me.signature.public };
  }

  /** This device, as a list has it. */
  async device(id: Bytes, seal: Bytes, added: number): Promise<ListedDevice> {
    return { id, seal: (await keyPair(seal)).public, keys: [this.suiteKey()], added };
  }

  /** The next list of the same delegation. */
  async change(
    known: KnownKeys,
    devices: readonly ListedDevice[],
    secret: BoxSecret,
    now: number,
  ): Promise<void> {
    const { row, published, box } = known;
    const before = row.before || written(box);
    const n = published.devices.n + 1;
    await this.sign(row, row.delegation, n, devices, secret, before, now);
  }

  /** List and box under a delegation; they are kept, and owed to the home node. */
  async sign(
    row: AccountKeysRow,
    above: Bytes,
    n: number,
    devices: readonly ListedDevice[],
    secret: BoxSecret,
    before: string,
    now: number,
  ): Promise<void> {
    const { actor, entropy } = this.#state;
    const made = await listDevices(above, actor, n, devices, secret, entropy, now);
    const there = (await archiveKeys(this.#state)).length;
    this.#state.put(ACCOUNT_KEYS, {
      ...row,
      list_private: secret.listPrivate,
      rk: secret.rk,
      delegation: above,
      list: made.list,
      box: made.box,
      before,
      fresh: concat(...secret.archive.slice(there).map(({ key }) => key)),
      unlisted: false,
    });
  }
}

/** The recovery key is that of the root. */
export async function checkRecovery(rk: Bytes, there: Published): Promise<void> {
  if (!equal((await rootOf(rk)).public, there.delegation.root)) {
    throw new Forbidden("DEV-12.7", "that is the recovery key of another account, or an old one");
  }
}

/** A device's part in keys that are not made yet. */
export function emptyRow(id: Bytes, seal: Bytes): AccountKeysRow {
  const none = { list_private: EMPTY, rk: EMPTY, delegation: EMPTY, list: EMPTY, box: EMPTY };
  const stands = { before: "", fresh: EMPTY, accepted: false, unlisted: false };
  return { id, seal, ...none, ...stands };
}
