/** Pure: a device and the keys of its account and of others, each happening a step (spec DEV-12, DEV-13). */

import type { Line, Pin, SeenList } from "../keys/private/pins.ts";
import type { ListedDevice } from "../keys/public/device_list.ts";
import type { Published } from "../keys/public/published.ts";
import type { Bytes } from "../wire/bytes.ts";
import type { AccountKeys } from "./account_keys.ts";
import type { Turns } from "./device_archive.ts";
import type { DeviceState } from "./device_state.ts";
import type { KeyChanges } from "./key_changes.ts";
import type { AccountKeysRow } from "./key_rows.ts";
import type { PutKeys, SignedKeys } from "./key_signing.ts";
import type { Pins } from "./pins.ts";
import { CLIENT } from "./rows.ts";

/** What the program may ask of a device about keys. */
export class DeviceKeys {
  readonly #state: DeviceState;
  readonly #turns: Turns;
  readonly #keys: AccountKeys;
  readonly #pins: Pins;

  constructor(state: DeviceState, keys: AccountKeys, pins: Pins, turns: Turns) {
    this.#state = state;
    this.#turns = turns;
    this.#keys = keys;
    this.#pins = pins;
  }

  /** A step that changes them. */
  #change<T>(work: (keys: KeyChanges) => Promise<T>): Promise<T> {
    return this.#turns.step(async () => work(await this.#keys.changes()));
  }

  /** This device's part in them; null when it was never on its account's list. */
  row(): Promise<AccountKeysRow | null> {
    return this.#turns.inTurn(() => this.#keys.row());
  }

  /** The newest keys of the account that this device knows. Throws `Missing` (DEV-12.1). */
  published(): Promise<Published> {
    return this.#turns.inTurn(() => this.#keys.published());
  }

  /** Throws `Missing` (DEV-12.1, and DEV-12.4 once it was written down). */
  recoveryKey(): Promise<Bytes> {
    return this.#turns.inTurn(() => this.#keys.recoveryKey());
  }

  /** Keys that are to be put at the home node. */
  owed(): Promise<PutKeys | null> {
    return this.#turns.inTurn(() => this.#keys.owed());
  }

  /** Whether nobody else of the account can be waited for any more (DEV-12.2). */
  mayBegin(alone: boolean, now: number): Promise<boolean> {
    return this.#turns.step(() => this.#keys.mayBegin(alone, now));
  }

  /** The account has keys. */
  awaitNone(): Promise<void> {
    return this.#turns.step(async () => this.#keys.awaitNone());
  }

  /** The first keys of the account, with this device alone (DEV-12.2). */
  begin(id: Bytes, now: number): Promise<void> {
    return this.#change((keys) => keys.begin(id, now));
  }

  /** Another root, in place of what the home node has (DEV-12.10). */
  beginAnew(told: SignedKeys | null, id: Bytes, now: number): Promise<void> {
    return this.#change((keys) => keys.beginAnew(told, id, now));
  }

  /** What the home node has (DEV-12.3). Throws `Forbidden` for what is not to be believed. */
  meet(told: SignedKeys | null, now: number): Promise<void> {
    return this.#turns.step(async () => {
      await this.#keys.meet(told);
      if (await this.#keys.isListed()) await this.#keys.renew(now);
    });
  }

  /** They cannot be the account's (DEV-12.2). */
  drop(): Promise<void> {
    return this.#turns.step(() => this.#keys.forget());
  }

  /** The recovery key is on paper, and no device needs it any more (DEV-12.4). */
  writeDown(): Promise<void> {
    return this.#change((keys) => keys.writeDown());
  }

  /** Let another device of the account in (DEV-12.11). */
  admit(device: ListedDevice, now: number): Promise<void> {
    return this.#change((keys) => keys.admit(device, now));
  }

  /** Take another device off the account's list (DEV-12.6). */
  unlist(id: Bytes, rk: Bytes | null, now: number): Promise<void> {
    return this.#change((keys) => keys.remove(id, rk, now));
  }

  /** Another list key, for the same devices (DEV-12.6). */
  redelegate(rk: Bytes, now: number): Promise<void> {
    return this.#change((keys) => keys.redelegate(rk, now));
  }

  /** Put this device on the list by the recovery key; who is taken off it (DEV-12.7). */
  recover(
    told: SignedKeys,
    id: Bytes,
    rk: Bytes,
    now: number,
    keep: readonly Bytes[] = [],
  ): Promise<readonly Bytes[]> {
    return this.#change((keys) => keys.recover(told, id, rk, now, keep));
  }

  /** New leaves carry the newest certificate (DEV-12.8). */
  async certify(now: number): Promise<void> {
    await this.#turns.inTurn(async () => {
      const me = await this.#keys.certified(now);
      if (me === null) return;
      await this.#state.step(async () => this.#state.write(CLIENT, me.dump()));
      this.#state.groups.me = me;
    });
  }

  // -- the keys of others -------------------------------------------------------------------------

  /** The keys of `actor` that this device took. */
  pinOf(actor: string): Promise<Pin | null> {
    return this.#turns.inTurn(() => this.#pins.of(actor));
  }

  /** What is to be done with keys that were fetched or shown (KEY-5.1). */
  see(actor: string, keys: Published): Promise<Line<SeenList>> {
    return this.#turns.step(() => this.#pins.see(actor, keys));
  }

  /** A person compared the safety numbers (DEV-13.2). */
  verify(actor: string): Promise<void> {
    return this.#turns.step(() => this.#pins.verify(actor));
  }
}
