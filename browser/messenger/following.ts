/**
 * Conversations follow the lists: a listed device that is not in a group is added (DEV-17). Its twin is
 * `node/client/following.py`.
 */

import type { Device } from "../device/device.ts";
import { LONGEST_WAIT } from "../device/silence.ts";
import { Full, Refused, Unreachable } from "../errors.ts";
import { parseKeyPackage } from "../mls/group.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import { type Clock, isRecent, Turns, within } from "./waiting.ts";

/** After a round that had nobody to add. */
const REST_SECONDS = 60;
/** So long a round waits for servers; the next one goes on. */
const PATIENCE = 5000;
const ALL_ARE_IN = "DEV-4.5";
/** Clauses of who asks, whomever they ask for. */
const OF_US = /^(?:API|ACC)-/u;

/** One key package of each of these devices of an actor that may be added. */
export type Claim = (
  actor: string,
  devices: readonly string[],
  late: AbortSignal,
) => Promise<readonly Bytes[]>;

/** Read the account's own list. */
export type Keep = () => Promise<void>;

/** What one device adds by itself. What cannot be done now is looked at again. */
export class Following {
  readonly #device: Device;
  readonly #claim: Claim;
  readonly #keep: Keep;
  readonly #clock: Clock;
  readonly #turns = new Turns();
  readonly #ready = new Set<string>();
  /** By device: when that was of use last. */
  readonly #heard = new Map<string, number>();
  #rested: number | null = null;
  /** One is ready that stands in no list that this device knows. */
  #isUnlisted = false;
  /** When the list was read because of that. */
  #read: number | null = null;

  constructor(device: Device, claim: Claim, keep: Keep, clock: Clock) {
    this.#device = device;
    this.#claim = claim;
    this.#keep = keep;
    this.#clock = clock;
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** A device of our account has key packages now (E2E-2.11). The next round asks for it, or one behind that
   * which is under way. */
  ready(device: string): void {
    this.#ready.add(device);
  }

  /** Add what is missing, in the newest conversations first. Rounds take turns. */
  round(): Promise<void> {
    return this.#turns.take(async () => {
      await this.#hear();
      while (!isRecent(this.#rested, this.#seconds(), REST_SECONDS)) {
        for (const group of await this.#device.trust.overdue(this.#seconds())) {
          await this.#device.refresh(group, this.#seconds());
        }
        await within(this.#clock, PATIENCE, (late) => this.#round(late));
        if (!this.#ready.size) return;
        await this.#hear();
      }
    });
  }

  /** How many seconds until the list is read for one who is ready; an hour at most. */
  rest(): number {
    if (!this.#isUnlisted) return LONGEST_WAIT;
    const [read, now] = [this.#read, this.#seconds()];
    return read !== null && isRecent(read, now, REST_SECONDS) ? read + REST_SECONDS - now : 0;
  }

  /** Once a minute of each device, and only of one that was asked for in vain; for those that are on no list the
   * list is read, once a minute for all of them. */
  async #hear(): Promise<void> {
    for (const device of this.#ready) {
      this.#ready.delete(device);
      const now = this.#seconds();
      if (!(await this.#own()).includes(device)) {
        this.#isUnlisted = true;
        continue;
      }
      if (isRecent(this.#heard.get(device) ?? null, now, REST_SECONDS)) continue;
      if (!(await this.#device.trust.ready(device, now))) continue;
      this.#heard.set(device, now);
      this.#rested = null;
    }
    if (this.#isUnlisted && !isRecent(this.#read, this.#seconds(), REST_SECONDS)) {
      await this.#readList();
    }
  }

  /** Another device may have put a newer one. What is in the way leaves it to be read. */
  async #readList(): Promise<void> {
    const known = await this.#own();
    this.#read = this.#seconds();
    await this.#keep();
    this.#isUnlisted = false;
    if (`${await this.#own()}` !== `${known}`) this.#rested = null;
  }

  /** What our home node calls the devices of our account that are listed. */
  async #own(): Promise<readonly string[]> {
    const { actor, trust } = this.#device;
    return [...(await trust.named(actor)).values()];
  }

  async #round(late: AbortSignal): Promise<void> {
    const { actor: own, trust } = this.#device;
    const all = await trust.lacking(this.#seconds());
    // Our own devices wait for nobody else's server.
    const isOwn = (each: readonly [string, string]) => Number(each[1] === own);
    const lacking = [...all].sort((a, b) => isOwn(b) - isOwn(a));
    let added = false;
    for (const [group, actor] of lacking) {
      // What came of the group before may say that nobody is left to ask.
      const missing = await trust.missing(group, actor);
      for (const keys of await trust.toAsk(group, missing, this.#seconds())) {
        const found: Bytes[] = [];
        const goesOn = await this.#ask(actor, keys, found, late);
        // What came before the rest was cut off is used.
        if (found.length && (await this.#add(group, actor, found))) added = true;
        if (!goesOn || late.aborted) return;
      }
    }
    this.#rested = lacking.length && !added ? this.#seconds() : null;
    await trust.followed();
  }

  /** The key packages that there are go to `found`. What is refused for several is asked for one by one: each device
   * stands for itself. False where our own node is away, or says something of us. */
  async #ask(
    actor: string,
    keys: readonly Bytes[],
    found: Bytes[],
    late: AbortSignal,
  ): Promise<boolean> {
    const { trust } = this.#device;
    const given = new Map<string, Bytes>();
    // By another list meanwhile nobody may be left: to name none is to ask for all.
    const named = await trust.named(actor);
    const listed = keys.filter((key) => named.has(hex(key)));
    if (!listed.length) return true;
    try {
      const devices = listed.flatMap((key) => named.get(hex(key)) ?? []).sort();
      for (const data of await this.#claim(actor, devices, late)) given.set(hex(keyOf(data)), data);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      if (late.aborted) {
        await this.#cut(actor, found.map(keyOf));
        return true;
      }
      if (isOurs(error)) return false;
      if (error instanceof Refused && listed.length > 1) {
        return this.#askEach(actor, listed, found, late);
      }
    }
    const came = listed.filter((key) => given.has(hex(key)));
    const cameNot = listed.filter((key) => !given.has(hex(key)));
    await trust.claimed(came, cameNot, this.#seconds());
    found.push(...came.flatMap((key) => given.get(hex(key)) ?? []));
    return true;
  }

  async #askEach(
    actor: string,
    keys: readonly Bytes[],
    found: Bytes[],
    late: AbortSignal,
  ): Promise<boolean> {
    for (const key of keys) {
      if (late.aborted || !(await this.#ask(actor, [key], found, late))) return false;
    }
    return true;
  }

  /** A claim took too long: a server that is silent is so for each device of theirs, but for those of which a package
   * just `came`. */
  async #cut(actor: string, came: readonly Bytes[]): Promise<void> {
    const { trust } = this.#device;
    const now = this.#seconds();
    const due = new Map<string, Bytes>();
    for (const [group, whose] of await trust.lacking(now)) {
      const missing = whose === actor ? await trust.missing(group, actor) : [];
      for (const key of (await trust.toAsk(group, missing, now)).flat()) due.set(hex(key), key);
    }
    for (const key of came) due.delete(hex(key));
    await trust.claimed([], [...due.values()], now);
  }

  /** Whether somebody was added. Who cannot be keeps nobody else out. */
  async #add(group: string, actor: string, packages: readonly Bytes[]): Promise<boolean> {
    try {
      await this.#device.add(group, { [actor]: packages }, this.#seconds(), true);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.clause === ALL_ARE_IN) return false;
    }
    let added = false;
    if (packages.length > 1) {
      for (const one of packages) added = (await this.#add(group, actor, [one])) || added;
    } else {
      await this.#device.trust.declined(group, packages.map(keyOf), this.#seconds());
    }
    return added;
  }
}

function keyOf(data: Bytes): Bytes {
  return parseKeyPackage(data).leaf.signatureKey;
}

/** Whether it says nothing of anybody's devices: our own node is away, or has no room, or it is about our token, our
 * seat or how often we ask. A key package that is not proven is theirs. */
function isOurs(error: Refused | Unreachable): boolean {
  if (error instanceof Unreachable) return !error.beyond;
  return error instanceof Full || OF_US.test(error.clause);
}
