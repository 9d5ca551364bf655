/** Pure: what was missed is asked for again, and what others missed is said anew (spec E2E-5.9). */

import type { Refused } from "../errors.ts";
import * as framing from "../mls/public/framing.ts";
import { hash } from "../mls/public/suite.ts";
import { EMPTY, hex, utf8 } from "../wire/bytes.ts";
import * as content from "./content.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import type { Named } from "./message_maker.ts";
import { failureRow, MESSAGE, type MessageRow, missedRow, type ParkedRow } from "./rows.ts";
import { stands } from "./said_rows.ts";

/** One complaint may name hundreds: who only complains must not keep us busy for ever. */
const MOST_MENDED = 20;
/**
 * The keys of its epoch, or its own, are gone, or it is too far ahead of what came; or too many wait.
 * What was in such a message can be sealed anew.
 */
const MOST_FAILURES = 100; // begun in a group in a day
const DAY_MICROS = 86_400_000_000;
const KEPT_DAYS = 30;
const MISSED: ReadonlySet<string> = new Set(["MLS-15.3a", "MLS-9.2a", "MLS-15.3", "E2E-5.4"]);

/** Both sides of a `Failure`. */
export class Repair {
  readonly #state: DeviceState;
  readonly #outbox: DeviceOutbox;

  constructor(state: DeviceState, outbox: DeviceOutbox) {
    this.#state = state;
    this.#outbox = outbox;
  }

  /**
   * The group in which a message can be asked for again, or nothing.
   *
   * Not what was said before this device came: that was not for it.
   */
  async missed(item: ParkedRow, error: Refused): Promise<string> {
    if (!MISSED.has(error.clause)) return "";
    const { groupId, epoch, contentType } = framing.header(item.content);
    const group = hex(groupId ?? EMPTY);
    if (contentType !== framing.APPLICATION || !this.#state.groups.has(group)) return "";
    const row = await this.#state.conversation(group);
    return Number(epoch ?? 0n) >= row.joined ? group : "";
  }

  /**
   * Owe a `Failure` about the message, once; many are named in one while none was sealed.
   *
   * False when so many were begun today that this one is not asked for.
   */
  async ask(group: string, item: ParkedRow): Promise<boolean> {
    const digest = hash(item.content);
    const name = missedRow(group, digest);
    if (this.#state.has(name)) return true;
    const asking = await this.#asking(group);
    if (asking === null && !(await this.#mayAsk(group, item.at))) return false;
    this.#state.write(name, utf8("1"));
    if (asking !== null) {
      const text = `${asking.text} ${content.named(digest)}`;
      this.#state.put(failureRow(group, asking.id), { ...asking, text });
      return true;
    }
    const failure: MessageRow = {
      id: content.urnUuid4(this.#state.entropy.draw(16)),
      actor: this.#state.actor,
      text: content.named(digest),
      at: item.at,
      number: this.#state.number(),
      kind: content.FAILURE,
      sent: false,
      digest: EMPTY,
      epoch: 0,
      mended: 0,
    };
    const message = failureRow(group, failure.id);
    this.#state.put(message, failure);
    this.#outbox.owe(group, { type: "Say", message });
    return true;
  }

  /** Whether few enough were begun today; those that nobody answers any more are forgotten. */
  async #mayAsk(group: string, at: number): Promise<boolean> {
    const intents = (await this.#outbox.owed(group)).map(({ row }) => row.intent);
    const owed = new Set(intents.map((intent) => (intent.type === "Say" ? intent.message : "")));
    let today = 0;
    for (const name of this.#state.names("failure", group)) {
      const age = at - (await this.#state.get(name, MESSAGE)).at;
      if (age < DAY_MICROS) today += 1;
      if (age > KEPT_DAYS * DAY_MICROS && !owed.has(name)) this.#state.delete(name);
    }
    return today < MOST_FAILURES;
  }

  /** The `Failure` of this group that is owed and not sealed yet, if it takes one more. */
  async #asking(group: string): Promise<MessageRow | null> {
    for (const { row: owed } of await this.#outbox.owed(group)) {
      if (owed.intent.type !== "Say" || owed.content.length) continue;
      const message = await this.#state.get(owed.intent.message, MESSAGE);
      const isFailure = message.kind === content.FAILURE;
      if (isFailure && message.text.split(" ").length < content.MOST_NAMED) return message;
    }
    return null;
  }

  /** Somebody missed what we said: owe it anew, in its order. */
  async mend(group: string, about: readonly string[]): Promise<readonly ConversationEvent[]> {
    const found: ConversationEvent[] = [];
    for (const each of new Set(about)) found.push(...(await this.#mendOne(group, each)));
    return found;
  }

  async #mendOne(group: string, about: string): Promise<readonly ConversationEvent[]> {
    const found = await this.#outbox.maker.sealedAs(group, content.digestOf(about));
    if (found === null) return [];
    return sayAnew(this.#state, this.#outbox, group, found);
  }
}

/** Owe what somebody missed anew, under its id; it is told where that may not be. */
export async function sayAnew(
  state: DeviceState,
  outbox: DeviceOutbox,
  group: string,
  { name: message, row }: Named<MessageRow>,
): Promise<readonly ConversationEvent[]> {
  if (!(await stands(state, group, row))) return [];
  if (row.epoch < (await state.conversation(group)).grown) {
    const reason = "somebody missed it, and others came since: say it again if they may read it";
    return leftAlone(group, row, reason);
  }
  if (row.mended >= MOST_MENDED) {
    return leftAlone(group, row, "somebody misses it again and again");
  }
  state.put(message, { ...row, sent: false, digest: EMPTY, mended: row.mended + 1 });
  outbox.owe(group, { type: "Say", message });
  return [];
}

/** Tell of our words; what is wrong with a complaint of ours is nobody's to know. */
function leftAlone(
  conversation: string,
  { id, text, kind }: MessageRow,
  reason: string,
): readonly ConversationEvent[] {
  if (kind === content.FAILURE) return [];
  return [{ is: "MessageUndelivered", conversation, id, text, clause: "E2E-5.9", reason }];
}
