/**
 * Pure: what a device tells its home node of its conversations (spec DEV-11).
 *
 * Of whom a commit left no leaf, so that they get nothing more; and what a node forgot that was put
 * back from a copy.
 */

import { Conflict, Refused, Unreachable } from "../errors.ts";
import { text } from "../wire/bytes.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import type { Create, Outcome, TellGone } from "./exchange.ts";
import { forgotten, knownAs } from "./home.ts";
import { CURSOR, forgottenRow, GONE, goneRow } from "./rows.ts";

const READ_FIRST = "changes of the conversation wait to be read";

/** Those of one device. */
export class Errands {
  readonly #state: DeviceState;
  readonly #outbox: DeviceOutbox;

  constructor(state: DeviceState, outbox: DeviceOutbox) {
    this.#state = state;
    this.#outbox = outbox;
  }

  /** The next of them. */
  async next(): Promise<Create | TellGone | null> {
    const [forgotten] = this.#ready("forgotten");
    if (forgotten !== undefined) return this.#create(forgotten);
    for (const group of this.#ready("gone")) {
      const { ref } = await this.#state.conversation(group);
      if (!ref) continue;
      const row = goneRow(group);
      const { actors } = await this.#state.get(row, GONE);
      const cursor = await this.#state.read(CURSOR);
      const seq = cursor === null ? 0 : Number(text(cursor));
      return { is: "TellGone", row, group, ref, actors, seq };
    }
    return null;
  }

  #ready(kind: string): readonly string[] {
    const { obstacles } = this.#outbox;
    return this.#state.groupsWith(kind).filter((group) => obstacles.of(group) === null);
  }

  async #create(group: string): Promise<Create> {
    const { group_id, members: all, url } = await this.#state.conversation(group);
    const members = all.filter((actor) => actor !== this.#state.actor);
    const epoch = Number((await this.#state.groups.session(group)).epoch);
    return { is: "Create", row: forgottenRow(group), group, group_id, members, url, epoch };
  }

  /** What came of one. */
  async outcome(asked: Create | TellGone, came: Outcome): Promise<readonly ConversationEvent[]> {
    const isEarly = asked.is === "TellGone" && came instanceof Conflict;
    const outcome = isEarly ? new Unreachable(READ_FIRST, true, "unread") : came;
    if (this.#outbox.obstacles.takes(asked, outcome)) return [];
    this.#state.delete(asked.row);
    // Who is gone was told, or there is no such conversation any more.
    if (asked.is === "TellGone") return [];
    if (outcome instanceof Refused) {
      // It is over: what was to be said there is told, and that it is.
      const told = await this.#outbox.giveUp(asked.group, outcome);
      const conversation = asked.group;
      return [...told, { is: "ConversationLeft", conversation, by: this.#state.actor }];
    }
    if (!(outcome instanceof Unreachable) && outcome.is === "Created") {
      await knownAs(this.#state, asked.group, outcome);
    }
    return [];
  }

  /** A commit left no leaf of these in the group; ours: of this device. */
  async left(group: string, actors: readonly string[]): Promise<void> {
    const name = goneRow(group);
    const known = (await this.#state.find(name, GONE))?.actors ?? [];
    const found = [...new Set([...known, ...actors])].sort();
    if (found.length) this.#state.put(name, { actors: found });
  }

  /** They are in the group again. */
  async came(group: string, actors: readonly string[]): Promise<void> {
    const name = goneRow(group);
    const known = await this.#state.find(name, GONE);
    if (known === null) return;
    const left = known.actors.filter((actor) => !actors.includes(actor)).sort();
    if (left.length) this.#state.put(name, { actors: left });
    else this.#state.delete(name);
  }

  /** Our node was put back from a copy: it is told of every conversation. */
  async restored(): Promise<void> {
    for (const group of this.#state.groupsWith("group")) {
      if ((await this.#state.conversation(group)).ref) forgotten(this.#state, group);
    }
  }
}
