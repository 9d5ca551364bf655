/**
 * Conversations follow the lists: a listed device that is not in a group is added (DEV-17). Its twin is
 * `node/client/following.py`.
 */

import type { Device } from "../device/device.ts";
import { Refused, Unproven, Unreachable } from "../errors.ts";
import { parseKeyPackage } from "../mls/index.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import { type Clock, within } from "./waiting.ts";

/** After a round that had nobody to add. */
const REST_SECONDS = 60;
/** So long a round waits for servers; the next one goes on. */
const PATIENCE = 5000;

/** One key package of each of these devices of an actor that may be added. */
export type Claim = (
  actor: string,
  devices: readonly string[],
  late: AbortSignal,
) => Promise<readonly Bytes[]>;

/** What one device adds by itself. What cannot be done now is looked at again. */
export class Following {
  readonly #device: Device;
  readonly #claim: Claim;
  readonly #clock: Clock;
  #rested: number | null = null;
  /** The wish to add it is on disk since; the group has it when the commit counts. */
  readonly #given = new Set<string>();

  constructor(device: Device, claim: Claim, clock: Clock) {
    this.#device = device;
    this.#claim = claim;
    this.#clock = clock;
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** A device of our account has key packages now (E2E-2.11). */
  async ready(device: string): Promise<void> {
    await this.#device.trust.ready(device);
    this.#rested = null;
  }

  /** Add what is missing, in the newest conversations first. Throws `Unproven`. */
  async round(): Promise<void> {
    const rested = this.#seconds() - (this.#rested ?? Number.NEGATIVE_INFINITY);
    if (rested >= 0 && rested < REST_SECONDS) return;
    for (const group of await this.#device.trust.overdue(this.#seconds())) {
      await this.#device.refresh(group, this.#seconds());
    }
    const lacking = await this.#device.trust.lacking(this.#seconds());
    await within(this.#clock, PATIENCE, (late) => this.#round(lacking, late));
  }

  async #round(lacking: readonly (readonly [string, string])[], late: AbortSignal): Promise<void> {
    const { trust } = this.#device;
    const given = this.#given.size;
    for (const [group, actor] of lacking) {
      if (!(await this.#follow(group, actor, late)) || late.aborted) return;
    }
    this.#rested = lacking.length && this.#given.size === given ? this.#seconds() : null;
    if (await this.#isDone()) await trust.followed();
  }

  /** Also where nothing could be added for now somebody may be missing. */
  async #isDone(): Promise<boolean> {
    const { trust, actor } = this.#device;
    for (const group of await trust.unfollowed()) {
      if ((await this.#missing(group, actor)).length) return false;
    }
    return true;
  }

  async #missing(group: string, actor: string): Promise<readonly Bytes[]> {
    const found = await this.#device.trust.missing(group, actor);
    return found.filter((key) => !this.#given.has(placeOf(group, key)));
  }

  /** Add whom there is a package of; false where our own node is away. Throws `Unproven`. */
  async #follow(group: string, actor: string, late: AbortSignal): Promise<boolean> {
    const missing = await this.#missing(group, actor);
    const keys = await this.#device.trust.toAsk(missing, this.#seconds());
    if (!keys.length) return true; // what came of the group before may say that nobody is left to ask
    try {
      await this.#add(group, actor, keys, late);
    } catch (error) {
      if (error instanceof Unproven || !isAnswer(error)) throw error;
      return !isOurs(error) || late.aborted;
    }
    return true;
  }

  async #add(
    group: string,
    actor: string,
    keys: readonly Bytes[],
    late: AbortSignal,
  ): Promise<void> {
    const { trust } = this.#device;
    const found = new Map<string, Bytes>();
    try {
      const named = await trust.named(actor);
      const devices = keys.flatMap((key) => named.get(hex(key)) ?? []).sort();
      for (const data of await this.#claim(actor, devices, late)) {
        found.set(hex(parseKeyPackage(data).leaf.signatureKey), data);
      }
    } catch (error) {
      if (isAnswer(error) && (late.aborted || !isOurs(error))) {
        await trust.claimed([], keys, this.#seconds());
      }
      throw error;
    }
    const came = keys.filter((key) => found.has(hex(key)));
    const cameNot = keys.filter((key) => !found.has(hex(key)));
    await trust.claimed(came, cameNot, this.#seconds());
    if (!came.length) return;
    const packages = came.flatMap((key) => found.get(hex(key)) ?? []);
    await this.#device.add(group, { [actor]: packages }, this.#seconds());
    for (const key of came) this.#given.add(placeOf(group, key));
  }
}

function placeOf(group: string, key: Bytes): string {
  return `${group} ${hex(key)}`;
}

function isAnswer(error: unknown): boolean {
  return error instanceof Refused || error instanceof Unreachable;
}

/** Our own node is away. */
function isOurs(error: unknown): boolean {
  return error instanceof Unreachable && !error.beyond;
}
