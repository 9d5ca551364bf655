/**
 * Conversations follow the lists: a listed device that is not in a group is added (DEV-17). Its twin is
 * `node/client/following.py`.
 */

import type { Device } from "../device/device.ts";
import { Refused, Unproven, Unreachable } from "../errors.ts";
import { parseKeyPackage } from "../mls/index.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import { type Clock, isRecent, within } from "./waiting.ts";

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
    if (isRecent(this.#rested, this.#seconds(), REST_SECONDS)) return;
    for (const group of await this.#device.trust.overdue(this.#seconds())) {
      await this.#device.refresh(group, this.#seconds());
    }
    const lacking = await this.#device.trust.lacking(this.#seconds());
    await within(this.#clock, PATIENCE, (late) => this.#round(lacking, late));
  }

  async #round(lacking: readonly (readonly [string, string])[], late: AbortSignal): Promise<void> {
    let added = false;
    for (const [group, actor] of lacking) {
      const has = await this.#follow(group, actor, late);
      if (has === null || late.aborted) return;
      added ||= has;
    }
    this.#rested = lacking.length && !added ? this.#seconds() : null;
    await this.#device.trust.followed();
  }

  /** Add whom there is a package of; whether there was, null where our own node is away. Throws `Unproven`. */
  async #follow(group: string, actor: string, late: AbortSignal): Promise<boolean | null> {
    const missing = await this.#device.trust.missing(group, actor);
    const keys = await this.#device.trust.toAsk(group, missing, this.#seconds());
    if (!keys.length) return false; // what came of the group before may say that nobody is left to ask
    try {
      return await this.#add(group, actor, keys, late);
    } catch (error) {
      if (error instanceof Unproven || !isAnswer(error)) throw error;
      return isOurs(error) ? null : false;
    }
  }

  async #add(
    group: string,
    actor: string,
    keys: readonly Bytes[],
    late: AbortSignal,
  ): Promise<boolean> {
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
    if (!came.length) return false;
    const packages = came.flatMap((key) => found.get(hex(key)) ?? []);
    try {
      await this.#device.add(group, { [actor]: packages }, this.#seconds());
    } catch (error) {
      if (error instanceof Refused) await trust.declined(group, came, this.#seconds());
      throw error;
    }
    return true;
  }
}

function isAnswer(error: unknown): boolean {
  return error instanceof Refused || error instanceof Unreachable;
}

/** Our own node is away. */
function isOurs(error: unknown): boolean {
  return error instanceof Unreachable && !error.beyond;
}
