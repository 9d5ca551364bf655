/**
 * A conversation that ended goes on in a new one, as its person says (spec DEV-9.7, DEV-10.4). Its twin is
 * `node/client/going_on.py`.
 */

import type { Device } from "../device/device.ts";
import type { Bytes } from "../wire/bytes.ts";
import { Turns } from "./waiting.ts";

/** By the word of one device's person. Words may come at once: they take turns. */
export class GoingOn {
  readonly #device: Device;
  readonly #claim: (actor: string) => Promise<readonly Bytes[]>;
  readonly #start: (actor: string, packages: readonly Bytes[]) => Promise<string>;
  readonly #turns = new Turns();

  /** `claim` gives a key package of each device that may be spoken to, `start` begins a conversation. */
  constructor(
    device: Device,
    claim: (actor: string) => Promise<readonly Bytes[]>,
    start: (actor: string, packages: readonly Bytes[]) => Promise<string>,
  ) {
    this.#device = device;
    this.#claim = claim;
    this.#start = start;
  }

  /**
   * Go on with the device that `actor` has now: a new conversation, unless one is begun. What no device of theirs
   * could read is said there: how many words that are.
   */
  byWord(actor: string): Promise<number> {
    return this.#turns.take(async () => {
      let group = await this.#begun(actor);
      if (group === null) {
        const packages = await this.#claim(actor);
        // Theirs may have come meanwhile.
        group = (await this.#begun(actor)) ?? (await this.#start(actor, packages));
      }
      return this.#device.goOn(await this.#device.between(actor), group);
    });
  }

  /** The conversation in which it goes on already. */
  async #begun(actor: string): Promise<string | null> {
    const [newest, ...former] = await this.#device.between(actor);
    if (newest === undefined) return null;
    if ((await this.#device.isAbsent(newest)) || (await this.#device.behind.isUnanswered(newest)))
      return null;
    return (await this.#device.trust.knowsOwn(newest, former)) ? newest : null;
  }
}
