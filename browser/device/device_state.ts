/**
 * Pure: a device's state: its rows and its groups, and how they change (spec DEV-1, DEV-2).
 *
 * Whatever happens to a device is one step: all that changes is collected and written at once.
 */

import { Missing } from "../errors.ts";
import { Client, type Entropy, noPsk, POLICY } from "../mls/group.ts";
import { type Bytes, utf8 } from "../wire/bytes.ts";
import { believe, type GroupRows, Groups } from "./groups.ts";
import {
  CLIENT,
  CONVERSATION,
  type ConversationRow,
  conversationRow,
  decodeRow,
  encodeRow,
  type Kind,
  type Rows,
} from "./rows.ts";

export const SUITE = 1;
/** What was sealed some commits ago is still read: each word that is not has to be sealed anew. */
const PAST_EPOCHS = 10;
const NUMBERS_PER_STEP = 1 << 16;
const MOST_POSTPONED = 100; // rows

/** Kind and group of a row. */
function placeOf(name: string): readonly [string, string] {
  const [kind = "", group = "", ...more] = name.split("/");
  return [kind, more.length ? group : ""];
}

/** Read at every message, and few: they are kept decoded. */
const AT_HAND = /^(?:owed|conversation|pin|anew|looked|silent|met|stopped)\/|^account\/keys$/u;

function isAtHand(name: string): boolean {
  return AT_HAND.test(name);
}

/** What a step had before it began. */
interface Before {
  readonly changes: Map<string, Bytes | null>;
  readonly created: Set<string>;
  readonly numbered: number;
}

/** The rows of one device of `actor`, as they will be once the step that is open is written. */
export class DeviceState implements GroupRows {
  readonly actor: string;
  readonly entropy: Entropy;
  readonly groups: Groups;
  readonly #vault: Rows;
  #changes = new Map<string, Bytes | null>();
  #created = new Set<string>();
  #numbered = 0;
  #postponed = false;
  readonly #decoded = new Map<string, unknown>();
  readonly #all = new Set<string>();
  /** By kind and group; in a set names keep their order. */
  readonly #names = new Map<string, Map<string, Set<string>>>();

  private constructor(vault: Rows, entropy: Entropy, actor: string, me: Client) {
    this.#vault = vault;
    this.entropy = entropy;
    this.actor = actor;
    for (const name of vault.names()) this.#enter(name);
    const policy = { ...POLICY, pastEpochs: PAST_EPOCHS };
    const means = { entropy, judge: believe, psks: noPsk, policy };
    this.groups = new Groups(this, me, means);
  }

  /** What the vault holds; a new device begins with a client of its own. */
  static async open(vault: Rows, entropy: Entropy, actor: string): Promise<DeviceState> {
    const kept = await vault.read(CLIENT);
    if (kept !== null) return new DeviceState(vault, entropy, actor, await Client.load(kept));
    const state = new DeviceState(
      vault,
      entropy,
      actor,
      await Client.fresh(SUITE, utf8(actor), entropy),
    );
    await vault.step(new Map([[CLIENT, state.groups.me.dump()]]));
    return state;
  }

  /** The names of one kind and group; owed and parked rows in their order. */
  names(kind: string, group = ""): readonly string[] {
    return [...(this.#names.get(kind)?.get(group) ?? [])];
  }

  /** The first of those names. */
  first(kind: string, group = ""): string | null {
    const [first] = this.#names.get(kind)?.get(group) ?? [];
    return first ?? null;
  }

  /** The last of those names. */
  last(kind: string, group = ""): string | null {
    return this.names(kind, group).at(-1) ?? null;
  }

  /** The groups that have rows of that kind. */
  groupsWith(kind: string): readonly string[] {
    return [...(this.#names.get(kind)?.keys() ?? [])];
  }

  /** How many rows of that kind there are. */
  count(kind: string): number {
    let found = 0;
    for (const names of this.#names.get(kind)?.values() ?? []) found += names.size;
    return found;
  }

  /** Whether there is such a row. */
  has(name: string): boolean {
    return this.#all.has(name);
  }

  /** A row's value, or null. */
  async read(name: string): Promise<Bytes | null> {
    const changed = this.#changes.get(name);
    if (changed !== undefined) return changed;
    return this.has(name) ? this.#vault.read(name) : null;
  }

  /** A row, or null. */
  async find<Row>(name: string, kind: Kind<Row>): Promise<Row | null> {
    const known = this.#decoded.get(name);
    if (known !== undefined) return known as Row;
    const value = await this.read(name);
    if (value === null) return null;
    const row = decodeRow(kind, value);
    this.#keepAtHand(name, row);
    return row;
  }

  /** A row that is there. Throws `Missing` (E2E-5.6) when it is not. */
  async get<Row>(name: string, kind: Kind<Row>): Promise<Row> {
    const row = await this.find(name, kind);
    if (row === null) {
      throw new Missing("E2E-5.6", `this device has no ${placeOf(name)[0]} of that name`);
    }
    return row;
  }

  /** What is known of a conversation. Throws `Missing` (E2E-5.6). */
  conversation(group: string): Promise<ConversationRow> {
    return this.get(conversationRow(group), CONVERSATION);
  }

  /** All conversations, by group. */
  async conversations(): Promise<ReadonlyMap<string, ConversationRow>> {
    const found = new Map<string, ConversationRow>();
    for (const name of this.names("conversation")) {
      found.set(name.slice("conversation/".length), await this.get(name, CONVERSATION));
    }
    return found;
  }

  /** All that is put in `work` is written at its end, unless it throws (E2E-5.4). */
  async step<T>(work: () => Promise<T>): Promise<T> {
    const before: Before = {
      changes: new Map(this.#changes),
      created: new Set(this.#created),
      numbered: this.#numbered,
    };
    this.#postponed = false;
    let value: T;
    try {
      value = await work();
      if (this.#changes.size && !this.#mayWait()) {
        await this.#vault.step(this.#changes);
        this.#changes = new Map();
        this.#created = new Set();
        this.#numbered = 0;
      }
    } catch (error) {
      this.#undo(before);
      throw error;
    }
    this.groups.settle();
    return value;
  }

  /** What this step changes may be written with the next one (DEV-2.5). */
  postpone(): void {
    this.#postponed = true;
  }

  #mayWait(): boolean {
    return this.#postponed && this.#changes.size < MOST_POSTPONED;
  }

  /** Whether something is not written yet. */
  get waits(): boolean {
    return this.#changes.size > 0;
  }

  /** Write a row. */
  put(name: string, row: object): void {
    this.write(name, encodeRow(row));
    this.#keepAtHand(name, row);
  }

  /** Write a row that is no structure. */
  write(name: string, value: Bytes): void {
    if (!this.has(name)) {
      if (!this.#changes.has(name)) this.#created.add(name);
      this.#enter(name);
    }
    this.#changes.set(name, value);
  }

  /** Remove a row, if it is there. */
  delete(name: string): void {
    if (!this.has(name)) return;
    this.#leave(name);
    if (this.#created.delete(name)) this.#changes.delete(name);
    else this.#changes.set(name, null);
  }

  /** A number above all that were given before, by what the vault counts (DEV-1.3). */
  number(): number {
    this.#numbered += 1;
    return this.#vault.counter * NUMBERS_PER_STEP + this.#numbered - 1;
  }

  #keepAtHand(name: string, row: unknown): void {
    if (isAtHand(name)) this.#decoded.set(name, row);
  }

  #enter(name: string): void {
    this.#all.add(name);
    const [kind, group] = placeOf(name);
    const groups = this.#names.get(kind) ?? new Map<string, Set<string>>();
    this.#names.set(kind, groups);
    const names = groups.get(group) ?? new Set<string>();
    groups.set(group, names.add(name));
  }

  #leave(name: string): void {
    this.#all.delete(name);
    const [kind, group] = placeOf(name);
    const groups = this.#names.get(kind);
    const names = groups?.get(group);
    names?.delete(name);
    if (!names?.size) groups?.delete(group);
    if (!groups?.size) this.#names.delete(kind);
    this.#decoded.delete(name);
  }

  /** The step was not written: what is on disk counts, and what was to be written before. */
  #undo({ changes, created, numbered }: Before): void {
    for (const name of this.#changes.keys()) this.#decoded.delete(name);
    this.#changes = changes;
    this.#created = created;
    this.#numbered = numbered;
    this.#names.clear();
    this.#all.clear();
    for (const name of this.#vault.names()) if (changes.get(name) !== null) this.#enter(name);
    for (const name of created) this.#enter(name);
    this.groups.undo();
  }
}
