/** How the chats of a device look to people, made of what the device, its history and the notes say now. */

import { TOMBSTONE } from "../device/content.ts";
import type { Device } from "../device/device.ts";
import type { MessageRow } from "../device/rows.ts";
import { Conflict } from "../errors.ts";
import { hostsOf, type Unreached } from "./arrivals.ts";
import type {
  Chat,
  Gap,
  GroupLine,
  HistoryItem,
  Message,
  Page,
  Quoted,
  SentState,
} from "./device_client.ts";
import type { FileView } from "./file_questions.ts";
import type { History, Lined, Said } from "./history.ts";
import type { GapNote, Notes } from "./notes.ts";
import { type Place, placesOf } from "./places.ts";
import { problemOf } from "./problems.ts";

/** Letters of what is answered. */
const QUOTED = 200;
const LOST = "it was not sent, and why is not known any more";

/** What the views are made of. */
export interface Sources {
  readonly device: Device;
  readonly history: History;
  readonly notes: Notes;
  /** Whether all that came of sending was told, so that the notes say why words were refused. */
  readonly isTold: () => boolean;
  /** Told of people whose handle is not known. */
  readonly meet: (actors: readonly string[]) => void;
}

/** What the device says of its groups in one moment. */
export interface Moment {
  readonly places: ReadonlyMap<string, Place>;
  readonly handles: ReadonlyMap<string, string>;
  /** The rows of words that are still to go out. */
  readonly waiting: ReadonlySet<string>;
  /** The messages that something waits about: who said them, and their ids. */
  readonly acted: ReadonlySet<string>;
  readonly isFrozen: boolean;
}

/** What stands in a chat. */
export type Item = Said | GapNote | Lined;

export class Views {
  readonly #parts: Sources;
  #places: ReadonlyMap<string, Place> = new Map();

  constructor(parts: Sources) {
    this.#parts = parts;
  }

  get #own(): string {
    return this.#parts.device.actor;
  }

  /** Words of ours whose state may change by itself. */
  unfinished({ places, waiting }: Moment): readonly Said[] {
    const { notes, history } = this.#parts;
    return [...places.values()].flatMap(({ id, groups }) => {
      const arrived = notes.arrived.get(id) ?? -1;
      return history.of(groups).filter(({ group, row }) => {
        const isWaiting = waiting.has(rowOf(group, row));
        return row.actor === this.#own && (isWaiting || row.number > arrived || !row.sent);
      });
    });
  }

  /** Words that our node has and that are not known to have arrived. */
  async unreached(): Promise<readonly Unreached[]> {
    const { places } = await this.moment();
    const found: Unreached[] = [];
    for (const { id, others, groups } of places.values()) {
      const hosts = hostsOf(this.#own, others);
      const own = this.#parts.history.of(groups).filter(({ row }) => row.actor === this.#own);
      const number = own.findLast(({ row }) => row.sent)?.row.number ?? -1;
      if (number > (this.#parts.notes.arrived.get(id) ?? -1)) {
        found.push({ chat: id, number, hosts });
      }
    }
    return found;
  }

  async moment(): Promise<Moment> {
    const { device, history, notes } = this.#parts;
    await history.load();
    const forgotten = [...notes.refused].map(([name, { members }]) => {
      return [name.slice(0, name.indexOf("/")), members] as const;
    });
    const handles = new Map([...(await device.knownHandles())].map(([name, id]) => [id, name]));
    const waiting = new Set<string>();
    const acted = new Set<string>();
    for (const { group, intent } of await device.owed()) {
      if (intent.type !== "Say") continue;
      waiting.add(intent.message);
      if (!intent.message.startsWith("act/")) continue;
      const act = await device.said(group, intent.message.slice(`act/${group}/`.length));
      acted.add(`${act.author || act.actor} ${act.about}`);
    }
    // Of a conversation that this device was never in it may have the history (DEV-14.4).
    const past = new Map([...(await device.archive.conversations()), ...forgotten]);
    const groups = await device.rosters.all();
    const places = placesOf(this.#own, await device.conversations(), past, groups);
    this.#places = places;
    return { places, handles, waiting, acted, isFrozen: await device.frozen() };
  }

  chatOf(group: string): string {
    for (const { id, groups } of this.#places.values()) if (groups.includes(group)) return id;
    return group;
  }

  membersOf(group: string): readonly string[] {
    return this.#places.get(this.chatOf(group))?.others ?? [];
  }

  /** The name and people of a group. */
  async #group({ isGroup, open, groups: [group = ""] }: Place, { handles }: Moment) {
    const { rosters } = this.#parts.device;
    const shape = isGroup ? await rosters.of(group) : null;
    if (shape === null) return null;
    const spoilt = await rosters.spoilt(group);
    const people = Object.entries(shape.people).map(([actor, role]) => {
      return { actor, handle: handles.get(actor) ?? "", role };
    });
    const role = open.length ? (shape.people[this.#own] ?? null) : null;
    const ended = spoilt && { by: spoilt.by, reason: spoilt.reason };
    return { name: shape.name, people, role, ended };
  }

  async chat(place: Place, moment: Moment): Promise<Chat> {
    const { notes, device, meet } = this.#parts;
    const { id, isGroup, others, open, groups } = place;
    const unknown = others.filter((actor) => !moment.handles.has(actor));
    if (unknown.length) meet(unknown);
    const items = this.items(place);
    const seen = notes.seen.get(id) ?? -1;
    const isUnread = (item: Item) => {
      return "row" in item && this.#isNews(item.row) && item.row.number > seen;
    };
    const last = items.at(-1);
    const view = last === undefined ? null : await this.#view(last, moment);
    const [group] = open;
    const held = group === undefined ? null : await device.held(group);
    const isOpen = group !== undefined || (!isGroup && (!groups.length || others.length === 1));
    return {
      id,
      group: await this.#group(place, moment),
      others: others.map((actor) => ({ actor, handle: moment.handles.get(actor) ?? "" })),
      last: view,
      at: Math.max(place.since, view?.at ?? 0),
      unread: items.filter(isUnread).length,
      draft: notes.drafts.get(id) ?? "",
      isOpen: !moment.isFrozen && isOpen,
      trouble: held === null ? null : problemOf(held),
      needsNewDevice: await this.#needsNewDevice(groups, open),
      isUnanswered: group !== undefined && (await device.behind.isUnanswered(group)),
    };
  }

  #isNews({ actor, kind }: MessageRow): boolean {
    return actor !== this.#own && kind !== TOMBSTONE;
  }

  async #needsNewDevice(groups: readonly string[], open: readonly string[]): Promise<boolean> {
    const { device } = this.#parts;
    if (!groups.length) return false;
    for (const group of open) if (!(await device.isAbsent(group))) return false;
    return open.length > 0;
  }

  /** What a chat shows, the oldest first. */
  items({ groups }: Place): readonly Item[] {
    const said = this.#parts.history.of(groups).filter((one) => !this.isHidden(one));
    const gaps = [...this.#parts.notes.gaps.values()].filter(({ group }) => groups.includes(group));
    const lines = this.#parts.history.lines(groups);
    if (!gaps.length && !lines.length) return said;
    return [...said, ...gaps, ...lines].sort((a, b) => numberOf(a) - numberOf(b));
  }

  isHidden({ group, row }: Said): boolean {
    return this.#parts.notes.refused.get(`${group}/${row.id}`)?.isGone === true;
  }

  async paged(
    items: readonly Item[],
    most: number,
    before: number | null,
    moment: Moment,
  ): Promise<Page> {
    const older = items.filter((item) => before === null || numberOf(item) < before);
    const sorted = older.toSorted((a, b) => numberOf(b) - numberOf(a)).slice(0, most);
    const views: HistoryItem[] = [];
    for (const item of sorted) views.push(await this.#view(item, moment));
    const last = sorted.at(-1);
    const isMore = older.length > sorted.length && last !== undefined;
    return { items: views, before: isMore ? numberOf(last) : null };
  }

  async #view(item: Item, moment: Moment): Promise<HistoryItem> {
    if ("row" in item) return this.message(item, moment);
    return "line" in item ? this.line(item) : this.gap(item);
  }

  line({ group, line }: Lined): GroupLine {
    const { at, number, by, came, went, name, roles } = line;
    const place = { id: `${group}/${number}`, chat: this.chatOf(group), at: at / 1000, number };
    return { is: "line", ...place, by, came, went, name, roles };
  }

  gap({ group, at, number, because, askedAgain }: GapNote): Gap {
    const chat = this.chatOf(group);
    return { is: "gap", id: `${group}/${number}`, chat, at, number, because, askedAgain };
  }

  async message(said: Said, moment: Moment): Promise<Message> {
    const { id, actor, kind, text, at, number, markdown, html = "", edited, raw } = said.row;
    const isOurs = actor === this.#own && kind !== TOMBSTONE;
    const state = moment.acted.has(`${actor} ${id}`)
      ? await this.#waiting(said.group)
      : isOurs
        ? await this.#state(said, moment)
        : null;
    const chat = this.chatOf(said.group);
    return {
      is: "message",
      id,
      chat,
      actor,
      kind,
      text,
      isMarkdown: markdown === true,
      html,
      isChanged: Boolean(edited),
      ...(raw ? await filesOf(raw) : NO_FILES),
      answers: this.#answered(said, moment),
      reactions: this.#parts.history.reactions(said),
      at: at / 1000,
      number,
      state,
    };
  }

  #answered({ group, row }: Said, { places }: Moment): Quoted | null {
    const { about: id, author = "" } = row;
    if (!id) return null;
    const { groups = [group], others = [] } = places.get(this.chatOf(group)) ?? {};
    const speakers = author ? [author] : [this.#own, ...others];
    const [found, ...more] = this.#parts.history.named(groups, speakers, id);
    if (found === undefined || more.length) {
      return { id, actor: author, kind: "", text: "", isMarkdown: false, isHere: false };
    }
    const { actor, kind, text, markdown: isMarkdown = false } = found;
    return { id, actor, kind, text: text.slice(0, QUOTED), isMarkdown, isHere: true };
  }

  async #state({ group, row }: Said, moment: Moment): Promise<SentState> {
    const { notes, device } = this.#parts;
    const refused = notes.refused.get(`${group}/${row.id}`);
    if (refused !== undefined) return { is: "refused", because: refused.because };
    if (!row.sent && (moment.waiting.has(rowOf(group, row)) || (await this.#waits(group, row)))) {
      return this.#waiting(group);
    }
    const returned = this.#parts.history.returned(group, row.id);
    if (returned !== null) return { is: "returned", ...returned };
    // What the device has not written yet (DEV-2.5) counts already.
    if (!row.sent && !(await device.said(group, row.id)).sent) {
      if (!this.#parts.isTold()) return { is: "waiting", because: null };
      return { is: "refused", because: problemOf(new Conflict("", LOST)) };
    }
    return this.#whereSent({ group, row }, moment);
  }

  async #waiting(group: string): Promise<SentState> {
    const held = await this.#parts.device.held(group);
    return { is: "waiting", because: held === null ? null : problemOf(held) };
  }

  #whereSent({ group, row }: Said, moment: Moment): SentState {
    const { notes, history } = this.#parts;
    const chat = this.chatOf(group);
    const isNear = !hostsOf(this.#own, moment.places.get(chat)?.others ?? []).length;
    if (!isNear && row.number > (notes.arrived.get(chat) ?? -1)) return { is: "atOurNode" };
    const since = history.unfetched(group, row.at);
    return since === null ? { is: "atTheirNode" } : { is: "unfetched", since };
  }

  /** Words that were said since the moment was taken. */
  async #waits(group: string, row: MessageRow): Promise<boolean> {
    const name = rowOf(group, row);
    const owed = await this.#parts.device.owed();
    return owed.some(({ intent }) => intent.type === "Say" && intent.message === name);
  }
}

const NO_FILES = { isUnknown: false, files: [] as readonly FileView[] };

/** The files in what came beside the words; that there is more than files, or that nothing here can read them. */
async function filesOf(raw: string): Promise<typeof NO_FILES> {
  const part = await import("../attachments/views.ts").catch(() => null);
  return part?.filesOf(raw) ?? { isUnknown: true, files: [] };
}

function rowOf(group: string, { actor, id }: MessageRow): string {
  return `message/${group}/${actor} ${id}`;
}

function numberOf(item: Item): number {
  if ("row" in item) return item.row.number;
  return "line" in item ? item.line.number : item.number;
}
