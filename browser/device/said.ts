/**
 * Pure: what happens to messages: changed, taken back, reacted to (spec E2E-7, DEV-18).
 *
 * It comes in any order, from others, from devices of our own, and from the archive; all devices show the same in the
 * end.
 */

import { Forbidden, Refused, TooMuch } from "../errors.ts";
import type { ApplicationMessage } from "../mls/private/events.ts";
import type { Archiving } from "./archiving.ts";
import * as content from "./content.ts";
import type { ConversationEvent, MessageUnreadable } from "./conversation_events.ts";
import type { DeviceState } from "./device_state.ts";
import { actorOf } from "./groups.ts";
import { dueRow, MESSAGE, type MessageRow, messageRow, OWED, returnedRow } from "./rows.ts";
import * as rows from "./said_rows.ts";
import { EARLY, groupIn, message, REACTIONS, type Reaction } from "./said_rows.ts";
import { forgetWords } from "./untold.ts";

/** Of one person, to one message. */
export const MOST_REACTIONS = 12;
const MOST_EARLY = 1_000;
const MOST_EARLY_OF_ONE = 100;
const EARLY_SECONDS = 7 * 86_400;
/** Messages with reactions, for one that is named by its id alone. */
const LOOKED_THROUGH = 500;
const MICROS = 1_000_000;
const OTHERS = "only who said something may change it or take it back";

/** What came of something that happened: whether it counts, and what is told of it. */
export interface Taken {
  readonly counts: boolean;
  readonly told: readonly ConversationEvent[];
}

const DROPPED: Taken = { counts: false, told: [] };
const WAITS: Taken = { counts: true, told: [] };

/** What is told of words that are refused. */
export function unreadable(conversation: string, error: unknown): MessageUnreadable {
  if (!(error instanceof Refused)) throw error;
  const { clause, reason } = error;
  return { is: "MessageUnreadable", conversation, clause, reason, asked_again: false };
}

/** The messages of one device, as what happens to them leaves them. */
export class Said {
  readonly #state: DeviceState;
  readonly #archiving: Archiving;

  constructor(state: DeviceState, archiving: Archiving) {
    this.#state = state;
    this.#archiving = archiving;
  }

  /** Something happened to what was said before, or will be; what counts is archived. */
  async heard(
    group: string,
    event: ApplicationMessage,
    said: content.Content,
    at: number,
  ): Promise<readonly ConversationEvent[]> {
    const act = actOf(said, actorOf(event.sender), this.#state.number());
    try {
      const { counts, told } = await this.take(group, act, at);
      if (counts) await this.#archiving.heard(group, event, act, at);
      return told;
    } catch (error) {
      return [unreadable(group, error)];
    }
  }

  /**
   * What `act` does, and whether it counts: else it changed nothing. `at` (microseconds) is when it came; not
   * `bounded` is what the archive gives back.
   *
   * Throws `Forbidden` (E2E-7.5) about the words of others, `TooMuch` (DEV-18.3).
   */
  take(group: string, act: MessageRow, at: number, bounded = true): Promise<Taken> {
    if (act.kind === content.UPDATE) return this.#update(group, act, at, bounded);
    if (act.kind === content.DELETE) return this.#delete(group, act, at);
    return this.#react(group, act, at, bounded);
  }

  /** What waited for what has that id, in its order. */
  async came(group: string, about: string, at: number): Promise<readonly ConversationEvent[]> {
    if (!this.#state.groupsWith("early").length) return [];
    const found: { readonly one: string; readonly act: MessageRow }[] = [];
    for (const one of await rows.samePeople(this.#state, group)) {
      for (const name of this.#state.names("early", rows.earlyPlace(one, about))) {
        found.push({ one, act: (await this.#state.get(name, EARLY)).act });
        this.#state.delete(name);
      }
    }
    const events: ConversationEvent[] = [];
    for (const { one, act } of found.sort((a, b) => byTime(a.act, b.act))) {
      events.push(...(await this.take(one, act, at, false)).told);
    }
    return events;
  }

  /** The row of the message, which has to be theirs. */
  async #mine(group: string, { actor, about = "" }: MessageRow): Promise<string | null> {
    const name = await rows.find(this.#state, group, actor, about);
    if (name === null && (await rows.meant(this.#state, group, about)) !== null) {
      throw new Forbidden("E2E-7.5", OTHERS);
    }
    return name;
  }

  async #update(group: string, act: MessageRow, at: number, bounded: boolean): Promise<Taken> {
    const name = await this.#mine(group, act);
    if (name === null) {
      await this.#wait(group, act, act.about ?? "", at, bounded);
      return WAITS;
    }
    const row = await this.#state.get(name, MESSAGE);
    if (act.id === row.edit) return DROPPED; // it was said anew
    const known = { at: row.edited ?? 0, id: row.edit ?? "" };
    if (row.kind === content.TOMBSTONE || byTime(act, known) < 0) {
      await this.#erase(group, act.actor, act.id);
      return DROPPED;
    }
    await this.#overtake(group, row);
    const { text, markdown, html } = act;
    const now = { text, markdown, html, edited: act.at, edit: act.id, changed: act.number };
    this.#state.put(name, message({ ...row, ...now, raw: "" } as MessageRow));
    await this.#blank(group, row.id, act.id);
    const changed = { conversation: groupIn(name), id: row.id, actor: row.actor };
    return {
      counts: true,
      told: [{ is: "MessageChanged", ...changed, change: "edited", text, at }],
    };
  }

  /** The change that counted counts no more: nor is it kept. */
  async #overtake(group: string, { actor, edit, changed = 0 }: MessageRow): Promise<void> {
    if (!edit) return;
    for (const one of await rows.samePeople(this.#state, group)) {
      this.#state.delete(dueRow(one, changed));
    }
    await this.#erase(group, actor, edit);
  }

  async #delete(group: string, act: MessageRow, at: number): Promise<Taken> {
    const { actor, about: id = "", number } = act;
    let name = await this.#mine(group, act);
    let row = message({ id, actor, text: "", at, number, kind: "Note" });
    if (name === null) name = messageRow(group, actor, id);
    else {
      row = await this.#state.get(name, MESSAGE);
      if (row.kind === content.TOMBSTONE) return DROPPED;
    }
    await this.takeBack(group, name, row);
    await this.#erase(group, actor, id);
    const changed = { conversation: groupIn(name), id, actor, change: "deleted", text: "", at };
    return { counts: true, told: [{ is: "MessageChanged", ...changed }] };
  }

  /** Nothing of what was said stays here (DEV-18.4). */
  async takeBack(group: string, name: string, row: MessageRow): Promise<void> {
    await this.#overtake(group, row);
    this.#state.put(name, rows.takenBack(row));
    this.#state.delete(rows.reactionRow(name));
    this.#state.delete(dueRow(groupIn(name), row.number));
    this.#state.delete(returnedRow(groupIn(name), row.id));
    await this.#withdraw(group, name);
    await this.#blank(group, row.id);
    const groups = await rows.samePeople(this.#state, group);
    const acts = (await rows.actsOf(this.#state, groups)).map((one) => one.row);
    const about = acts.filter((act) => act.about === row.id).map(({ id }) => id);
    await forgetWords(this.#state, [row.id, ...about]);
    for (const one of await rows.samePeople(this.#state, group)) {
      for (const early of this.#state.names("early", rows.earlyPlace(one, row.id))) {
        const { act } = await this.#state.get(early, EARLY);
        if ([act.actor, act.author].includes(row.actor)) this.#state.delete(early);
      }
    }
  }

  /** The words of our own changes that count no more. */
  async #blank(group: string, id: string, but = ""): Promise<void> {
    const groups = await rows.samePeople(this.#state, group);
    for (const { name, row } of await rows.actsOf(this.#state, groups)) {
      const isOld = row.kind === content.UPDATE && row.about === id && row.id !== but && row.text;
      if (!isOld) continue;
      this.#state.put(name, { ...row, text: "" });
      await this.#withdraw(group, name);
    }
  }

  /** Of what was not sealed nobody has to know. */
  async #withdraw(group: string, name: string): Promise<void> {
    for (const one of await rows.samePeople(this.#state, group)) {
      for (const place of this.#state.names("owed", one)) {
        const { intent, content: sealed } = await this.#state.get(place, OWED);
        const isIt = intent.type === "Say" && intent.message === name;
        if (isIt && !sealed.length) this.#state.delete(place);
      }
    }
  }

  /** It has to go from the archive, in whichever of these conversations it was kept. */
  async #erase(group: string, actor: string, id: string): Promise<void> {
    if (!(await this.#archiving.isOn())) return;
    for (const one of await rows.samePeople(this.#state, group)) {
      this.#state.put(rows.eraseRow(one, this.#state.number()), { actor, id });
    }
  }

  // -- reactions --------------------------------------------------------------------------------

  async #react(group: string, given: MessageRow, at: number, bounded: boolean): Promise<Taken> {
    let act = given;
    let name: string | null;
    if (act.about) name = await rows.meant(this.#state, group, act.about, act.author);
    else {
      const liked = await this.#liked(group, act);
      if (liked === null) {
        await this.#wait(group, act, act.edit ?? "", at, bounded);
        return WAITS;
      }
      act = { ...act, text: liked.emoji };
      ({ name } = liked);
    }
    if (name === null) {
      const about = act.about ?? "";
      if (!act.author && (await rows.allOf(this.#state, group, about)).length) return DROPPED;
      await this.#wait(group, act, about, at, bounded);
      return WAITS;
    }
    const row = await this.#state.get(name, MESSAGE);
    if (row.kind === content.TOMBSTONE || !(await this.#put(name, act))) return DROPPED;
    const on = act.kind !== content.UNDO;
    const { id, actor: author } = row;
    const reaction = { id, author, actor: act.actor, emoji: act.text, on, at };
    const changed = { is: "ReactionChanged", conversation: groupIn(name), ...reaction } as const;
    return {
      counts: true,
      told: on ? [changed, ...(await this.came(group, act.id, at))] : [changed],
    };
  }

  /** All of them, also those that were undone. */
  async reactions(name: string): Promise<readonly Reaction[]> {
    return (await this.#state.find(rows.reactionRow(name), REACTIONS))?.by ?? [];
  }

  /** Whether it counts: of one person, message and emoji the newest does. */
  async #put(name: string, { actor, text: emoji, id, at, kind }: MessageRow): Promise<boolean> {
    const before = await this.reactions(name);
    const one = { actor, emoji, id, at, off: kind === content.UNDO };
    const after = newest([...before, one]);
    if (!after.includes(one)) return false;
    this.#state.put(rows.reactionRow(name), { by: after });
    return true;
  }

  /** What the reaction that is called so is, and under which message. */
  async #liked(
    group: string,
    { actor, edit }: MessageRow,
  ): Promise<{ readonly name: string; readonly emoji: string } | null> {
    for (const one of await rows.samePeople(this.#state, group)) {
      const names = this.#state.names("reaction", one).slice(-LOOKED_THROUGH);
      for (const place of names.reverse()) {
        const name = `message/${place.slice("reaction/".length)}`;
        const known = (await this.reactions(name)).find(
          (each) => each.actor === actor && each.id === edit,
        );
        if (known !== undefined) return { name, emoji: known.emoji };
      }
    }
    return null;
  }

  // -- what comes too early ---------------------------------------------------------------------

  /** It is about what is not here yet. Throws `TooMuch` (DEV-18.3). */
  async #wait(
    group: string,
    act: MessageRow,
    about: string,
    at: number,
    bounded: boolean,
  ): Promise<void> {
    const now = Math.floor(at / MICROS);
    if (bounded && this.#state.count("early") >= MOST_EARLY) await this.#makeRoom(act.actor, now);
    this.#state.put(rows.earlyRow(group, act, about), { act, at: now });
  }

  async #makeRoom(actor: string, now: number): Promise<void> {
    let theirs = 0;
    for (const place of this.#state.groupsWith("early")) {
      for (const name of this.#state.names("early", place)) {
        const waiting = await this.#state.get(name, EARLY);
        if (now - waiting.at > EARLY_SECONDS) this.#state.delete(name);
        else if (waiting.act.actor === actor) theirs += 1;
      }
    }
    if (theirs < MOST_EARLY_OF_ONE) return;
    throw new TooMuch("DEV-18.3", "too much that is about messages which never came");
  }
}

function byTime(
  a: { readonly at: number; readonly id: string },
  b: { readonly at: number; readonly id: string },
): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/**
 * What counts, whichever came first: of each emoji of a person the newest, and the newest twelve of each person. Of
 * what is the same the one that was there stays.
 */
function newest(found: readonly Reaction[]): readonly Reaction[] {
  const by = new Map<string, Reaction>();
  for (const one of found) {
    const key = `${one.actor} ${one.emoji}`;
    const known = by.get(key);
    if (known === undefined || byTime(known, one) < 0) by.set(key, one);
  }
  const sorted = [...by.values()].sort((a, b) => byTime(a, b) || (a.actor < b.actor ? -1 : 1));
  const counts = new Map<string, number>();
  return sorted
    .reverse()
    .filter(({ actor }) => {
      const count = (counts.get(actor) ?? 0) + 1;
      counts.set(actor, count);
      return count <= MOST_REACTIONS;
    })
    .reverse();
}

/** What somebody did to a message, as a row: `at` is the time that it names. */
export function actOf(said: content.Content, actor: string, number: number): MessageRow {
  const { id, text, time: at, kind, author, markdown, html, like: edit } = said;
  const about = said.about[0] ?? "";
  return message({ id, actor, text, at, number, kind, about, author, markdown, html, edit });
}

/** What somebody said, as a row. `at` (microseconds) is when it came. */
export function messageOf(
  said: content.Content,
  actor: string,
  at: number,
  number: number,
  epoch = 0,
): MessageRow {
  const { id, text, kind, author, markdown, html, time: edited, raw } = said;
  const about = said.about[0] ?? "";
  const more = { about, author, markdown, html, edited, raw };
  return message({ id, actor, text, at, number, kind, epoch, ...more });
}
