/**
 * Pure: words of ours that somebody's devices did not take (spec DEV-10, E2E-4.9).
 *
 * They are kept. What waited in vain is said anew, by itself, once the very device is heard again;
 * what no device of theirs can read goes on in another conversation when our person says so. What they
 * have not fetched for days stays where it is.
 */

import { Malformed } from "../errors.ts";
import { type Bytes, EMPTY, text, unhex } from "../wire/bytes.ts";
import { FAILURE, isAct, TOMBSTONE } from "./content.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import type { Named } from "./message_maker.ts";
import { sayAnew } from "./repair.ts";
import {
  ABSENT,
  absentRow,
  INVITED,
  invitedRow,
  MESSAGE,
  type MessageRow,
  type ParkedRow,
  RETURNED,
  returnedRow,
} from "./rows.ts";
import { ownRow, stands } from "./said_rows.ts";
import * as unfetched from "./unfetched.ts";

const GONE: readonly string[] = ["no_device", "new_device"];
const FOR_GOOD: readonly string[] = [...GONE, "refused"]; // what is not said again by itself
const NOT_YET = "unfetched";
const REASONS: readonly string[] = [...FOR_GOOD, "not_fetched", "not_delivered", NOT_YET];
const OPEN_BRACE = 0x7b;
const MICROS = 1_000_000;

/** The node's word that an actor did not take the message with this SHA-256; or has not fetched it yet, `since` that
 * second. */
interface Returned {
  readonly actor: string;
  readonly digest: Bytes;
  readonly reason: string;
  readonly since: number;
}

/** Whether a mailbox item is a word of the node: no MLSMessage begins so. */
export function isWord(item: ParkedRow): boolean {
  return item.content[0] === OPEN_BRACE;
}

function parse(content: Bytes): Returned {
  try {
    const said = JSON.parse(text(content)) as Record<string, unknown>;
    const { type, actor, digest, reason, since = reason === NOT_YET ? null : 0 } = said;
    const isText = typeof actor === "string" && typeof digest === "string";
    const isTime = typeof since === "number" && Number.isSafeInteger(since) && since >= 0;
    const isReason = typeof reason === "string" && REASONS.includes(reason);
    if (type === "Reject" && isText && isTime && isReason) {
      return { actor, digest: unhex(digest), reason, since };
    }
  } catch {
    // It is told below.
  }
  throw new Malformed("DEV-10.1", "our node says something that is not understood");
}

/** Both ends of it: they come, and go out again. */
export class Returns {
  readonly #state: DeviceState;
  readonly #outbox: DeviceOutbox;

  constructor(state: DeviceState, outbox: DeviceOutbox) {
    this.#state = state;
    this.#outbox = outbox;
  }

  /** Words came back. Throws `Malformed` (DEV-10.1) for what is no such word. */
  async take(group: string, item: ParkedRow): Promise<readonly ConversationEvent[]> {
    const told = parse(item.content);
    if (!this.#state.groups.has(group)) return [];
    const { members } = await this.#state.conversation(group);
    if (!members.includes(told.actor) || told.actor === this.#state.actor) return [];
    const found = await this.#outbox.maker.sealedAs(group, told.digest);
    if (told.reason === NOT_YET) {
      const times = [told.since, item.at / MICROS, (found?.row.at ?? item.at) / MICROS];
      return unfetched.note(this.#state, group, told.actor, Math.floor(Math.min(...times)));
    }
    if (found === null) return this.#notJoined(group, told);
    const events = GONE.includes(told.reason) ? await this.#absent(group, told) : [];
    if ([FAILURE, TOMBSTONE].includes(found.row.kind)) return events;
    return [...events, ...(await this.#keep(group, found, told, members))];
  }

  /** A Welcome of ours found no device of somebody: nobody waits for their words. */
  async #notJoined(group: string, told: Returned): Promise<readonly ConversationEvent[]> {
    const invited = await this.#state.find(invitedRow(group, told.digest), INVITED);
    const isTheirs = invited?.actors.includes(told.actor) && GONE.includes(told.reason);
    return isTheirs ? this.#absent(group, told) : [];
  }

  async #absent(
    conversation: string,
    { actor, reason }: Returned,
  ): Promise<readonly ConversationEvent[]> {
    const name = absentRow(conversation, actor);
    const has_new = reason === "new_device";
    const known = await this.#state.find(name, ABSENT);
    this.#state.put(name, { ...known, has_new });
    if (known !== null && (known.has_new || !has_new)) return [];
    return [{ is: "NoDeviceLeft", conversation, actor, has_new }];
  }

  async #keep(
    conversation: string,
    { name, row }: Named<MessageRow>,
    { actor, reason }: Returned,
    members: readonly string[],
  ): Promise<readonly ConversationEvent[]> {
    const { id, text: words } = row;
    const place = returnedRow(conversation, id);
    const kept = await this.#state.find(place, RETURNED);
    if (kept !== null && actor in kept.reasons) return [];
    const reasons = { ...kept?.reasons, [actor]: reason };
    this.#state.put(place, { reasons });
    const others = members.filter((member) => member !== this.#state.actor);
    if (others.every((member) => member in reasons)) {
      this.#state.put(name, { ...row, sent: false });
    }
    if (isAct(row.kind)) return []; // it goes out again with the words, or as they do
    return [{ is: "MessageReturned", conversation, id, text: words, actor, reason }];
  }

  /**
   * A device of `actor` that takes part is there: what it did not take is said anew, or told.
   *
   * Not of whom our node said that no device takes part: that word may be older, or a lie.
   */
  async heard(group: string, actor: string): Promise<readonly ConversationEvent[]> {
    unfetched.forget(this.#state, group, [actor]);
    if (this.#state.has(absentRow(group, actor))) return [];
    const found: MessageRow[] = [];
    for (const place of this.#state.names("returned", group)) {
      const reason = (await this.#state.get(place, RETURNED)).reasons[actor];
      if (reason === undefined || FOR_GOOD.includes(reason)) continue;
      this.#state.delete(place);
      found.push(await this.#state.get(this.#said(group, place), MESSAGE));
    }
    const told: ConversationEvent[] = [];
    for (const row of found.sort((a, b) => a.number - b.number)) {
      told.push(...(await this.#anew(group, row)));
    }
    return told;
  }

  #said(group: string, place: string): string {
    return ownRow(this.#state, group, place.slice(returnedRow(group, "").length));
  }

  /** As a `Failure` would have it (E2E-5.9), unless that is owed already. */
  async #anew(group: string, row: MessageRow): Promise<readonly ConversationEvent[]> {
    if (!row.digest.length) return [];
    const name = ownRow(this.#state, group, row.id);
    return sayAnew(this.#state, this.#outbox, group, { name, row });
  }

  /** What was said in a group and could be read by nobody, in its order. */
  async waiting(group: string): Promise<readonly MessageRow[]> {
    const places = this.#state.names("returned", group);
    const names = new Set(places.map((place) => this.#said(group, place)));
    for (const { row } of await this.#outbox.owed(group)) {
      if (row.intent.type === "Say") names.add(row.intent.message);
    }
    const found: MessageRow[] = [];
    for (const name of names) found.push(await this.#state.get(name, MESSAGE));
    const kept: MessageRow[] = [];
    for (const row of found) {
      const isSaid = row.kind !== FAILURE && !row.sent;
      if (isSaid && (await stands(this.#state, group, row))) kept.push(row);
    }
    return kept.sort((a, b) => a.number - b.number);
  }

  /** Say in `fresh` what nobody could read in `groups`: it keeps its id and its place. */
  async goOn(groups: Iterable<string>, fresh: string): Promise<number> {
    const moved: { readonly old: string; readonly row: MessageRow }[] = [];
    for (const old of groups) {
      for (const row of await this.#take(old, old === fresh)) moved.push({ old, row });
    }
    for (const { old, row } of moved.sort((a, b) => a.row.number - b.row.number)) {
      const place = ownRow(this.#state, old, row.id);
      const message = place.replace(`/${old}/`, `/${fresh}/`);
      this.#state.delete(place);
      const isSealed = row.sealed || row.digest.length > 0 || row.mended > 0;
      const anew = { ...row, digest: EMPTY, epoch: 0, mended: 0 };
      this.#state.put(message, isSealed ? { ...anew, sealed: true } : anew);
      this.#outbox.owe(fresh, { type: "Say", message });
    }
    return moved.length;
  }

  /**
   * What waits in a group, which is owed there no more; where it `stays`, what is not owed.
   *
   * A `Failure` goes too: nobody is left who could answer it.
   */
  async #take(group: string, stays: boolean): Promise<readonly MessageRow[]> {
    const waiting = await this.waiting(group);
    const owed = new Set<string>();
    for (const { name, row } of await this.#outbox.owed(group)) {
      if (row.intent.type !== "Say") continue;
      if (stays) owed.add(row.intent.message);
      else this.#state.delete(name);
    }
    for (const place of this.#state.names("returned", group)) this.#state.delete(place);
    return waiting.filter((row) => !owed.has(ownRow(this.#state, group, row.id)));
  }
}
