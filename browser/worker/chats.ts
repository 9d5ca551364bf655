/**
 * The chats of one device as people see them: the questions of a tab about them, and what is told of them.
 * What was said is the device's; what is a tab's alone (`Notes`) stands beside it in the vault.
 */

import { isAct } from "../device/content.ts";
import type { ConversationEvent } from "../device/conversation_events.ts";
import { decodeRow, MESSAGE } from "../device/rows.ts";
import { groupIn } from "../device/said_rows.ts";
import type { Words } from "../device/words.ts";
import { Conflict, KithError, Missing } from "../errors.ts";
import { loaded } from "../loaded.ts";
import type { Bytes } from "../wire/bytes.ts";
import type { Unreached } from "./arrivals.ts";
import type { Chat, Message, Named, News, Page } from "./device_client.ts";
import type { Changed, Said } from "./history.ts";
import { emptyPlace, type Place } from "./places.ts";
import { problemOf } from "./problems.ts";
import type { Parts, Speaker } from "./speaking.ts";
import { Views } from "./views.ts";

/** What is no word of a chat, and stands until it was seen; what else is told, a chat or an item shows. */
const NEWS: ReadonlySet<string> = new Set([
  "NodeRestored",
  "ConversationCaughtUp",
  "ChangeDropped",
  "GroupSpoilt",
  "MessageUnreadable", // of no conversation
]);

/** What is told by the items themselves. */
const OF_ITEMS: ReadonlySet<string> = new Set([
  "MessageReceived",
  "MessageChanged",
  "ReactionChanged",
]);

/** Rows by which other words than their own may wait, or stand elsewhere. */
const OF_ALL = /^(conversation|archived|asked|stopped|absent|roster|spoilt)\//;

export class Chats {
  readonly #parts: Parts;
  readonly #views: Views;
  readonly #changed = new Map<string, Changed>();
  readonly #touched = new Set<string>();
  /** What was told last, so that nothing is told twice. */
  readonly #told = new Map<string, string>();
  #flushing: Promise<void> | null = null;
  #isAll = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#views = new Views(parts);
    parts.vault.written = (changes, fresh) => {
      const known = [...changes.keys()];
      for (const one of parts.history.take(changes, fresh)) this.#change(one);
      for (const [name, value] of changes) {
        this.#acted(name, value);
        this.#lined(name, value);
      }
      if (known.some((name) => OF_ALL.test(name))) this.moved();
      if (known.some((name) => /^(message|reaction|handle)\//.test(name))) this.#flushSoon();
    };
  }

  get #own(): string {
    return this.#parts.device.actor;
  }

  // -- questions --------------------------------------------------------------------------------

  async chats(): Promise<readonly Chat[]> {
    const moment = await this.#views.moment();
    const found: Chat[] = [];
    const drafted = [...this.#parts.notes.drafts.keys()].filter((id) => !moment.places.has(id));
    for (const place of [...moment.places.values(), ...drafted.map(emptyPlace)]) {
      found.push(await this.#views.chat(place, moment));
    }
    return found.sort((a, b) => b.at - a.at);
  }

  async chatWith(who: string): Promise<Chat> {
    const actor = await this.#parts.find(who);
    const moment = await this.#views.moment();
    return this.#views.chat(moment.places.get(actor) ?? emptyPlace(actor), moment);
  }

  async page(chat: string, most: number, before: number | null): Promise<Page> {
    const moment = await this.#views.moment();
    const place = moment.places.get(chat);
    const said = place === undefined ? [] : this.#views.items(place);
    return this.#views.paged(said, most, before, moment);
  }

  async search(
    words: string,
    chat: string | null,
    most: number,
    before: number | null,
  ): Promise<Page> {
    const moment = await this.#views.moment();
    const { matcher } = await loaded(import("./matching.ts"));
    const has = matcher(words);
    const places = [...moment.places.values()].filter(({ id }) => chat === null || id === chat);
    const found = places.flatMap((place) => this.#views.items(place));
    const those = found.filter((item) => "row" in item && has(item.row.text));
    return this.#views.paged(those, most, before, moment);
  }

  /** `raw`: the files that go along (`rawOf`). */
  async send(
    chat: string,
    text: string,
    uuid: string,
    to: Named | null = null,
    raw = "",
  ): Promise<Message> {
    const id = `urn:uuid:${uuid}`;
    const place = (await this.#views.moment()).places.get(chat) ?? null;
    const known = this.#parts.history.of(place?.groups ?? []).find((one) => this.#isOurs(one, id));
    const said = known ?? (await this.#say(chat, place, text, id, to, raw));
    await this.#parts.notes.draft(chat, "");
    this.#touch(chat);
    return this.#views.message(said, await this.#views.moment());
  }

  async #say(
    chat: string,
    place: Place | null,
    text: string,
    id: string,
    to: Named | null,
    raw: string,
  ): Promise<Said> {
    const speaker = this.#parts.speaker();
    const group = await this.#groupOf(chat, place, speaker);
    const answered = to === null ? null : { id: to.id, author: to.actor };
    if (raw === "") return { group, row: await speaker.say(group, text, id, answered) };
    const say = (words: Words, micros: number) =>
      words.say(group, text, micros, id, true, answered, raw);
    return { group, row: await speaker.inWords(group, say) };
  }

  /** What we said under that id already, so that it is not said again. */
  async ours(chat: string, uuid: string): Promise<Message | null> {
    const moment = await this.#views.moment();
    const said = this.#find(moment.places.get(chat), { id: `urn:uuid:${uuid}`, actor: this.#own });
    return said === undefined ? null : this.#views.message(said, moment);
  }

  /** All that is kept of a message besides its words; "" for nothing. */
  async rawOf(chat: string, message: Named): Promise<string> {
    return this.#find((await this.#views.moment()).places.get(chat), message)?.row.raw ?? "";
  }

  #find(place: Place | undefined, { id, actor }: Named): Said | undefined {
    const all = this.#parts.history.of(place?.groups ?? []);
    return all.find(({ row }) => row.id === id && row.actor === actor);
  }

  /** Something is done to what was said there (DEV-18). */
  async inWords(
    chat: string,
    work: (words: Words, group: string, micros: number) => Promise<unknown>,
  ): Promise<void> {
    const place = (await this.#views.moment()).places.get(chat) ?? null;
    const speaker = this.#parts.speaker();
    const group = await this.#groupOf(chat, place, speaker);
    await speaker.inWords(group, (words, micros) => work(words, group, micros));
  }

  async #groupOf(chat: string, place: Place | null, speaker: Speaker): Promise<string> {
    const isPair = place === null || (place.others.length === 1 && !place.isGroup);
    if (isPair) return speaker.withActor(chat);
    const [group] = place.open;
    if (group !== undefined) return group;
    throw new Missing("E2E-5.6", "this device takes no part in that conversation any more");
  }

  #isOurs({ row }: Said, id: string): boolean {
    return row.id === id && row.actor === this.#own;
  }

  async retry(chat: string, message: string, uuid: string): Promise<Message> {
    const moment = await this.#views.moment();
    const groups = moment.places.get(chat)?.groups ?? [];
    const said = this.#parts.history.of(groups).find((one) => this.#isOurs(one, message));
    if (said === undefined) throw new Missing("E2E-5.6", "there are no such words of ours");
    const { state } = await this.#views.message(said, moment);
    if (state?.is === "waiting") await this.#parts.speaker().tryNow();
    if (state?.is !== "refused") return this.#views.message(said, await this.#views.moment());
    const { text, about: id, author: actor = "", raw = "" } = said.row;
    const anew = await this.send(chat, text, uuid, id ? { id, actor } : null, raw);
    const members = this.#views.membersOf(said.group);
    const note = { because: state.because, isGone: true, members };
    await this.#parts.notes.refuse(said.group, message, note);
    this.#touch(chat);
    return anew;
  }

  async draft(chat: string, text: string): Promise<void> {
    await this.#parts.notes.draft(chat, text);
    this.#touch(chat);
  }

  async markRead(chat: string, number: number): Promise<void> {
    await this.#parts.notes.see(chat, number);
    this.#touch(chat);
  }

  async news(): Promise<readonly News[]> {
    const { places } = await this.#views.moment();
    const found = [...this.#parts.notes.news].map(([id, { group, at, event }]) => {
      const chat = this.#views.chatOf(group);
      // Of a conversation that is forgotten it is told where all chats are.
      return { id, chat: places.has(chat) ? chat : "", at, event };
    });
    return found.sort((a, b) => b.at - a.at);
  }

  async putAway(news: string): Promise<void> {
    await this.#parts.notes.putAway(news);
    this.#parts.tell({ is: "news" });
  }

  async goOn(chat: string): Promise<number> {
    const count = await this.#parts.speaker().goOn(chat);
    this.moved();
    return count;
  }

  async leave(chat: string): Promise<void> {
    const place = (await this.#views.moment()).places.get(chat);
    for (const group of place?.open ?? []) await this.#parts.speaker().leave(group);
    this.#touch(chat);
  }

  // -- what is told -----------------------------------------------------------------------------

  /** What the device tells of its conversations. It is heard once it is kept: after a kill in between it is kept once. */
  async hear(event: ConversationEvent): Promise<void> {
    const { device } = this.#parts;
    const number = await device.untold.number(event);
    await this.#keep(event, number);
    if (!number) return;
    await device.untold.heard(event);
    await device.settle();
  }

  /** `number`: its place in the order of what happened, or 0. */
  async #keep(event: ConversationEvent, number: number): Promise<void> {
    const { notes, now, tell } = this.#parts;
    if (OF_ITEMS.has(event.is)) return;
    if (event.is === "MessageUndelivered") {
      const { conversation, id, clause, reason } = event;
      const { kind } = await this.#parts.device.said(conversation, id);
      if (isAct(kind)) {
        // What it did here stays; the message itself was said.
        tell({ is: "told", chat: this.#views.chatOf(conversation), event });
        return this.moved();
      }
      const because = problemOf(new Conflict(clause, reason));
      const members = this.#views.membersOf(conversation);
      await notes.refuse(conversation, id, { because, isGone: false, members });
      this.#changeOurs(conversation, id);
    } else if (event.is === "MessageUnreadable" && event.conversation) {
      const because = problemOf(new Conflict(event.clause, event.reason));
      const { conversation, asked_again } = event;
      const gap = await notes.gap(conversation, now(), because, asked_again, number);
      tell({ is: "item", item: this.#views.gap(gap), isNew: true });
    } else {
      if (event.is === "MessageReturned") this.#changeOurs(event.conversation, event.id);
      const chat = event.conversation && this.#views.chatOf(event.conversation);
      tell({ is: "told", chat, event });
      if (NEWS.has(event.is)) {
        await notes.tell(now(), event);
        tell({ is: "news" });
      }
    }
    this.moved();
  }

  /** What is in the way of words, or how far they are, may be another than before. */
  moved(): void {
    this.#isAll = true;
    this.#flushSoon();
  }

  #change(one: Changed): void {
    const key = `${one.group}/${one.row.actor} ${one.row.id}`;
    const isNew = one.isNew || this.#changed.get(key)?.isNew === true;
    this.#changed.set(key, { ...one, isNew });
  }

  #changeOurs(group: string, id: string): void {
    const said = this.#parts.history.of([group]).find((one) => this.#isOurs(one, id));
    if (said !== undefined) this.#change({ ...said, isNew: false });
  }

  /** What happens to a message is shown at it: that it waits, or went out. */
  #acted(name: string, value: Bytes | null): void {
    if (!name.startsWith("act/") || value === null) return;
    const { about, author, actor } = decodeRow(MESSAGE, value);
    const found = this.#parts.history.of([groupIn(name)]);
    const said = found.find(({ row }) => row.id === about && row.actor === (author || actor));
    if (said === undefined) return;
    this.#change({ ...said, isNew: false });
    this.#flushSoon();
  }

  /** Who came and went stands in the history of a group. */
  #lined(name: string, value: Bytes | null): void {
    if (!name.startsWith("line/")) return;
    const lined = this.#parts.history.takeLine(name, value);
    if (lined !== null) {
      this.#parts.tell({ is: "item", item: this.#views.line(lined), isNew: true });
    }
  }

  #touch(chat: string): void {
    this.#touched.add(chat);
    this.#flushSoon();
  }

  #flushSoon(): void {
    this.#flushing ??= Promise.resolve()
      .then(() => this.#flush())
      .catch((error: unknown) => {
        // What the store fails in is told by what is asked or done next.
        if (!(error instanceof KithError)) throw error;
      })
      .finally(() => {
        this.#flushing = null;
        if (this.#isAll || this.#changed.size || this.#touched.size) this.#flushSoon();
      });
  }

  async #flush(): Promise<void> {
    const [changed, isAll] = [[...this.#changed.values()], this.#isAll];
    this.#changed.clear();
    this.#isAll = false;
    const moment = await this.#views.moment();
    const touched = new Set([
      ...this.#touched,
      ...changed.map(({ group }) => this.#views.chatOf(group)),
    ]);
    this.#touched.clear();
    const waiting = isAll ? this.#views.unfinished(moment) : [];
    for (const one of [...changed, ...waiting]) {
      const item = await this.#views.message(one, moment);
      const isNew = "isNew" in one && one.isNew === true;
      if (
        this.#isNews(`${one.group}/${item.actor}/${item.id}`, item) &&
        !this.#views.isHidden(one)
      ) {
        this.#parts.tell({ is: "item", item, isNew });
      }
    }
    for (const id of isAll ? [...touched, ...moment.places.keys()] : touched) {
      const chat = await this.#views.chat(moment.places.get(id) ?? emptyPlace(id), moment);
      if (this.#isNews(id, chat)) this.#parts.tell({ is: "chat", chat });
    }
  }

  #isNews(key: string, value: object): boolean {
    const written = JSON.stringify(value);
    if (this.#told.get(key) === written) return false;
    this.#told.set(key, written);
    return true;
  }

  // -- arrivals ---------------------------------------------------------------------------------

  unreached(): Promise<readonly Unreached[]> {
    return this.#views.unreached();
  }

  async reached(chat: string, number: number): Promise<void> {
    const { notes, history } = this.#parts;
    const before = notes.arrived.get(chat) ?? -1;
    await notes.arrive(chat, number);
    const { groups = [] } = (await this.#views.moment()).places.get(chat) ?? {};
    for (const said of history.of(groups)) {
      const { row } = said;
      const isThere = row.number > before && row.number <= number;
      if (isThere && row.actor === this.#own) this.#change({ ...said, isNew: false });
    }
    this.moved();
  }
}
