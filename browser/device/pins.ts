/** Pure: whose keys a device knows, and what becomes of that (spec DEV-13, KEY-5). */

import { Forbidden, Missing } from "../errors.ts";
import { judgeList, type Line, type Pin, type SeenList } from "../keys/private/pins.ts";
import { checkPublished, type Published } from "../keys/public/published.ts";
import { concat, EMPTY } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { PIN, pinRow } from "./key_rows.ts";

/** The keys of others, as this device took them. What changes them is called inside a step. */
export class Pins {
  readonly #state: DeviceState;

  constructor(state: DeviceState) {
    this.#state = state;
  }

  /** What is pinned of `actor`. */
  async of(actor: string): Promise<Pin | null> {
    const row = await this.#state.find(pinRow(actor), PIN);
    if (row === null) return null;
    const keys = await checkPublished(row.delegation, row.list, actor);
    return { keys, verified: row.verified, forked: row.forked.length > 0 };
  }

  /** Judge keys that were fetched or shown, and keep what is to be kept of them (KEY-5.1). */
  async see(actor: string, keys: Published): Promise<Line<SeenList>> {
    const pin = await this.of(actor);
    const line = judgeList({ pin, keys });
    const [delegation, list] = [keys.signedDelegation.encode(), keys.signedList.encode()];
    if (line.deed === "take") {
      const verified = pin?.verified ?? false;
      this.#state.put(pinRow(actor), { delegation, list, verified, forked: EMPTY });
    } else if (line.seen === "equal numbers, other bytes") {
      const known = await this.#state.get(pinRow(actor), PIN);
      this.#state.put(pinRow(actor), { ...known, forked: concat(delegation, list) });
    }
    return line;
  }

  /** A person compared the numbers (DEV-13.2). Throws `Missing` for whose keys are unknown. */
  async verify(actor: string): Promise<void> {
    const row = await this.#state.find(pinRow(actor), PIN);
    if (row === null) {
      throw new Missing("DEV-13.2", "this device knows no keys of theirs yet");
    }
    if (row.forked.length) {
      throw new Forbidden("DEV-13.2", "two lists of theirs are under one number: ask them first");
    }
    this.#state.put(pinRow(actor), { ...row, verified: true });
  }
}
