/**
 * What was said, as it is read and searched: in memory, by group, as the vault has it. Loaded at once when it
 * is first asked for; after that each step of the device brings what changed.
 */

import { LINE, type LineRow } from "../device/roster_rows.ts";
import {
  type Changes,
  decodeRow,
  MESSAGE,
  type MessageRow,
  messageRow,
  RETURNED,
  type ReturnedRow,
} from "../device/rows.ts";
import { REACTIONS, type ReactionsRow } from "../device/said_rows.ts";
import { UNFETCHED } from "../device/unfetched.ts";
import type { Bytes } from "../wire/bytes.ts";
import type { Reactions } from "./device_client.ts";
import type { SharedVault } from "./shared_vault.ts";

const PREFIX = "message/";
const BACK = "returned/";
const LATE = "unfetched/";
const UNDER = "reaction/";
const LINES = "line/";
const MICROS = 1_000_000;

/** A message and its group. */
export interface Said {
  readonly group: string;
  readonly row: MessageRow;
}

/** A line of a group's history. */
export interface Lined {
  readonly group: string;
  readonly line: LineRow;
}

export interface Changed extends Said {
  readonly isNew: boolean;
}

export class History {
  readonly #vault: SharedVault;
  readonly #groups = new Map<string, Map<string, MessageRow>>();
  readonly #sorted = new Map<string, readonly Said[]>();
  /** Words that came back, by group and id. */
  readonly #returned = new Map<string, ReturnedRow | null>();
  /** Since when (seconds) whose devices fetch nothing, by group and actor. */
  readonly #late = new Map<string, Map<string, number>>();
  /** By group, actor and id of the message. */
  readonly #reactions = new Map<string, ReactionsRow | null>();
  /** By group and number. */
  readonly #lines = new Map<string, Lined>();
  #loading: Promise<void> | null = null;

  constructor(vault: SharedVault) {
    this.#vault = vault;
  }

  load(): Promise<void> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async #load(): Promise<void> {
    for (const [name, value] of await this.#vault.all(PREFIX)) {
      this.#put(name, decodeRow(MESSAGE, value), false);
    }
    for (const [name, value] of await this.#vault.all(BACK)) {
      const place = name.slice(BACK.length);
      if (!this.#returned.has(place)) this.#returned.set(place, decodeRow(RETURNED, value));
    }
    for (const [name, value] of await this.#vault.all(UNDER)) {
      const place = name.slice(UNDER.length);
      if (!this.#reactions.has(place)) this.#reactions.set(place, decodeRow(REACTIONS, value));
    }
    for (const [name, value] of await this.#vault.all(LINES)) {
      if (!this.#lines.has(name)) this.takeLine(name, value);
    }
    for (const [name, value] of await this.#vault.all(LATE)) {
      if (!this.#late.get(groupOf(name, LATE))?.has(actorOf(name))) this.#takeLate(name, value);
    }
  }

  /** What became of groups, as their lines have it. */
  lines(groups: readonly string[]): readonly Lined[] {
    return [...this.#lines.values()].filter(({ group }) => groups.includes(group));
  }

  /** A line that a step wrote; null for one that went. */
  takeLine(name: string, value: Bytes | null): Lined | null {
    const line =
      value === null ? null : { group: groupOf(name, LINES), line: decodeRow(LINE, value) };
    if (line === null) this.#lines.delete(name);
    else this.#lines.set(name, line);
    return line;
  }

  /** Whose devices have not fetched what was said there then (microseconds), and since when (seconds) they fetch
   * nothing. */
  unfetched(group: string, at: number): Readonly<Record<string, number>> | null {
    const found = [...(this.#late.get(group) ?? [])].filter(([, since]) => at >= since * MICROS);
    return found.length ? Object.fromEntries(found) : null;
  }

  /** The words that may stand elsewhere because of it. */
  #takeLate(name: string, value: Bytes | null): readonly Said[] {
    const [group, actor] = [groupOf(name, LATE), actorOf(name)];
    const known = this.#late.get(group) ?? new Map<string, number>();
    this.#late.set(group, known);
    const before = known.get(actor) ?? Number.POSITIVE_INFINITY;
    const since = value === null ? Number.POSITIVE_INFINITY : decodeRow(UNFETCHED, value).since;
    known.set(actor, since);
    return this.#of(group).filter(({ row }) => row.at >= Math.min(before, since) * MICROS);
  }

  /** Whose devices did not take these words of ours; null: they did not come back. */
  returned(group: string, id: string): ReturnedRow | null {
    return this.#returned.get(`${group}/${id}`) ?? null;
  }

  /** What stands under a message, the first emoji first. */
  reactions({ group, row }: Said): readonly Reactions[] {
    const found = new Map<string, string[]>();
    const place = messageRow(group, row.actor, row.id).slice(PREFIX.length);
    for (const { emoji, actor, off } of this.#reactions.get(place)?.by ?? []) {
      if (!off) found.set(emoji, [...(found.get(emoji) ?? []), actor]);
    }
    return [...found].map(([emoji, actors]) => ({ emoji, actors }));
  }

  /** The message under which they stand. */
  #takeReactions(name: string, value: Bytes | null): readonly Changed[] {
    const place = name.slice(UNDER.length);
    this.#reactions.set(place, value === null ? null : decodeRow(REACTIONS, value));
    const group = groupOf(name, UNDER);
    const row = this.#groups.get(group)?.get(`${PREFIX}${place}`);
    return row === undefined ? [] : [{ group, row, isNew: false }];
  }

  /** The messages with that id that these people said in these groups. */
  named(groups: readonly string[], actors: readonly string[], id: string): readonly MessageRow[] {
    const names = groups.flatMap((group) => actors.map((actor) => messageRow(group, actor, id)));
    return names.flatMap((name) => this.#groups.get(groupOf(name))?.get(name) ?? []);
  }

  /** What happened to the words shows where they are answered, too. */
  #touched(name: string, row: MessageRow): readonly Said[] {
    const before = this.#groups.get(groupOf(name))?.get(name);
    if (before === undefined || (before.text === row.text && before.kind === row.kind)) return [];
    return this.#of(groupOf(name)).filter((said) => said.row.about === row.id);
  }

  /** What a step changed; `fresh` are the names of new rows. */
  take(changes: Changes, fresh: ReadonlySet<string>): readonly Changed[] {
    const found: Changed[] = [];
    for (const [name, value] of changes) {
      if (name.startsWith(BACK)) {
        const row = value === null ? null : decodeRow(RETURNED, value);
        this.#returned.set(name.slice(BACK.length), row);
      }
      if (name.startsWith(LATE)) {
        found.push(...this.#takeLate(name, value).map((said) => ({ ...said, isNew: false })));
      }
      if (name.startsWith(UNDER)) found.push(...this.#takeReactions(name, value));
      if (!name.startsWith(PREFIX)) continue;
      const group = groupOf(name);
      if (value === null) {
        this.#groups.get(group)?.delete(name);
        this.#sorted.delete(group);
        continue;
      }
      const row = decodeRow(MESSAGE, value);
      const touched = this.#touched(name, row);
      this.#put(name, row, true);
      found.push({ group, row, isNew: fresh.has(name) });
      found.push(...touched.map((said) => ({ ...said, isNew: false })));
    }
    return found;
  }

  #put(name: string, row: MessageRow, isNewer: boolean): void {
    const group = groupOf(name);
    const rows = this.#groups.get(group) ?? new Map<string, MessageRow>();
    this.#groups.set(group, rows);
    if (isNewer || !rows.has(name)) rows.set(name, row);
    this.#sorted.delete(group);
  }

  /** What was said in these groups, the oldest first. */
  of(groups: readonly string[]): readonly Said[] {
    const [group] = groups;
    if (groups.length === 1 && group !== undefined) return this.#of(group);
    return groups.flatMap((one) => this.#of(one)).sort(byNumber);
  }

  #of(group: string): readonly Said[] {
    const rows = this.#groups.get(group)?.values() ?? [];
    const found =
      this.#sorted.get(group) ?? [...rows].map((row) => ({ group, row })).sort(byNumber);
    this.#sorted.set(group, found);
    return found;
  }
}

function byNumber(a: Said, b: Said): number {
  return a.row.number - b.row.number;
}

function groupOf(name: string, prefix = PREFIX): string {
  return name.slice(prefix.length, name.indexOf("/", prefix.length));
}

function actorOf(name: string): string {
  return name.slice(name.indexOf("/", LATE.length) + 1);
}
