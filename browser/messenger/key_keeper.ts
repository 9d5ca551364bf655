/**
 * The keys of one's account between this device and its home node (spec DEV-12, KEY-7). Its twin is
 * `node/client/key_keeper.py`.
 */

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Device } from "../device/device.ts";
import type { DeviceKeys } from "../device/device_keys.ts";
import type { DeviceTrust } from "../device/device_trust.ts";
import type { PutKeys, SignedKeys } from "../device/key_signing.ts";
import { LEFT_BEHIND_CLAUSES } from "../device/seat.ts";
import { Conflict, Forbidden, Missing, Outdated, Refused, Unproven, willPass } from "../errors.ts";
import { base64, equal } from "../wire/bytes.ts";
import { idOf } from "../wire/ids.ts";
import { bytesOf } from "./api.ts";
import type { ApiClient } from "./api_client.ts";
import { Turns } from "./waiting.ts";

/** Others may be quicker each time; more often that is no accident. */
const MOST_TRIES = 8;
const NO_KEYS = "KEY-7.5";
/** An older node, which keeps no keys. */
const NO_PATH = "API-1.5";
/** Clauses that keys themselves may break. */
const OF_KEYS = /^(?:KEY|MLS)-/u;
const OTHER_ROOT = "KEY-7.4";
const QUICKER = "other devices change the account's keys all the time";
const AWAITED =
  "your server has no keys of your account, and another of your devices may hold them: open Kith" +
  " there, or end those that you have no more; after 30 days this device makes new ones";

function sameKeys(one: SignedKeys | null, other: SignedKeys): boolean {
  if (one === null) return false;
  const { delegation, list, box } = other;
  return equal(one.delegation, delegation) && equal(one.list, list) && equal(one.box, box);
}

/** Sees to it that the home node has the account's keys, and this device the newest. */
export class KeyKeeper {
  readonly #api: Pick<ApiClient, "ask">;
  readonly #keys: DeviceKeys;
  readonly #trust: DeviceTrust;
  readonly #id: string;
  readonly #seconds: () => number;
  readonly #told: (events: readonly ConversationEvent[]) => void;
  /** One looks or changes at a time. */
  readonly #turns = new Turns();
  #held: Refused | null = null;

  /** `id` is what the home node calls the device. */
  constructor(
    api: Pick<ApiClient, "ask">,
    device: Pick<Device, "keys" | "trust">,
    id: string,
    seconds: () => number,
    told: (events: readonly ConversationEvent[]) => void,
  ) {
    this.#api = api;
    this.#keys = device.keys;
    this.#trust = device.trust;
    this.#id = id;
    this.#seconds = seconds;
    this.#told = told;
  }

  /**
   * Begin the account's keys where it has none; take newer ones, put what is owed.
   *
   * A device that came by a password alone has none, and changes nothing (DEV-12.1). What is in the way
   * of the keys is told once, and is in the way of nothing else (DEV-12.9).
   */
  keep(): Promise<void> {
    return this.#turns.take(async () => {
      try {
        await this.#keep();
        this.#held = null;
      } catch (error) {
        this.#hold(error);
      }
    });
  }

  /** It is told once, unless it is in the way of all else, too. */
  #hold(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    const { clause, reason } = error;
    // A false signature in the keys is Unproven too: whoever had the list key may have made it.
    if (error instanceof Unproven && !OF_KEYS.test(clause)) throw error;
    if (willPass(error) || LEFT_BEHIND_CLAUSES.has(clause)) throw error;
    const isTold = clause === NO_PATH || clause === this.#held?.clause;
    this.#held = clause === NO_PATH ? null : error;
    if (!isTold) this.#told([{ is: "KeysHeld", conversation: "", clause, reason }]);
  }

  /** What is in the way of the keys; null for nothing. */
  get held(): Refused | null {
    return this.#held;
  }

  async #keep(): Promise<void> {
    const told = await this.read();
    if ((await this.#keys.row()) !== null) {
      await this.#keys.meet(told, this.#seconds());
      await this.#put("");
    } else if (told === null) await this.#begin();
    else await this.#keys.awaitNone();
    await this.#look(told);
  }

  /** Judge the leaves of the account by its keys as they are now (DEV-16.7). */
  async #look(keys: SignedKeys | null): Promise<void> {
    if (keys === null) return;
    const { delegation, list } = keys;
    this.#told(await this.#trust.seenOwn({ is: "Shown", delegation, list }, this.#seconds()));
  }

  async #begin(): Promise<void> {
    const { items } = await this.#api.ask("GET /devices", {});
    const alone = items.every(({ id }) => id === this.#id);
    if (!(await this.#keys.mayBegin(alone, this.#seconds()))) {
      throw new Missing("DEV-12.2", AWAITED);
    }
    await this.#keys.begin(idOf(this.#id), this.#seconds());
    try {
      await this.#put("");
    } catch (error) {
      // The login is long ago; or another program made a root, and put no keys of it.
      if (isOtherRoot(error)) await this.#keys.drop();
      throw error;
    }
  }

  /**
   * Change the account's keys, upon those of others when they are quicker (DEV-12.3).
   *
   * `intent` changes the device's. What it throws the second time is not told: others did it. `password`
   * proves another root (KEY-7.4).
   */
  change(intent: () => Promise<void>, password = ""): Promise<void> {
    return this.#turns.take(async () => {
      for (let tried = 0; tried < MOST_TRIES; tried++) {
        try {
          await intent();
        } catch (error) {
          if (tried && error instanceof Refused) return;
          throw error;
        }
        if (await this.#put(password)) return;
      }
      throw new Conflict("DEV-12.3", QUICKER);
    });
  }

  /** Put what is owed, whoever is quicker. */
  put(): Promise<void> {
    return this.#turns.take(async () => {
      await this.#put("");
    });
  }

  /**
   * False when keys of others took the place of what is owed. Throws `Conflict` (DEV-12.3) when others are
   * quicker all the time.
   */
  async #put(password: string): Promise<boolean> {
    let came = true;
    for (let tried = 0; tried < MOST_TRIES; tried++) {
      const owed = await this.#keys.owed();
      if (owed === null) {
        await this.#keys.certify(this.#seconds());
        return came;
      }
      const told = await this.#ask(owed, password);
      came = sameKeys(told, owed.keys);
      await this.#keys.meet(told, this.#seconds());
      await this.#look(told);
    }
    throw new Conflict("DEV-12.3", QUICKER);
  }

  /** What is there afterwards: ours, or those of who was quicker. */
  async #ask({ keys, before }: PutKeys, password: string): Promise<SignedKeys | null> {
    const body = {
      delegation: base64(keys.delegation),
      list: base64(keys.list),
      box: base64(keys.box),
      password,
    };
    try {
      await this.#api.ask("PUT /account/devices", { body, ifMatch: `"${before}"`, harmless: true });
    } catch (error) {
      if (error instanceof Outdated) return this.read();
      // Another device began the account's keys between our look and our word.
      const there = isOtherRoot(error) ? await this.read() : null;
      if (there === null) throw error;
      return there;
    }
    return keys;
  }

  /** What the home node has; null where the account has no keys yet. */
  async read(): Promise<SignedKeys | null> {
    try {
      const { delegation, list, box } = await this.#api.ask("GET /account/devices", {});
      return { delegation: bytesOf(delegation), list: bytesOf(list), box: bytesOf(box) };
    } catch (error) {
      if (error instanceof Missing && error.clause === NO_KEYS) return null;
      throw error;
    }
  }
}

function isOtherRoot(error: unknown): boolean {
  return error instanceof Forbidden && error.clause === OTHER_ROOT;
}
