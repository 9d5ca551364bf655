/** Pure: what is told and no other row says, until whoever runs the device has it (spec DEV-2.7). */

import { text, utf8 } from "../wire/bytes.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { Turns } from "./device_archive.ts";
import type { DeviceState } from "./device_state.ts";

const KEPT: readonly string[] = [
  "ChangeDropped",
  "ConversationCaughtUp",
  "KeysChanged",
  "MessageUndelivered",
  "MessageUnreadable",
  "NodeRestored",
];
/** Of a kind: nobody fills the vault with what cannot be read. */
const MOST = 100;

/** These are told once the step is written: what of them would be lost is written with it. */
export function keep<Told extends readonly ConversationEvent[]>(
  state: DeviceState,
  events: Told,
): Told {
  for (const event of events.filter(({ is }) => KEPT.includes(is))) {
    const number = state.number().toString().padStart(16, "0");
    state.write(`untold/${event.is}/${number}`, utf8(JSON.stringify(event)));
    const [oldest = "", ...others] = namesOf(state, event.is);
    if (others.length >= MOST) state.delete(oldest);
  }
  return events;
}

function namesOf(state: DeviceState, kind: string): readonly string[] {
  return [...state.names("untold", kind)].sort();
}

/** Its place among all that happened, and in the history. */
function numberOf(name: string): number {
  return Number(name.slice(name.lastIndexOf("/") + 1));
}

/** What a device has told, until it is heard. */
export class Untold {
  readonly #state: DeviceState;
  readonly #turns: Turns;

  constructor(state: DeviceState, turns: Turns) {
    this.#state = state;
    this.#turns = turns;
  }

  /** What nobody has heard yet, in the order in which it happened. */
  events(): Promise<readonly ConversationEvent[]> {
    return this.#turns.inTurn(async () => {
      const names = KEPT.flatMap((kind) => this.#state.names("untold", kind));
      names.sort((a, b) => numberOf(a) - numberOf(b));
      const found: ConversationEvent[] = [];
      for (const name of names) found.push(JSON.parse(await this.#read(name)));
      return found;
    });
  }

  async #read(name: string): Promise<string> {
    const value = await this.#state.read(name);
    return value === null ? "" : text(value);
  }

  /** The number of an event, of equal ones the first; null for what is not kept. */
  number(event: ConversationEvent): Promise<number | null> {
    return this.#turns.inTurn(async () => {
      const name = await this.#name(event);
      return name === null ? null : numberOf(name);
    });
  }

  async #name(event: ConversationEvent): Promise<string | null> {
    const said = JSON.stringify(event);
    for (const name of namesOf(this.#state, event.is)) {
      if ((await this.#read(name)) === said) return name;
    }
    return null;
  }

  /** Whoever runs the device has these. After a kill they may be told once more. */
  async heard(events: readonly ConversationEvent[]): Promise<void> {
    if (!this.#state.groupsWith("untold").length) return;
    await this.#turns.step(async () => {
      for (const event of events) {
        const name = await this.#name(event);
        if (name !== null) this.#state.delete(name);
      }
      this.#state.postpone();
    });
  }
}
