/** Pure: which listed devices are missing in which groups (spec DEV-17). */

import { sha256 } from "@noble/hashes/sha2.js";

import { GRACE_SECONDS, type Pin } from "../keys/private/pins.ts";
import { endOf } from "../keys/public/published.ts";
import { type Bytes, concat, equal, hex, text, unhex, utf8 } from "../wire/bytes.ts";
import { uuidOf } from "../wire/ids.ts";
import { u32 } from "../wire/tls.ts";
import * as absent from "./absent.ts";
import * as behind from "./behind.ts";
import * as declined from "./declined.ts";
import { type DeviceState, SUITE } from "./device_state.ts";
import { actorOf } from "./groups.ts";
import { ACCOUNT_KEYS, declinedRow, FOLLOWED, MET, metRow, packagelessRow } from "./key_rows.ts";
import type { Leaves } from "./leaves.ts";
import { ABSENT, absentRow } from "./rows.ts";
import * as silence from "./silence.ts";
import * as stops from "./stops.ts";

/** So long one device after the other has its turn to take out who is on no list (DEV-17.3). */
const OWN_SECONDS = 60;
const OTHERS_SECONDS = 30;
const OTHERS_BEGIN_SECONDS = 600;
/** So long after their last leaf went somebody is taken in again by itself; then a person decides. */
const ADDED_FOR_SECONDS = 7 * 86_400;

function written({ keys: { devices } }: Pin): string {
  return `${devices.d}.${devices.n}`;
}

/** The rows that say that a device had no package, or could not be added there. */
function inVain(group: string, key: Bytes): readonly string[] {
  return [packagelessRow(key), declinedRow(group, key)];
}

/** This device began it, or was added: its account's other devices may be missing there. */
export function cameIntoAGroup(state: DeviceState): void {
  state.delete(FOLLOWED);
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

  /** The signature keys of listed devices that are not in the group, nor on their way, in their order. */
  async missing(group: string, actor: string): Promise<readonly Bytes[]> {
    const out = await this.#out(group, actor);
    const coming = out.length ? await declined.onTheirWay(this.#state, group) : [];
    return out.filter((key) => !coming.some((other) => equal(key, other)));
  }

  /** Those of them that are not in it. */
  async #out(group: string, actor: string): Promise<readonly Bytes[]> {
    if (!this.#state.groups.has(group)) return [];
    const members = (await this.#state.groups.session(group)).members();
    const here = new Set(members.map(({ signatureKey }) => hex(signatureKey)));
    const listed = [...(await this.named(actor)).keys()];
    return listed
      .filter((key) => !here.has(key))
      .sort()
      .map(unhex);
  }

  /** What their home node calls the listed devices of an actor, by signature key in hex. */
  async named(actor: string): Promise<ReadonlyMap<string, string>> {
    const devices = (await this.#pin(actor))?.keys.devices.devices ?? [];
    return new Map(
      devices.flatMap(({ id, keys }) =>
        keys
          .filter(({ suite }) => suite === SUITE)
          .map(({ signatureKey }) => [hex(signatureKey), uuidOf(id)] as const),
      ),
    );
  }

  /** Whether all devices of our own account in a group are listed, or stood in a `former` one. */
  async knowsOwn(group: string, former: readonly string[]): Promise<boolean> {
    if (!former.length) return true;
    const known = new Set((await this.named(this.#state.actor)).keys());
    for (const one of former) for (const key of await this.#own(one)) known.add(key);
    return (await this.#own(group)).every((key) => known.has(key));
  }

  /** The signature keys, in hex, of the other devices of our own account there. */
  async #own(group: string): Promise<readonly string[]> {
    const session = await this.#state.groups.session(group);
    return session
      .members()
      .filter((one) => one.leaf !== session.ownLeaf && actorOf(one) === this.#state.actor)
      .map(({ signatureKey }) => hex(signatureKey));
  }

  // -- who takes out whom no list has -------------------------------------------------------------

  /** The groups in which it is this device's turn to take out leaves that no list has, though nothing is
   * owed there that would do it: the newest first. */
  async overdue(now: number): Promise<readonly string[]> {
    const doubted = new Set(this.#state.groupsWith("stopped"));
    for (const group of this.#state.groupsWith("owed")) doubted.delete(group);
    const found: string[] = [];
    for (const group of doubted.size ? await this.#newest() : []) {
      if (doubted.has(group) && (await this.#isTurn(group, now))) found.push(group);
    }
    return found;
  }

  async #isTurn(group: string, now: number): Promise<boolean> {
    if (await stops.isStopped(this.#state, group)) return false;
    if (await behind.isBehind(this.#state, group)) return false;
    for (const [actor, { remove }] of await stops.stopped(this.#state, group)) {
      const wait = remove.length ? await this.#wait(group, actor) : null;
      if (wait === null) continue;
      for (const key of remove) {
        if (now - (await this.#state.get(metRow(group, key), MET)).at >= wait) return true;
      }
    }
    return false;
  }

  /** How long others have their turn before this device, from when a leaf was known. */
  async #wait(group: string, actor: string): Promise<number | null> {
    const { actor: own, groups } = this.#state;
    const [pin, gone] = [await this.#pin(actor), await stops.revoked(this.#state, group)];
    if (pin === null) return null;
    const { d, n } = pin.keys.devices;
    const said = concat(unhex(group), u32(d), u32(n));
    const ranked = (await groups.session(group))
      .members()
      .filter((one) => !gone.has(hex(one.signatureKey)))
      .filter((one) => (actorOf(one) === actor) === (actor === own))
      .map(({ signatureKey: key }) => ({ key, rank: hex(sha256(concat(key, said))) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1));
    const place = ranked.findIndex(({ key }) => equal(key, groups.me.signature.public));
    if (place < 0) return null;
    return actor === own ? OWN_SECONDS * place : OTHERS_BEGIN_SECONDS + OTHERS_SECONDS * place;
  }

  // -- who is asked for ---------------------------------------------------------------------------

  /** Those of which a key package may come, and may be used: a device that had none is asked for ever more
   * seldom, in all groups together, and so is, in a group, one whose Add was refused there. Such a one is asked
   * for alone, behind all others: what is wrong with it keeps nobody else out. */
  async toAsk(group: string, keys: readonly Bytes[], now: number): Promise<readonly Bytes[][]> {
    const together: Bytes[] = [];
    const alone: Bytes[][] = [];
    for (const key of keys) {
      if (await this.#rests(group, key, now)) continue;
      if (inVain(group, key).some((name) => this.#state.has(name))) alone.push([key]);
      else together.push(key);
    }
    return together.length ? [together, ...alone] : alone;
  }

  async #rests(group: string, key: Bytes, now: number): Promise<number> {
    const found = inVain(group, key).map((name) => silence.left(this.#state, name, now));
    return Math.max(...(await Promise.all(found)));
  }

  /** How many seconds until somebody may be added by time alone; an hour at most. */
  async rest(now: number): Promise<number> {
    let rest = silence.LONGEST_WAIT;
    for (const [group, actor] of await this.lacking(now)) {
      for (const key of await this.missing(group, actor)) {
        // Or tried just now, or soon.
        rest = Math.min(rest, (await this.#rests(group, key, now)) || silence.SHORTEST_WAIT);
      }
    }
    return rest;
  }

  /** They were asked for: of which there was a package, and of which none. */
  async claimed(came: readonly Bytes[], cameNot: readonly Bytes[], now: number): Promise<void> {
    for (const key of came) this.#state.delete(packagelessRow(key));
    for (const key of cameNot) await silence.note(this.#state, packagelessRow(key), now);
  }

  /** A device of our account says that it has packages: whether it was asked for in vain. How often it was is
   * kept: it may say so again and again. */
  async ready(device: string, now: number): Promise<boolean> {
    let isOf = false;
    for (const [key, id] of await this.named(this.#state.actor)) {
      const name = packagelessRow(unhex(key));
      if (id === device && (await silence.end(this.#state, name, now))) isOf = true;
    }
    return isOf;
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

  /** Now they were, if each listed device is in each: also in groups where nothing can be added for now, stopped
   * ones and those that this device is behind, but not where nothing is said any more; an Add that is only owed
   * may be refused. */
  async followed(): Promise<void> {
    const own = this.#state.actor;
    const pin = await this.#pin(own);
    if (pin === null || (await this.isFollowed())) return;
    for (const group of await this.#newest()) {
      const isOver = await behind.isOver(this.#state, group);
      if (!isOver && (await this.#out(group, own)).length) return;
    }
    this.#state.write(FOLLOWED, utf8(written(pin)));
  }
}
