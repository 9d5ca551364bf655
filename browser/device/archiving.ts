/**
 * Pure: what a device keeps in its account's archive, until the home node has it (spec DEV-14).
 *
 * Each lasting word becomes a record in the step that writes its row, so that nothing is forgotten.
 */

import { dayOf } from "../archive/days.ts";
import { checked, KINDS, type Kind, read } from "../archive/record.ts";
import { type ArchiveKey, Keyring, nameUnder, type Sealed } from "../archive/seals.ts";
import { Malformed, Missing, Refused, TooMuch } from "../errors.ts";
import type { ApplicationMessage } from "../mls/private/events.ts";
import { type Bytes, EMPTY, unhex, utf8 } from "../wire/bytes.ts";
import * as content from "./content.ts";
import type { DeviceState } from "./device_state.ts";
import {
  ARCHIVE,
  ARCHIVE_ROW,
  type ArchiveRow,
  archiveKeyRow,
  dueRow,
  type MessageRow,
  type Kind as RowKind,
} from "./rows.ts";
import { ERASE, groupIn, membersOf, stands, wordsOf } from "./said_rows.ts";

const MOST_AT_ONCE = 100;
const MOST_BYTES = 2 ** 20;
/** To remove, at once (ARC-7.2). */
const MOST_NAMED = 1_000;
/** The home node may take nothing for ever. */
const MOST_DUE = 10_000;
const NO_KEY =
  "this device has no key of the archive: use kith recovery use with the recovery key, or go on" +
  " at a device that has it";

const BEGINNING: ArchiveRow = {
  off: false,
  incarnation: "",
  done: false,
  since: 0,
  earlier: 0,
  later: 0,
  held: "",
  held_until: 0,
  why: "",
  missing: 0,
};

// A map: the kinds that others name are no members of an object ("constructor").
const ACTS: ReadonlyMap<string, Kind> = new Map([
  [content.UPDATE, KINDS.update],
  [content.LIKE, KINDS.like],
  [content.UNDO, KINDS.undo],
  [content.DELETE, KINDS.delete],
]);

const NO_RECORD = {
  kind: KINDS.create,
  device: EMPTY,
  epoch: 0,
  t: 0,
  number: 0,
  received: 0,
  data: EMPTY,
};

const GOES_ON = { held: "", held_until: 0, why: "" };

/** Records to send: sealed, and by which rows they wait. */
export interface Due {
  readonly is: "Due";
  readonly rows: readonly string[];
  readonly records: readonly Sealed[];
}

/** Records to remove: their names, and by which rows that waits. */
export interface Erasing {
  readonly is: "Erasing";
  readonly rows: readonly string[];
  readonly names: readonly Bytes[];
}

const NOT_ERASED = "device/not_erased";

/** By which `clause` the home node removed nothing from the archive; it is asked again at `until`. */
export interface NotErasedRow {
  readonly clause: string;
  readonly until: number;
}

const NOT_ERASED_ROW: RowKind<NotErasedRow> = (value) => value as NotErasedRow;

/** The archive's side of one device. Nothing of it happens without an archive key. */
export class Archiving {
  readonly #state: DeviceState;

  constructor(state: DeviceState) {
    this.#state = state;
  }

  async row(): Promise<ArchiveRow> {
    return (await this.#state.find(ARCHIVE, ARCHIVE_ROW)) ?? BEGINNING;
  }

  /** Whether what is said is kept. */
  async isOn(): Promise<boolean> {
    return this.#state.first("archive_key") !== null && !(await this.row()).off;
  }

  /** Begin; or end, and forget what waits. Throws `Missing` (DEV-14.5) without a key. */
  async switch(on: boolean): Promise<void> {
    if (on && this.#state.first("archive_key") === null) {
      throw new Missing("DEV-14.5", NO_KEY);
    }
    if (!on) {
      this.sent([...this.waiting(), ...this.#allOf("erase")]);
      this.eraseOn();
    }
    this.#state.put(ARCHIVE, { ...(await this.row()), off: !on, ...GOES_ON });
  }

  /** Another device of the account gave us an archive key. */
  adopt(generation: number, key: Bytes): void {
    this.#state.write(archiveKeyRow(generation), key);
  }

  /** The account's archive keys. Nothing is sealed for a day yet. */
  async keyring(): Promise<Keyring> {
    const found: ArchiveKey[] = [];
    for (const name of this.#state.names("archive_key")) {
      const generation = Number(name.slice("archive_key/".length));
      found.push({ generation, key: (await this.#state.read(name)) ?? EMPTY });
    }
    return new Keyring(found);
  }

  /** What somebody said, as it was sealed; `at` (microseconds) is when it came. */
  async heard(
    group: string,
    event: ApplicationMessage,
    message: MessageRow,
    at = message.at,
  ): Promise<void> {
    if (!(await this.isOn())) return;
    const epoch = Number(event.epoch);
    await this.#keep(group, { ...message, epoch, at }, event.sender.signatureKey, event.data);
  }

  /** Words of ours that the home node has now; not when they are only sealed anew. */
  async said(group: string, message: MessageRow): Promise<void> {
    if (message.kind === content.FAILURE || message.mended || !(await this.isOn())) return;
    if (!(await stands(this.#state, group, message))) return;
    const { members } = await this.#state.conversation(group);
    const { actor, kind, edit } = message;
    const words = wordsOf(message);
    const data = ACTS.has(kind)
      ? content.writeAct(kind, words, actor, edit)
      : content.writeBareNote(words, actor, members);
    await this.#keep(group, message, this.#state.groups.me.signature.public, data);
  }

  /** What is here, for a node that may have lost its record (DEV-14.7). */
  async again(group: string, message: MessageRow): Promise<void> {
    const fresh = message.number < 0; // it came by the archive, or has no number
    const number = fresh ? this.#state.number() : message.number;
    if (this.#state.has(dueRow(group, number))) return;
    const { actor, kind, raw, edit } = message;
    const words = wordsOf(message);
    let data: Bytes;
    try {
      if (ACTS.has(kind)) data = content.writeAct(kind, words, actor, edit);
      else if (raw && !edit) data = utf8(raw);
      else data = content.writeBareNote(words, actor, await membersOf(this.#state, group));
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      return this.#countMissing(1); // in our form it is longer than in its author's
    }
    await this.#keep(group, { ...message, number }, EMPTY, data);
  }

  /** Not what nobody could read: that is missing there, and told so (DEV-14.6). */
  async #keep(group: string, message: MessageRow, device: Bytes, data: Bytes): Promise<void> {
    const { actor, id, epoch } = message;
    const at = Math.floor(message.at / 1000);
    const kind = ACTS.get(message.kind) ?? KINDS.create;
    const place = { kind, group: unhex(group), number: 0 };
    const kept = { ...place, actor, device, id, epoch, t: at, received: at, data };
    let bytes: Bytes;
    try {
      bytes = checked(kept);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      await this.#countMissing(1);
      return;
    }
    if (this.#state.count("due") >= MOST_DUE)
      await this.miss(this.waiting().slice(0, MOST_AT_ONCE));
    this.#state.write(dueRow(group, message.number), bytes);
  }

  /** The home node takes nothing before then. */
  async hold({ clause, reason }: Refused, until: number): Promise<void> {
    const held = { held: clause, held_until: until, why: reason };
    this.#state.put(ARCHIVE, { ...(await this.row()), ...held });
  }

  async notErased(): Promise<NotErasedRow> {
    return (await this.#state.find(NOT_ERASED, NOT_ERASED_ROW)) ?? { clause: "", until: 0 };
  }

  /** Nothing is removed there until then. */
  holdErasing(clause: string, until: number): void {
    this.#state.put(NOT_ERASED, { clause, until });
  }

  /** It removes what is to be removed. */
  eraseOn(): void {
    this.#state.delete(NOT_ERASED);
  }

  /** It takes records again. */
  async goOn(): Promise<void> {
    const row = await this.row();
    if (row.held) this.#state.put(ARCHIVE, { ...row, ...GOES_ON });
  }

  /** These are never kept there. */
  async miss(names: readonly string[]): Promise<void> {
    this.sent(names);
    await this.#countMissing(names.length);
  }

  async #countMissing(more: number): Promise<void> {
    const row = await this.row();
    this.#state.put(ARCHIVE, { ...row, missing: row.missing + more });
  }

  /** The person knows how many are missing. */
  async seenMissing(): Promise<void> {
    const row = await this.row();
    if (row.missing) this.#state.put(ARCHIVE, { ...row, missing: 0 });
  }

  #allOf(kind: string): string[] {
    return this.#state.groupsWith(kind).flatMap((group) => [...this.#state.names(kind, group)]);
  }

  /** The rows of what the home node has not, in the order in which it was said. */
  waiting(): readonly string[] {
    return this.#allOf("due").sort((a, b) => (placeIn(a) < placeIn(b) ? -1 : 1));
  }

  /** What to send next; and rows that nobody can send. */
  async due(now: number): Promise<readonly [Due, readonly string[]]> {
    const keyring = await this.keyring();
    const aside: string[] = [];
    const rows: string[] = [];
    const records: Sealed[] = [];
    let size = 0;
    for (const name of this.waiting().slice(0, MOST_AT_ONCE)) {
      const sealed = this.#sealed(keyring, (await this.#state.read(name)) ?? EMPTY, now);
      if (sealed === null) {
        aside.push(name);
        continue;
      }
      size += sealed.body.length;
      if (rows.length && size > MOST_BYTES) break;
      rows.push(name);
      records.push(sealed);
    }
    return [{ is: "Due", rows, records }, aside];
  }

  #sealed(keyring: Keyring, kept: Bytes, now: number): Sealed | null {
    try {
      return keyring.seal(read(kept)[0], this.#state.entropy, dayOf(now * 1000));
    } catch (error) {
      if (error instanceof Refused) return null;
      throw error;
    }
  }

  /** What has to be removed there next, by the names that it may have (DEV-18.5). */
  async erasing(): Promise<Erasing> {
    const keys: ArchiveKey[] = [];
    for (const name of this.#state.names("archive_key")) {
      const generation = Number(name.slice("archive_key/".length));
      keys.push({ generation, key: (await this.#state.read(name)) ?? EMPTY });
    }
    const [rows, names]: [string[], Bytes[]] = [[], []];
    for (const name of this.#allOf("erase")) {
      if (names.length + keys.length > MOST_NAMED) break;
      const what = { ...(await this.#state.get(name, ERASE)), group: unhex(groupIn(name)) };
      rows.push(name);
      names.push(...keys.map((key) => nameUnder(key, { ...NO_RECORD, ...what })));
    }
    return { is: "Erasing", rows, names };
  }

  /** The home node has these. */
  sent(names: readonly string[]): void {
    for (const name of names) this.#state.delete(name);
  }
}

/** The number at the end of a row's name; all have as many digits. */
function placeIn(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
