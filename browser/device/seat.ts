/** Pure: the device's seat: of two copies of one vault only one goes on (spec DEV-8, ACC-4.4). */

import { Conflict, type Refused } from "../errors.ts";
import { type Bytes, EMPTY } from "../wire/bytes.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import { SEAT, SEAT_ROW, type SeatRow } from "./rows.ts";

const NONCE_BYTES = 16;
const LEFT_BEHIND =
  "this vault is an older copy, or another copy of it is in use: log in again to make this" +
  " machine a device of its own";

/** The clauses by which a node refuses a vault that was left behind (DEV-8.2). */
export const LEFT_BEHIND_CLAUSES: ReadonlySet<string> = new Set(["ACC-4.4", "ACC-4.5"]);

/**
 * The seat that the vault has, its proof (ACC-4.7), and the nonce for the next one.
 *
 * `again`: it was asked for before. A copy may have been made since, so that another one is to be
 * taken after it.
 */
export interface SeatAsked {
  readonly is: "SeatAsked";
  readonly have: number;
  readonly proof: Bytes;
  readonly nonce: Bytes;
  readonly again: boolean;
}

/** What this vault knows of its seat, and what becomes of it. */
export class DeviceSeat {
  readonly #state: DeviceState;
  readonly #outbox: DeviceOutbox;

  constructor(state: DeviceState, outbox: DeviceOutbox) {
    this.#state = state;
    this.#outbox = outbox;
  }

  async #row(): Promise<SeatRow> {
    const none = { have: 0, proof: EMPTY, nonce: EMPTY, frozen: false };
    return (await this.#state.find(SEAT, SEAT_ROW)) ?? none;
  }

  #put(row: SeatRow): void {
    this.#state.put(SEAT, row);
  }

  /** Whether another copy of this vault is the device. */
  async frozen(): Promise<boolean> {
    return (await this.#row()).frozen;
  }

  /** Throws `Conflict` (ACC-4.4) for a vault that was left behind. */
  async check(): Promise<void> {
    if (await this.frozen()) throw new Conflict("ACC-4.4", LEFT_BEHIND);
  }

  /** The next seat to ask for; one that was asked for and not answered is asked for again. */
  async ask(): Promise<SeatAsked> {
    const { have, proof, nonce } = await this.#row();
    if (nonce.length) return { is: "SeatAsked", have, proof, nonce, again: true };
    const fresh = this.#state.entropy.draw(NONCE_BYTES);
    this.#put({ have, proof, nonce: fresh, frozen: false });
    return { is: "SeatAsked", have, proof, nonce: fresh, again: false };
  }

  /** The node has given us this seat. */
  taken(number: number, proof: Bytes): void {
    this.#put({ have: number, proof, nonce: EMPTY, frozen: false });
  }

  /** Another copy is the device: keys are erased, history stays, what was not sent is told. */
  async freeze(error: Refused): Promise<readonly ConversationEvent[]> {
    const found: ConversationEvent[] = [];
    const { have } = await this.#row();
    this.#put({ have, proof: EMPTY, nonce: EMPTY, frozen: true });
    for (const group of (await this.#state.conversations()).keys()) {
      found.push(...(await this.#outbox.giveUp(group, error)));
    }
    const groups = this.#state.groupsWith("parked");
    const parked = groups.flatMap((group) => this.#state.names("parked", group));
    for (const name of [...this.#state.names("package"), ...parked]) this.#state.delete(name);
    return found;
  }
}
