/** Pure: a device and the groups that it is behind, each happening in its turn (spec DEV-9). */

import * as behind from "./behind.ts";
import type { ComingBack } from "./coming_back.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { Turns } from "./device_archive.ts";
import type { DeviceState } from "./device_state.ts";

/** What the program may ask of a device about them. */
export class DeviceBehind {
  readonly #state: DeviceState;
  readonly #back: ComingBack;
  readonly #turns: Turns;

  constructor(state: DeviceState, back: ComingBack, turns: Turns) {
    this.#state = state;
    this.#back = back;
    this.#turns = turns;
  }

  /** The whole mailbox was read: ask to be taken back where commits are gone (DEV-9.1). */
  look(now: number): Promise<readonly ConversationEvent[]> {
    return this.#turns.step(() => this.#back.look(now));
  }

  /** Whether it is worth a look. */
  get mayBe(): boolean {
    return this.#back.mayBeBehind;
  }

  /** Whether it was asked in vain to take this device back: it goes on in a new one (DEV-9.6). */
  isUnanswered(group: string): Promise<boolean> {
    return this.#turns.inTurn(() => behind.isUnanswered(this.#state, group));
  }

  /** Whether the mailbox is to be read, though nothing came (DEV-9.6). */
  isDue(now: number): Promise<boolean> {
    return this.#turns.inTurn(() => behind.isDue(this.#state, now));
  }

  /** How many seconds until it is. */
  rest(now: number): Promise<number> {
    return this.#turns.inTurn(() => behind.rest(this.#state, now));
  }
}
