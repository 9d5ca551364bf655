/** Pure: what was missed is asked for again, and what others missed is said anew (spec E2E-5.9). */

import type { Refused } from "../errors.ts";
import * as framing from "../mls/public/framing.ts";
import { hash } from "../mls/public/suite.ts";
import { type Bytes, EMPTY, hex, utf8 } from "../wire/bytes.ts";
import * as content from "./content.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import * as later from "./later.ts";
import type { Named } from "./message_maker.ts";
import { epochOf, isWord } from "./parked.ts";
import { failureRow, MESSAGE, type MessageRow, missedRow, type ParkedRow } from "./rows.ts";
import { stands } from "./said_rows.ts";

/** One complaint may name hundreds: who only complains must not keep us busy for ever. */
const MOST_MENDED = 20;
/** `Failure`s of a day in a group; a second more has to pass before each further one. */
const AT_ONCE = 20;
const MOST_KEPT = 500; // more than a day has
const HOUR_SECONDS = 3600;
const SECOND_MICROS = 1_000_000;
const DAY_MICROS = 86_400 * SECOND_MICROS;
const KEPT_DAYS = 30;
/**
 * The keys of its epoch, or its own, are gone, or it is too far ahead of what came. What was in such a message
 * can be sealed anew.
 */
const MISSED: ReadonlySet<string> = new Set(["MLS-15.3a", "MLS-9.2a", "MLS-15.3"]);

const namesIn = ({ text }: MessageRow): readonly string[] => text.split(" ").filter(Boolean);

type Begun = readonly (readonly [name: string, row: MessageRow])[];

/** How many seconds until a `Failure` may be begun: the more were begun in a day, the more is gathered in one. */
function waitOf(begun: Begun, at: number): number {
  const over = begun.filter(([, row]) => at - row.at < DAY_MICROS).length - AT_ONCE;
  const since = at - (begun.at(-1)?.[1].at ?? 0);
  // A clock that was set back makes nobody wait.
  if (over <= 0 || since <= -SECOND_MICROS) return 0;
  return Math.max(0, over - Math.max(0, Math.floor(since / SECOND_MICROS)));
}

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
    const group = hex(framing.header(item.content).groupId ?? EMPTY);
    if (!isWord(item) || !this.#state.groups.has(group)) return "";
    const row = await this.#state.conversation(group);
    return epochOf(item) >= row.joined ? group : "";
  }

  /**
   * Owe a `Failure` about the message, once; many are named in one while none was sealed.
   *
   * Its name waits where `isEarly`, for it is of an epoch that is still to come, and where it is too soon after
   * the `Failure` before. False when no more names may wait.
   */
  async ask(group: string, item: ParkedRow, isEarly = false): Promise<boolean> {
    if (!isWord(item)) return false;
    const digest = hash(item.content);
    const name = missedRow(group, digest);
    if (this.#state.has(name)) return true;
    const waits = isEarly || (await later.due(this.#state, group)).length > 0;
    const isAsked = !waits && (await this.#name(group, [digest], item.at)) === 1;
    if (!isAsked && !later.add(this.#state, group, digest, epochOf(item))) return false;
    this.#state.write(name, utf8("1"));
    return true;
  }

  /** Time passed: what it was too soon to ask for is asked for. */
  async tend(now: number): Promise<void> {
    for (const group of this.#state.groupsWith("later")) await this.askNow(group, now);
  }

  /** How many seconds until that is worth a try; an hour where nothing waits for it. */
  async rest(now: number): Promise<number> {
    let least = HOUR_SECONDS;
    for (const group of this.#state.groupsWith("later")) {
      if (!(await later.due(this.#state, group)).length) continue;
      least = Math.min(least, waitOf(await this.#begun(group), now * SECOND_MICROS));
    }
    return Math.max(1, least);
  }

  /** What it was too early to ask for may have become due: the group is in another epoch, or time has passed. */
  async askNow(group: string, now: number): Promise<void> {
    const due = await later.due(this.#state, group);
    if (!due.length) return;
    const digests = await Promise.all(due.map((name) => later.digestOf(this.#state, name)));
    const asked = await this.#name(group, digests, now * SECOND_MICROS);
    for (const name of due.slice(0, asked)) this.#state.delete(name);
  }

  /** Name them in as few `Failure`s as can be; how many were: it may be too soon for more. */
  async #name(group: string, digests: readonly Bytes[], at: number): Promise<number> {
    let done = 0;
    while (done < digests.length) {
      const asking = (await this.#asking(group)) ?? (await this.#begin(group, at));
      if (asking === null) break;
      const known = namesIn(asking);
      const more = digests.slice(done, done + content.MOST_NAMED - known.length);
      const text = [...known, ...more.map(content.named)].join(" ");
      this.#state.put(failureRow(group, asking.id), { ...asking, text });
      done += more.length;
    }
    return done;
  }

  /** A `Failure` that names nothing yet, unless it is too soon. */
  async #begin(group: string, at: number): Promise<MessageRow | null> {
    const begun = await this.#begun(group);
    if (waitOf(begun, at)) return null;
    for (const [place, [name, row]] of begun.entries()) {
      const isOld = at - row.at > KEPT_DAYS * DAY_MICROS || place < begun.length - MOST_KEPT;
      if (isOld && row.sent) this.#state.delete(name); // nobody answers it any more
    }
    const failure: MessageRow = {
      id: content.urnUuid4(this.#state.entropy.draw(16)),
      actor: this.#state.actor,
      text: "",
      at,
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
    return failure;
  }

  /** The `Failure`s of a group, in their order. */
  async #begun(group: string): Promise<Begun> {
    const found: (readonly [string, MessageRow])[] = [];
    for (const name of this.#state.names("failure", group)) {
      found.push([name, await this.#state.get(name, MESSAGE)]);
    }
    return found.sort(([, a], [, b]) => a.number - b.number);
  }

  /** The `Failure` of this group that is owed and not sealed yet, if it takes one more. */
  async #asking(group: string): Promise<MessageRow | null> {
    for (const { row: owed } of await this.#outbox.owed(group)) {
      if (owed.intent.type !== "Say" || owed.content.length) continue;
      const message = await this.#state.get(owed.intent.message, MESSAGE);
      const isFailure = message.kind === content.FAILURE;
      if (isFailure && namesIn(message).length < content.MOST_NAMED) return message;
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
