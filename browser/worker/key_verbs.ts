/** What a person does with the keys of the account whose device is open. Loaded when it is asked for first. */

import type { ConversationEvent } from "../device/conversation_events.ts";
import { Forbidden, Malformed, Missing, Refused } from "../errors.ts";
import { Keys } from "../messenger/keys.ts";
import type { Revoked } from "./key_questions.ts";
import type { OpenDevice } from "./open_device.ts";
import { problemOf } from "./problems.ts";

const UNKNOWN_DEVICE = "ACC-4.3";
const OTHER_KEY = "DEV-12.7";

export class KeyVerbs {
  readonly keys: Keys;
  readonly #device: OpenDevice;

  constructor(device: OpenDevice) {
    this.#device = device;
    const { api, account } = device;
    const told = (events: readonly ConversationEvent[]) => device.decided(events);
    const seconds = () => device.seconds();
    this.keys = new Keys(api, device.keeper, device.device, account, seconds, told);
  }

  async recover(paper: string, keep: readonly string[]): Promise<readonly string[]> {
    const gone = await this.keys.recover(paper, keep);
    this.#device.keysMoved();
    return gone;
  }

  startOver(password: string): Promise<void> {
    return this.#device.beginKeys(() => this.keys.startOver(password));
  }

  /** Whatever is wrong with the keys: that device is to be logged out (DEV-12.9). */
  async revoke(device: string, paper: string): Promise<Revoked> {
    const found = await this.#unlist(device, paper);
    try {
      await this.#device.api.ask("DELETE /devices/{id}", { path: { id: device } });
    } catch (error) {
      // Logged out long ago, it stood on the list alone.
      const isGone = error instanceof Missing && error.clause === UNKNOWN_DEVICE;
      if (!(isGone && found.unlisted)) throw error;
    }
    return found;
  }

  async #unlist(device: string, paper: string): Promise<Revoked> {
    const { stand, listed } = await this.#device.keysView();
    if (stand !== "listed" || !listed.includes(device)) return { unlisted: false, problem: null };
    try {
      await this.keys.unlist(device, paper);
      return { unlisted: true, problem: null };
    } catch (error) {
      const isMistyped =
        error instanceof Malformed || (error instanceof Forbidden && error.clause === OTHER_KEY);
      if (!(error instanceof Refused) || isMistyped) throw error;
      return { unlisted: false, problem: problemOf(error) };
    }
  }
}
