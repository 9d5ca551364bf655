/** Pure: whose keys a device asks for, when, and what came of it (spec DEV-16). */

import { type KithError, Refused } from "../errors.ts";
import { changed } from "../keys/private/pins.ts";
import { checkNotAhead } from "../keys/public/device_list.ts";
import { checkPublished, compareNumbers, type Published } from "../keys/public/published.ts";
import { LARGEST_U32 } from "../keys/public/signed.ts";
import { parseKeyPackage } from "../mls/group.ts";
import { type Bytes, equal } from "../wire/bytes.ts";
import type { ConversationEvent, DeviceDoubted } from "./conversation_events.ts";
import type { DeviceState } from "./device_state.ts";
import { ACCOUNT_KEYS, LOOKED, lookedRow, MET, type MetRow, silentRow } from "./key_rows.ts";
import { isFit, isFitAtItsTime } from "./key_stock.ts";
import { type Judged, type Leaves, leastOf } from "./leaves.ts";
import type { Pins } from "./pins.ts";
import * as silence from "./silence.ts";
import * as stops from "./stops.ts";

export const FRESH_SECONDS = 86_400;
const NO_KEYS = "KEY-7.5";

/** Ask the home node for the keys of `actor` (KEY-7.7), not older than `least` (d.n, or ""). */
export interface Look {
  readonly is: "Look";
  readonly actor: string;
  readonly least: string;
}

/** What the actor publishes: a signed delegation and list. */
export interface Shown {
  readonly is: "Shown";
  readonly delegation: Bytes;
  readonly list: Bytes;
}

/** What came of a look. */
export type Answer = Shown | KithError;

interface Numbered {
  readonly d: number;
  readonly n: number;
}

const NO_NUMBER: Numbered = { d: 0, n: 0 };

function numberOf(written: string): Numbered {
  const [d = "", n = ""] = written.split(".");
  return { d: Number(d), n: Number(n) };
}

function greater(one: Numbered, other: Numbered): Numbered {
  return compareNumbers(one, other) < 0 ? other : one;
}

function look(actor: string, least = ""): Look {
  return { is: "Look", actor, least };
}

function saysNone(outcome: Answer): boolean {
  return outcome instanceof Refused && outcome.clause === NO_KEYS;
}

/** One device's. What changes something is called inside a step. */
export class Looking {
  readonly #state: DeviceState;
  readonly #leaves: Leaves;
  readonly #pins: Pins;

  constructor(state: DeviceState, leaves: Leaves, pins: Pins) {
    this.#state = state;
    this.#leaves = leaves;
    this.#pins = pins;
  }

  // -- whom to ask --------------------------------------------------------------------------------

  /** Whose keys were never asked for, and whom a leaf gives reason to ask again. */
  wanted(now: number): Promise<readonly Look[]> {
    return this.#looks(this.#state.groupsWith("group"), null, now);
  }

  /** The same of one group, and whose keys were not asked for since yesterday (DEV-16.1). */
  beforeWords(group: string, now: number): Promise<readonly Look[]> {
    return this.#looks([group], FRESH_SECONDS, now);
  }

  /** The same of somebody whose devices are to be added. */
  async beforeAdding(actor: string, now: number): Promise<readonly Look[]> {
    const waits = await this.#waits(actor, now);
    return waits || !(await this.#isDue(actor, FRESH_SECONDS, now)) ? [] : [look(actor)];
  }

  async #looks(
    groups: readonly string[],
    lasts: number | null,
    now: number,
  ): Promise<readonly Look[]> {
    const [due, met] = [new Set<string>(), new Map<string, Numbered>()];
    for (const group of groups) {
      for (const actor of (await this.#state.conversation(group)).members) {
        if (actor !== this.#state.actor && (await this.#isDue(actor, lasts, now))) due.add(actor);
      }
      for (const { actor, least } of await this.#askedAgain(group)) {
        met.set(actor, greater(met.get(actor) ?? NO_NUMBER, numberOf(least)));
      }
    }
    const found: { readonly at: number; readonly one: Look }[] = [];
    for (const actor of [...new Set([...due, ...met.keys()])].sort()) {
      const { at } = await silence.tried(this.#state, silentRow(actor));
      const least = met.get(actor);
      if (await this.#waits(actor, now)) continue;
      found.push({ at, one: least === undefined ? look(actor) : await this.#anew(actor, least) });
    }
    return found.sort((a, b) => a.at - b.at).map(({ one }) => one);
  }

  async #askedAgain(group: string): Promise<readonly MetRow[]> {
    const found: MetRow[] = [];
    for (const name of this.#state.names("met", group)) {
      const met = await this.#state.get(name, MET);
      if (await this.#asksAgain(met)) found.push(met);
    }
    return found;
  }

  /** Whether nothing came of it lately. */
  async #waits(actor: string, now: number): Promise<boolean> {
    return (await silence.left(this.#state, silentRow(actor), now)) > 0;
  }

  /** A look that no list answers which this device knows already (KEY-7.7). */
  async #anew(actor: string, least: Numbered): Promise<Look> {
    const pin = await this.#leaves.pinOf(actor);
    if (pin === null) return look(actor, least.d ? `${least.d}.${least.n}` : "");
    const { d, n } = pin.keys.devices;
    const next = greater(least, { d, n: Math.min(n + 1, LARGEST_U32) });
    return look(actor, `${next.d}.${next.n}`);
  }

  /** Whether there never was an answer, or, where one `lasts` so long, none of late. */
  async #isDue(actor: string, lasts: number | null, now: number): Promise<boolean> {
    const looked = await this.#state.find(lookedRow(actor), LOOKED);
    if (looked === null || lasts === null) return looked === null;
    return looked.at > now || now - looked.at > lasts;
  }

  /** Not answered since it was met, or still of a higher number than what was answered. */
  async #asksAgain(met: MetRow): Promise<boolean> {
    if (!met.asked) return true;
    const pin = await this.#leaves.pinOf(met.actor);
    return pin !== null && compareNumbers(numberOf(met.least), pin.keys.devices) > 0;
  }

  // -- what came of it ----------------------------------------------------------------------------

  /** What came of a look. A server that does not answer changes nothing but the time. */
  async answered(
    actor: string,
    outcome: Answer,
    now: number,
  ): Promise<readonly ConversationEvent[]> {
    const silent = silentRow(actor);
    let found: readonly ConversationEvent[] = [];
    if ("is" in outcome) {
      this.#state.delete(silent);
      found = await this.#shown(actor, outcome, now);
    } else if (saysNone(outcome) && (await this.#leaves.pinOf(actor)) === null) {
      // Who had keys has them still: an older list is worth more than a node's word.
      this.#state.delete(silent);
      found = await this.#looked(actor, now, false, await this.#wereAsked(actor));
    } else {
      await silence.note(this.#state, silent, now);
    }
    return [...found, ...(await this.tend(now))];
  }

  /** The keys of the account, as the home node has them; a device that has no part in them judges by
   * these. */
  async seenOwn(keys: Shown, now: number): Promise<readonly ConversationEvent[]> {
    const { actor } = this.#state;
    await silence.forget(this.#state, now);
    if (!this.#state.has(ACCOUNT_KEYS)) return this.#shown(actor, keys, now);
    // A device that is off the list keeps the one before, whose number says nothing new.
    const isNew = (await this.#wereAsked(actor)) || (await this.#leaves.isOffList());
    return this.#looked(actor, now, true, isNew);
  }

  /** Judge all leaves of `actor`, if they have not been by what is known now. */
  async #looked(
    actor: string,
    now: number,
    shown: boolean,
    isNew = false,
  ): Promise<readonly ConversationEvent[]> {
    const name = lookedRow(actor);
    const pin = await this.#leaves.pinOf(actor);
    const number = pin === null ? "" : `${pin.keys.devices.d}.${pin.keys.devices.n}`;
    const known = await this.#state.find(name, LOOKED);
    this.#state.put(name, { at: now, shown, number });
    const isSame = known?.shown === shown && known.number === number;
    return isSame && !isNew ? [] : this.judge(now, actor);
  }

  async #shown(actor: string, outcome: Shown, now: number): Promise<readonly ConversationEvent[]> {
    let keys: Published;
    try {
      keys = await checkPublished(outcome.delegation, outcome.list, actor);
      checkNotAhead(keys.devices, now);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // They show something, and it is nothing that a leaf of theirs could stand on.
      return this.#looked(actor, now, true);
    }
    const [before, kept] = [await this.#pins.of(actor), await this.#pins.kept(actor)];
    const line = await this.#pins.see(actor, keys);
    const wereAsked = await this.#wereAsked(actor);
    const isNew = wereAsked || !equal(kept, await this.#pins.kept(actor));
    const found: ConversationEvent[] = [];
    if (before !== null && line.deed === "take") {
      const { came, went } = changed(before.keys, keys);
      if (came || went) found.push({ is: "KeysChanged", actor, came, went, conversation: "" });
    }
    return [...found, ...(await this.#looked(actor, now, true, isNew))];
  }

  /** The list of `actor` was read: whether one of their leaves waited for that. */
  async #wereAsked(actor: string): Promise<boolean> {
    let waited = false;
    for (const group of this.#state.groupsWith("met")) {
      for (const name of this.#state.names("met", group)) {
        const one = await this.#state.get(name, MET);
        if (one.actor !== actor || one.asked) continue;
        this.#state.put(name, { ...one, asked: true });
        waited = true;
      }
    }
    return waited;
  }

  /** Look again at all groups of an actor. */
  async judge(now: number, actor: string): Promise<readonly ConversationEvent[]> {
    const found: ConversationEvent[] = [];
    for (const group of this.#state.groupsWith("group").toSorted()) {
      const { members } = await this.#state.conversation(group);
      if (actor !== this.#state.actor && !members.includes(actor)) continue;
      found.push(...(await this.#leaves.look(group, now, [], actor)));
    }
    return found;
  }

  /** Look again at the groups in which something waits or is in the way. */
  async tend(now: number): Promise<readonly ConversationEvent[]> {
    const groups = [...this.#state.groupsWith("met"), ...this.#state.groupsWith("stopped")];
    const found: ConversationEvent[] = [];
    for (const group of [...new Set(groups)].sort()) {
      found.push(...(await this.#leaves.tend(group, now)));
    }
    return found;
  }

  // -- who is to be added -------------------------------------------------------------------------

  /** The same once a package is of a device that the list which is known does not have. */
  async aheadOf(actor: string, packages: readonly Bytes[], now: number): Promise<readonly Look[]> {
    let least = NO_NUMBER;
    let isDoubted = false;
    for (const data of packages) {
      if (!(await isFit(data, actor, now))) continue;
      const one = await this.#judged(data, now);
      if (one.line.deed !== "fetch" && one.line.deed !== "stop") continue;
      isDoubted = true;
      least = greater(least, numberOf(leastOf(one)));
    }
    if (!isDoubted || (await this.#waits(actor, now))) return [];
    return [await this.#anew(actor, least)];
  }

  /** The packages that may be added, and what is told of the others, of each kind once (DEV-16.6). */
  async sift(actor: string, packages: readonly Bytes[], now: number): Promise<Sifted> {
    const kept: Bytes[] = [];
    const why = new Set<string>();
    for (const data of packages) {
      let seen: string = stops.UNFIT;
      if (await isFit(data, actor, now)) seen = await this.refuses(data, now);
      else if (await isFitAtItsTime(data, actor)) seen = stops.CLOCK;
      if (seen === "") kept.push(data);
      else why.add(seen);
    }
    // Our clock is right by some of them.
    if ((kept.length || why.size > 1) && why.delete(stops.CLOCK)) why.add(stops.UNFIT);
    const told = [...why].map((seen) => {
      return { is: "DeviceDoubted", conversation: "", actor, seen } as const;
    });
    return { kept, told };
  }

  /** Why the device of a package is not spoken to; nothing when it may be. */
  async refuses(data: Bytes, now: number): Promise<string> {
    const { line } = await this.#judged(data, now);
    return line.deed === "stop" ? line.seen : "";
  }

  #judged(data: Bytes, now: number): Promise<Judged> {
    return this.#leaves.ofPackage(parseKeyPackage(data).leaf, now);
  }
}

/** The packages of somebody that may be added, and what is told of the others. */
export interface Sifted {
  readonly kept: readonly Bytes[];
  readonly told: readonly DeviceDoubted[];
}
