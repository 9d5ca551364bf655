/** Pure: which listed devices are missing in which groups (spec DEV-17). */

import { Broken } from "../errors.ts";
import { GRACE_SECONDS, type Pin } from "../keys/private/pins.ts";
import { endOf } from "../keys/public/published.ts";
import { type Bytes, hex, text, utf8 } from "../wire/bytes.ts";
import * as absent from "./absent.ts";
import * as behind from "./behind.ts";
import { type DeviceState, SUITE } from "./device_state.ts";
import { ACCOUNT_KEYS, FOLLOWED, packagelessRow } from "./key_rows.ts";
import type { Leaves } from "./leaves.ts";
import { ABSENT, absentRow } from "./rows.ts";
import * as silence from "./silence.ts";
import * as stops from "./stops.ts";

/** So long after their last leaf went somebody is taken in again by itself; then a person decides. */
const ADDED_FOR_SECONDS = 7 * 86_400;

function written({ keys: { devices } }: Pin): string {
  return `${devices.d}.${devices.n}`;
}

/** The account's own list, and those of people of whom no device is left in a group. */
export class Lists {
  readonly #state: DeviceState;
  readonly #leaves: Leaves;

  constructor(state: DeviceState, leaves: Leaves) {
    this.#state = state;
    this.#leaves = leaves;
  }

  /** Where a device is missing that this one adds, and whose: the newest groups first. */
  async lacking(now: number): Promise<readonly (readonly [string, string])[]> {
    const own = this.#state.actor;
    const found: (readonly [string, string])[] = [];
    const isNew = !(await this.isFollowed());
    if (!isNew && !this.#state.groupsWith("absent").length) return found;
    for (const group of await this.#newest()) {
      if (isNew && (await this.#mayAdd(group, own, now))) found.push([group, own]);
      for (const actor of absent.of(this.#state, group)) {
        const wentLately = await this.#wentLately(group, actor, now);
        if (wentLately && (await this.#mayAdd(group, actor, now))) found.push([group, actor]);
      }
    }
    return found;
  }

  /** Whether their last leaf went not long ago, or one of theirs still stands. */
  async #wentLately(group: string, actor: string, now: number): Promise<boolean> {
    const { since = 0 } = await this.#state.get(absentRow(group, actor), ABSENT);
    return !since || now - since <= ADDED_FOR_SECONDS;
  }

  async #newest(): Promise<readonly string[]> {
    const known = await this.#state.conversations();
    const here = this.#state.groupsWith("group").filter((group) => !known.get(group)?.left);
    const created = (group: string) => known.get(group)?.created ?? 0;
    return here.sort((a, b) => created(b) - created(a) || (a < b ? 1 : -1));
  }

  async #mayAdd(group: string, actor: string, now: number): Promise<boolean> {
    const pin = await this.#pin(actor);
    if (pin === null || pin.forked || pin.anew) return false;
    if (now > endOf(pin.keys) + GRACE_SECONDS) return false;
    if (await stops.isStopped(this.#state, group)) return false;
    if (await behind.isBehind(this.#state, group)) return false;
    return (await this.missing(group, actor)).length > 0;
  }

  /** The signature keys of listed devices that are not in the group, in their order. */
  async missing(group: string, actor: string): Promise<readonly Bytes[]> {
    const pin = await this.#pin(actor);
    if (pin === null || !this.#state.groups.has(group)) return [];
    const members = (await this.#state.groups.session(group)).members();
    const here = new Set(members.map(({ signatureKey }) => hex(signatureKey)));
    const listed = pin.keys.devices.devices.flatMap(({ keys }) => keys);
    return listed
      .filter(({ suite, signatureKey }) => suite === SUITE && !here.has(hex(signatureKey)))
      .map(({ signatureKey }) => signatureKey)
      .sort((a, b) => (hex(a) < hex(b) ? -1 : 1));
  }

  /** Those of which a key package may come: a device that had none is asked for ever more seldom, in all
   * groups together. */
  async toAsk(keys: readonly Bytes[], now: number): Promise<readonly Bytes[]> {
    const found: Bytes[] = [];
    for (const key of keys) {
      if (!(await silence.waits(this.#state, packagelessRow(key), now))) found.push(key);
    }
    return found;
  }

  /** Their packages were asked for, and there was none. */
  async cameNot(keys: readonly Bytes[], now: number): Promise<void> {
    for (const key of keys) await silence.note(this.#state, packagelessRow(key), now);
  }

  /** There was a package of each. */
  came(keys: readonly Bytes[]): void {
    for (const key of keys) this.#state.delete(packagelessRow(key));
  }

  /** Its own account's keys only where this device has a part in them. */
  async #pin(actor: string): Promise<Pin | null> {
    if (actor === this.#state.actor && !this.#state.has(ACCOUNT_KEYS)) return null;
    return this.#leaves.pinOf(actor);
  }

  // -- by which list that was done ----------------------------------------------------------------

  /** Whether all groups were looked at by the account's list as it is now. */
  async isFollowed(): Promise<boolean> {
    const pin = await this.#pin(this.#state.actor);
    if (pin === null) return true;
    const known = await this.#state.read(FOLLOWED);
    return known !== null && text(known) === written(pin);
  }

  /** Now they were. */
  async followed(): Promise<void> {
    const pin = await this.#pin(this.#state.actor);
    if (pin === null) throw new Broken("its account has no list");
    this.#state.write(FOLLOWED, utf8(written(pin)));
  }
}
