/**
 * That a vault is the device, asked of its home node (spec DEV-8.1). Its twin is `node/client/seating.py`.
 */

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Device } from "../device/device.ts";
import { Conflict, type Refused } from "../errors.ts";
import { base64 } from "../wire/bytes.ts";
import { bytesOf } from "./api.ts";
import type { ApiClient } from "./api_client.ts";
import type { TakenSeat, TakeSeat } from "./api_types.ts";
import { type Clock, isRecent, Turns } from "./waiting.ts";

/** So often another one is taken: a node put back from a copy is found out. */
const SEAT_LASTS = 600_000;

/** The seat of one device. Calls may come at once: they take turns. */
export class Seating {
  readonly #api: ApiClient;
  readonly #device: Device;
  readonly #clock: Clock;
  readonly #tell: (events: readonly ConversationEvent[]) => void;
  readonly #turns = new Turns();
  #taken: number | null = null;

  constructor(
    api: ApiClient,
    device: Device,
    clock: Clock,
    tell: (events: readonly ConversationEvent[]) => void,
  ) {
    this.#api = api;
    this.#device = device;
    this.#clock = clock;
    this.#tell = tell;
    api.retake = (refused) => this.retake(refused);
    api.leftBehind = (error) => this.freeze(error);
  }

  /** Before anything is sent, and now and then. Throws `Conflict` (ACC-4.4). */
  take(): Promise<void> {
    return this.#turns.take(async () => {
      await this.#device.checkSeat();
      while (!isRecent(this.#taken, this.#clock.now(), SEAT_LASTS)) {
        const asked = await this.#device.askSeat();
        const { have, proof, nonce } = asked;
        const body = { have, proof: base64(proof), nonce: base64(nonce) };
        const { seat, proof: given } = await this.#ask(body);
        await this.#device.takeSeat(seat, bytesOf(given));
        this.#api.seat = seat;
        if (!asked.again) this.#taken = this.#clock.now();
      }
    });
  }

  /**
   * The node refused this seat: it was put back from a copy, or another copy of this vault is the device (DEV-8.2).
   * Throws `Conflict` (ACC-4.4) for the second.
   */
  async retake(refused: number): Promise<void> {
    if (this.#api.seat === refused) this.#taken = null; // else another request has met it before
    await this.take();
  }

  async #ask(body: TakeSeat): Promise<TakenSeat> {
    try {
      return await this.#api.ask("POST /device/seat", { body, harmless: true });
    } catch (error) {
      if (error instanceof Conflict) await this.freeze(error);
      throw error;
    }
  }

  /** Another copy of this vault is the device. */
  async freeze(error: Refused): Promise<void> {
    if (!(await this.#device.frozen())) this.#tell(await this.#device.freeze(error));
  }
}
