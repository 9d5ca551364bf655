/** Pure: whose keys a device knows, and what becomes of that (spec DEV-13, KEY-5). */

import { Forbidden, Missing } from "../errors.ts";
import { judgeList, type Line, type Pin, type SeenList } from "../keys/private/pins.ts";
import { checkPublished, type Published } from "../keys/public/published.ts";
import { type Bytes, concat, EMPTY, equal } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { ANEW, anewRow, PIN, type PinRow, pinRow } from "./key_rows.ts";

/** The keys of others, as this device took them. What changes them is called inside a step. */
export class Pins {
  readonly #state: DeviceState;
  /** Signatures are checked once for each row. */
  readonly #read = new Map<string, { readonly row: PinRow; readonly keys: Published }>();

  constructor(state: DeviceState) {
    this.#state = state;
  }

  /** All that is kept of `actor`: another is another reason to look at their leaves. */
  async kept(actor: string): Promise<Bytes> {
    const rows = [await this.#state.read(pinRow(actor)), await this.#state.read(anewRow(actor))];
    return concat(...rows.map((row) => row ?? EMPTY));
  }

  /** What is pinned of `actor`. */
  async of(actor: string): Promise<Pin | null> {
    const row = await this.#state.find(pinRow(actor), PIN);
    if (row === null) return null;
    let known = this.#read.get(actor);
    if (known?.row !== row) {
      known = { row, keys: await checkPublished(row.delegation, row.list, actor) };
      this.#read.set(actor, known);
    }
    const { keys } = known;
    const anew = this.#state.has(anewRow(actor));
    return { keys, verified: row.verified, forked: row.forked.length > 0, anew };
  }

  /** Judge keys that were fetched or shown, and keep what is to be kept of them (KEY-5.1). */
  async see(actor: string, keys: Published): Promise<Line<SeenList>> {
    const pin = await this.of(actor);
    const line = judgeList({ pin, keys });
    const [delegation, list] = [keys.signedDelegation.encode(), keys.signedList.encode()];
    if (line.seen === "other root") {
      const known = await this.#state.find(anewRow(actor), ANEW);
      const isKnown = known && equal(known.delegation, delegation) && equal(known.list, list);
      if (!isKnown) this.#state.put(anewRow(actor), { delegation, list });
      return line;
    }
    this.#state.delete(anewRow(actor));
    if (line.deed === "take") {
      this.#take(actor, keys, pin?.verified ?? false);
    } else if (line.seen === "equal numbers, other bytes") {
      const known = await this.#state.get(pinRow(actor), PIN);
      this.#state.put(pinRow(actor), { ...known, forked: concat(delegation, list) });
    }
    return line;
  }

  /** The keys of another root that `actor` publishes now, as far as this device saw. */
  async anew(actor: string): Promise<Published | null> {
    const row = await this.#state.find(anewRow(actor), ANEW);
    return row && checkPublished(row.delegation, row.list, actor);
  }

  /**
   * A person goes on with who began anew under `root`, unverified (DEV-13.3).
   *
   * Throws `Missing` where they publish no such keys, or others since.
   */
  async accept(actor: string, root: Bytes): Promise<void> {
    const keys = await this.anew(actor);
    if (keys === null || !equal(keys.delegation.root, root)) {
      throw new Missing("DEV-13.3", "they publish no other keys than those that you know");
    }
    this.#state.delete(anewRow(actor));
    this.#take(actor, keys, false);
  }

  #take(actor: string, keys: Published, verified: boolean): void {
    const [delegation, list] = [keys.signedDelegation.encode(), keys.signedList.encode()];
    this.#state.put(pinRow(actor), { delegation, list, verified, forked: EMPTY });
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
