/** Pure: a device and whom it seals to, each happening a step (spec DEV-16, DEV-17). */

import type { Forbidden } from "../errors.ts";
import type { Published } from "../keys/public/published.ts";
import type { Bytes } from "../wire/bytes.ts";
import type { ConversationEvent, DeviceDoubted } from "./conversation_events.ts";
import * as declined from "./declined.ts";
import type { Turns } from "./device_archive.ts";
import type { DeviceState } from "./device_state.ts";
import type { Add } from "./intents.ts";
import type { Packages } from "./key_stock.ts";
import * as keyStock from "./key_stock.ts";
import type { Leaves } from "./leaves.ts";
import { Lists } from "./lists.ts";
import { type Answer, type Look, Looking, type Shown, type Sifted } from "./looking.ts";
import type { Pins } from "./pins.ts";
import { SHORTEST_WAIT } from "./silence.ts";
import * as stops from "./stops.ts";
import { keep } from "./untold.ts";

/** What the program may ask of a device about the keys of others. */
export class DeviceTrust {
  readonly #state: DeviceState;
  readonly #leaves: Leaves;
  readonly #pins: Pins;
  readonly #looking: Looking;
  readonly #lists: Lists;
  readonly #turns: Turns;

  constructor(state: DeviceState, leaves: Leaves, pins: Pins, turns: Turns) {
    this.#state = state;
    this.#leaves = leaves;
    this.#pins = pins;
    this.#looking = new Looking(state, leaves, pins);
    this.#lists = new Lists(state, leaves);
    this.#turns = turns;
  }

  /** Whether something waits, or is in the way, that time may change. */
  get hasDoubts(): boolean {
    return ["met", "stopped"].some((kind) => this.#state.groupsWith(kind).length > 0);
  }

  /** How many seconds until time alone may have changed something: what is in the way, or who may be added; an hour
   * at most. */
  async rest(now: number): Promise<number> {
    if (this.hasDoubts) return SHORTEST_WAIT;
    return this.#turns.inTurn(() => this.#lists.rest(now));
  }

  /** Whose keys are to be asked for, whatever is said. */
  wanted(now: number): Promise<readonly Look[]> {
    return this.#turns.inTurn(() => this.#looking.wanted(now));
  }

  /** Whose keys are to be asked for before something is said in a group. */
  beforeWords(group: string, now: number): Promise<readonly Look[]> {
    return this.#turns.inTurn(() => this.#looking.beforeWords(group, now));
  }

  /** The same of all groups to which something is owed. */
  beforeOwed(now: number): Promise<ReadonlyMap<string, readonly Look[]>> {
    return this.#turns.inTurn(async () => {
      const found = new Map<string, readonly Look[]>();
      for (const group of this.#state.groupsWith("owed")) {
        found.set(group, await this.#looking.beforeWords(group, now));
      }
      return found;
    });
  }

  /** Whose keys are to be asked for before devices of `actor` are added. */
  beforeAdding(actor: string, now: number): Promise<readonly Look[]> {
    return this.#turns.inTurn(() => this.#looking.beforeAdding(actor, now));
  }

  /** The same once their key packages are here. */
  aheadOf(actor: string, packages: readonly Bytes[], now: number): Promise<readonly Look[]> {
    return this.#turns.inTurn(() => this.#looking.aheadOf(actor, packages, now));
  }

  /** What came of a look. */
  answered(actor: string, outcome: Answer, now: number): Promise<readonly ConversationEvent[]> {
    return this.#toTell(() => this.#looking.answered(actor, outcome, now));
  }

  /** The keys of the account, as the home node has them. */
  seenOwn(keys: Shown, now: number): Promise<readonly ConversationEvent[]> {
    return this.#toTell(() => this.#looking.seenOwn(keys, now));
  }

  #toTell(
    work: () => Promise<readonly ConversationEvent[]>,
  ): Promise<readonly ConversationEvent[]> {
    return this.#turns.step(async () => keep(this.#state, await work()));
  }

  /** Time passed: look again at what is in the way. */
  tend(now: number): Promise<readonly ConversationEvent[]> {
    return this.#turns.step(() => this.#looking.tend(now));
  }

  /** The packages of `actor` that may be added, and what is told of the others. */
  sift(actor: string, packages: readonly Bytes[], now: number): Promise<Sifted> {
    return this.#turns.inTurn(() => this.#looking.sift(actor, packages, now));
  }

  /** None of the packages of `actor` may be added, for what would be told of them. */
  async refusal(actor: string, told: readonly DeviceDoubted[]): Promise<Forbidden> {
    const isOff = await this.#turns.inTurn(() => this.#leaves.isOffList());
    if (isOff) return stops.refusal(this.#state.actor, stops.THIS_DEVICE);
    return stops.refusal(actor, told[0]?.seen ?? "");
  }

  /**
   * Throws `Forbidden` (KEY-5.2) for a device that is not spoken to, or where this one is on no list itself
   * (DEV-16.7).
   */
  check(actor: string, packages: readonly Bytes[], now: number): Promise<void> {
    return this.#turns.inTurn(() => this.#check(actor, packages, now));
  }

  /** The wish to add who may be spoken to, inside a turn. Throws as `check`, and as `keyStock.adding`. */
  async adding(packages: Packages, now: number, listed = false): Promise<Add> {
    const add = keyStock.adding(packages, listed);
    for (const [actor, found] of Object.entries(packages)) await this.#check(actor, found, now);
    return add;
  }

  async #check(actor: string, packages: readonly Bytes[], now: number): Promise<void> {
    if (await this.#leaves.isOffList()) {
      throw stops.refusal(this.#state.actor, stops.THIS_DEVICE);
    }
    for (const data of packages) {
      const seen = await this.#looking.refuses(data, now);
      if (seen) throw stops.refusal(actor, seen);
    }
  }

  /** The groups in which a listed device is missing that this one adds, and whose. */
  lacking(now: number): Promise<readonly (readonly [string, string])[]> {
    return this.#turns.inTurn(() => this.#lists.lacking(now));
  }

  /** The groups in which it is this device's turn to take out who is on no list (DEV-17.3). */
  overdue(now: number): Promise<readonly string[]> {
    return this.#turns.inTurn(() => this.#lists.overdue(now));
  }

  /** The signature keys of the listed devices of `actor` that are not in a group, nor on their way. */
  missing(group: string, actor: string): Promise<readonly Bytes[]> {
    return this.#turns.inTurn(() => this.#lists.missing(group, actor));
  }

  /** What their home node calls the listed devices of `actor`, by signature key in hex. */
  named(actor: string): Promise<ReadonlyMap<string, string>> {
    return this.#turns.inTurn(() => this.#lists.named(actor));
  }

  /** Whether all devices of our own account in a group are listed, or stood in a `former` one. */
  knowsOwn(group: string, former: readonly string[]): Promise<boolean> {
    return this.#turns.inTurn(() => this.#lists.knowsOwn(group, former));
  }

  /** Those of these devices whose key packages may be asked for now, to be used in a group: together, or alone
   * (DEV-17.1). */
  toAsk(group: string, keys: readonly Bytes[], now: number): Promise<readonly Bytes[][]> {
    return this.#turns.inTurn(() => this.#lists.toAsk(group, keys, now));
  }

  /** Of which of the devices that were asked for there was a package, and of which none. */
  claimed(came: readonly Bytes[], cameNot: readonly Bytes[], now: number): Promise<void> {
    return this.#turns.step(() => this.#lists.claimed(came, cameNot, now));
  }

  /** A device of our account has key packages now. Whether it was asked for in vain, and may be again at once
   * (DEV-17.5). */
  ready(device: string, now: number): Promise<boolean> {
    return this.#turns.step(() => this.#lists.ready(device, now));
  }

  /** Whether all groups were looked at by the account's list as it is. */
  isFollowed(): Promise<boolean> {
    return this.#turns.inTurn(() => this.#lists.isFollowed());
  }

  /** These devices cannot be added to a group with the packages that came. */
  declined(group: string, keys: readonly Bytes[], now: number): Promise<void> {
    return this.#turns.step(() => declined.note(this.#state, group, keys, now));
  }

  /** All groups were looked at by the account's list as it is: where each listed device is in each of them, that
   * is kept (DEV-17.1). */
  followed(): Promise<void> {
    return this.#turns.step(() => this.#lists.followed());
  }

  /** The keys of another root that `actor` publishes now, as far as this device saw. */
  anew(actor: string): Promise<Published | null> {
    return this.#turns.inTurn(() => this.#pins.anew(actor));
  }

  /** Go on, unverified, with who began anew under that root (DEV-13.3). */
  accept(actor: string, root: Bytes, now: number): Promise<readonly ConversationEvent[]> {
    return this.#turns.step(async () => {
      await this.#pins.accept(actor, root);
      return this.#looking.judge(now, actor);
    });
  }
}
