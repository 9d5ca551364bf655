/** Pure: what is told and no other row says, until whoever runs the device has it (spec DEV-2.7). */

import { EMPTY, text, utf8 } from "../wire/bytes.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { Turns } from "./device_archive.ts";
import type { DeviceState } from "./device_state.ts";
import { padded } from "./rows.ts";

const KEPT =
  /^(ChangeDropped|ConversationCaughtUp|GroupSpoilt|KeysChanged|MessageUndelivered|MessageUnreadable|NodeRestored)$/;
/** Of a kind: nobody fills the vault with what cannot be read. */
const MOST = 100;

/** These are told once the step is written: what of them would be lost is written with it. */
export function keep<Told extends readonly ConversationEvent[]>(
  state: DeviceState,
  events: Told,
): Told {
  for (const event of events.filter(({ is }) => KEPT.test(is))) {
    state.write(`untold/${event.is}/${padded(state.number())}`, utf8(JSON.stringify(event)));
    const [oldest = "", ...others] = state.names("untold", event.is);
    if (others.length >= MOST) state.delete(oldest);
  }
  return events;
}

/** Words that were taken back are not told any more (DEV-18.4). */
export async function forgetWords(state: DeviceState, ids: readonly string[]): Promise<void> {
  for (const name of state.names("untold", "MessageUndelivered")) {
    const { id } = JSON.parse(text((await state.read(name)) ?? utf8("{}")));
    if (ids.includes(id)) state.delete(name);
  }
}

/** Its place among all that happened, and in the history. */
function numberOf(name: string): number {
  return Number(name.slice(-16));
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
      const kinds = this.#state.groupsWith("untold");
      const names = kinds.flatMap((kind) => this.#state.names("untold", kind));
      names.sort((a, b) => numberOf(a) - numberOf(b));
      const found: ConversationEvent[] = [];
      for (const name of names) found.push(JSON.parse(await this.#read(name)));
      return found;
    });
  }

  async #read(name: string): Promise<string> {
    return text((await this.#state.read(name)) ?? EMPTY);
  }

  /** The number of an event, of equal ones the first; 0 for what is not kept. */
  number(event: ConversationEvent): Promise<number> {
    return this.#turns.inTurn(async () => numberOf(await this.#name(event)));
  }

  /** Its row, or "". */
  async #name(event: ConversationEvent): Promise<string> {
    const said = JSON.stringify(event);
    for (const name of this.#state.names("untold", event.is)) {
      if ((await this.#read(name)) === said) return name;
    }
    return "";
  }

  /** Whoever runs the device has it. After a kill it may be told once more. */
  heard(event: ConversationEvent): Promise<void> {
    return this.#turns.step(async () => {
      this.#state.delete(await this.#name(event));
      this.#state.postpone();
    });
  }
}
