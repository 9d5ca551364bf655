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
import { byTime, changed, changeOf, newest, rank, reactionOf, undoing } from "./said_order.ts";
import * as rows from "./said_rows.ts";
import { actOf, EARLY, groupIn, message, REACTIONS, type Reaction } from "./said_rows.ts";
import { forgetWords } from "./untold.ts";

const MOST_EARLY = 1_000;
const MOST_EARLY_OF_ONE = 100;
/** Changes that never counted here, to be removed from the archive. */
const MOST_STALE = 1_000;
const EARLY_SECONDS = 7 * 86_400;
/** Messages with reactions, for one that is named by its id alone. */
const LOOKED_THROUGH = 500;
const MICROS = 1_000_000;
const MILLIS = 1_000; // in microseconds
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
    const number = this.#state.number();
    const act = await this.#timed(group, actOf(said, actorOf(event.sender), number), at);
    try {
      const { counts, told } = await this.take(group, act, at);
      if (counts) await this.#archiving.heard(group, event, act, said.time ? at : act.at);
      return told;
    } catch (error) {
      return [unreadable(group, error)];
    }
  }

  /** What names no time happened when it came, a change after what is here (E2E-7.5). */
  async #timed(group: string, act: MessageRow, at: number): Promise<MessageRow> {
    const { kind, actor, about = "" } = act;
    if (act.at || kind === content.DELETE) return act;
    let came = at - (at % MILLIS); // the archive knows no less
    for (const name of kind === content.UPDATE
      ? await rows.every(this.#state, group, actor, about)
      : []) {
      const { edit, edited = 0 } = await this.#state.get(name, MESSAGE);
      if (edit === act.id) return { ...act, at: edited }; // it was said anew
      came = Math.max(came, edited - (edited % MILLIS) + MILLIS);
    }
    return { ...act, at: Math.min(came, Number.MAX_SAFE_INTEGER) };
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
      try {
        events.push(...(await this.take(one, act, at, false)).told);
      } catch (error) {
        events.push(unreadable(one, error)); // it stands in the way of nothing else
      }
    }
    return events;
  }

  /**
   * Words that came, as what happened to them in another conversation of the same people leaves them; null where they
   * were taken back there.
   */
  async meet(group: string, given: MessageRow): Promise<MessageRow | null> {
    const nameIn = (one: string) => messageRow(one, given.actor, given.id);
    const others = this.#state.groupsWith("message").filter((one) => one !== group);
    const here = others.filter((one) => this.#state.has(nameIn(one)));
    if (!here.length) return given;
    let row = given;
    for (const one of await rows.samePeople(this.#state, group)) {
      if (!here.includes(one)) continue;
      const twin = await this.#state.get(nameIn(one), MESSAGE);
      if (twin.kind === content.TOMBSTONE) return null;
      if (twin.edit && rank(changeOf(twin), changeOf(row)) > 0) row = changed(row, twin);
    }
    return row;
  }

  /** The rows of the message, which has to be theirs. */
  async #mine(group: string, { actor, about = "" }: MessageRow): Promise<readonly string[]> {
    const names = await rows.every(this.#state, group, actor, about);
    if (!names.length && (await rows.meant(this.#state, group, about)) !== null) {
      throw new Forbidden("E2E-7.5", OTHERS);
    }
    return names;
  }

  async #update(group: string, act: MessageRow, at: number, bounded: boolean): Promise<Taken> {
    const names = await this.#mine(group, act);
    if (!names.length) {
      await this.#wait(group, act, act.about ?? "", at, bounded);
      return WAITS;
    }
    const told: ConversationEvent[] = [];
    let isKnown = false; // it was said anew
    for (const name of names) {
      told.push(...(await this.#change(group, name, act, at)));
      isKnown ||= (await this.#state.get(name, MESSAGE)).edit === act.id;
    }
    const isStale = !told.length && !isKnown && this.#state.count("erase") < MOST_STALE;
    if (isStale) await this.#erase(group, act.actor, act.id);
    return { counts: told.length > 0, told };
  }

  async #change(
    group: string,
    name: string,
    act: MessageRow,
    at: number,
  ): Promise<readonly ConversationEvent[]> {
    const row = await this.#state.get(name, MESSAGE);
    if (row.kind === content.TOMBSTONE || rank(act, changeOf(row)) <= 0) return [];
    await this.#overtake(group, row);
    const change = { edited: act.at, edit: act.id, changed: act.number };
    this.#state.put(name, changed(row, { ...act, ...change }));
    await this.#blank(group, row.id, act.id);
    const { id, actor } = row;
    const what = { conversation: groupIn(name), id, actor, change: "edited", text: act.text, at };
    return [{ is: "MessageChanged", ...what }];
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
    const names = await this.#mine(group, act);
    const told: ConversationEvent[] = [];
    for (const name of names.length ? names : [messageRow(group, actor, id)]) {
      const row =
        (await this.#state.find(name, MESSAGE)) ??
        message({ id, actor, text: "", at, number, kind: "Note" });
      if (row.kind === content.TOMBSTONE) continue;
      await this.takeBack(group, name, row);
      const what = { conversation: groupIn(name), id, actor, change: "deleted", text: "", at };
      told.push({ is: "MessageChanged", ...what } as const);
    }
    if (told.length) await this.#erase(group, actor, id);
    return { counts: told.length > 0, told };
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

  async #react(group: string, act: MessageRow, at: number, bounded: boolean): Promise<Taken> {
    const { about = "", author, kind, edit = "" } = act;
    if (!about) {
      const liked = await this.#liked(group, act);
      if (liked === null) {
        await this.#wait(group, act, edit, at, bounded);
        return WAITS;
      }
      // That very reaction, and no later one.
      return this.#put(group, liked.name, act, { ...liked.known, off: true }, at);
    }
    const name = await rows.meant(this.#state, group, about, author);
    if (name === null) {
      if (!author && (await rows.allOf(this.#state, group, about)).length) return DROPPED;
      await this.#wait(group, act, about, at, bounded);
      return WAITS;
    }
    if (kind !== content.UNDO || !edit) return this.#put(group, name, act, reactionOf(act), at);
    const { undone, isHere } = undoing(act, await this.reactions(name));
    if (!isHere) await this.#wait(group, act, edit, at, bounded);
    const { counts, told } = await this.#put(group, name, act, undone, at);
    return { counts: counts || !isHere, told };
  }

  /** Of one person, message and emoji the newest counts. */
  async #put(
    group: string,
    name: string,
    act: MessageRow,
    one: Reaction,
    at: number,
  ): Promise<Taken> {
    const row = await this.#state.get(name, MESSAGE);
    if (row.kind === content.TOMBSTONE) return DROPPED;
    const after = newest([...(await this.reactions(name)), one]);
    if (!after.includes(one)) {
      if (!one.off) await this.#forgetUndoing(group, act);
      return DROPPED;
    }
    this.#state.put(rows.reactionRow(name), { by: after });
    const { actor, emoji, off } = one;
    const reaction = { id: row.id, author: row.actor, actor, emoji, on: !off, at };
    const told = { is: "ReactionChanged", conversation: groupIn(name), ...reaction } as const;
    return { counts: true, told: off ? [told] : [told, ...(await this.came(group, act.id, at))] };
  }

  /** What would undo a reaction that counts no more. */
  async #forgetUndoing(group: string, { actor, id }: MessageRow): Promise<void> {
    for (const one of await rows.samePeople(this.#state, group)) {
      for (const name of this.#state.names("early", rows.earlyPlace(one, id))) {
        const { act } = await this.#state.get(name, EARLY);
        if (act.actor === actor && act.edit === id) this.#state.delete(name);
      }
    }
  }

  /** All of them, also those that were undone. */
  async reactions(name: string): Promise<readonly Reaction[]> {
    return (await this.#state.find(rows.reactionRow(name), REACTIONS))?.by ?? [];
  }

  /** What the reaction that is called so is, and under which message. */
  async #liked(
    group: string,
    { actor, edit }: MessageRow,
  ): Promise<{ readonly name: string; readonly known: Reaction } | null> {
    for (const one of await rows.samePeople(this.#state, group)) {
      const names = this.#state.names("reaction", one).slice(-LOOKED_THROUGH);
      for (const place of names.reverse()) {
        const name = `message/${place.slice("reaction/".length)}`;
        const known = (await this.reactions(name)).find(
          (each) => each.actor === actor && each.id === edit,
        );
        if (known !== undefined) return { name, known };
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
    const name = rows.earlyRow(group, act, about);
    const known = await this.#state.find(name, EARLY);
    if (known === null || rank(act, known.act) > 0) this.#state.put(name, { act, at: now });
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
