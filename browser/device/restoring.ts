/**
 * Pure: what the archive gives back becomes history again (spec DEV-14).
 *
 * A page is one step. What cannot be opened is counted and told, and does not stop the rest.
 */

import { dayOf } from "../archive/days.ts";
import { KINDS, type Record } from "../archive/record.ts";
import type { Keyring, Sealed } from "../archive/seals.ts";
import { Refused } from "../errors.ts";
import { type Bytes, hex } from "../wire/bytes.ts";
import { decode, isObject } from "../wire/json.ts";
import type { Archiving } from "./archiving.ts";
import * as content from "./content.ts";
import type { DeviceState } from "./device_state.ts";
import {
  ARCHIVE,
  ARCHIVED,
  type ArchiveRow,
  archivedRow,
  conversationRow,
  type MessageRow,
  messageRow,
} from "./rows.ts";
import type { Said } from "./said.ts";
import { actOf, messageOf } from "./said_rows.ts";

const NO_KEY = "ARC-2.1";
const OVER: ReadonlySet<string> = new Set(["ARC-3.2", "ARC-3.4"]);
/** From here numbers go down as the past is read, and up as it goes on; all of them are below 0. */
const BEGINNING = -(2 ** 52);

/**
 * Records as the home node gave them, with their positions; none of them: the list ended.
 *
 * `backwards`: the newest first, else the oldest first.
 */
export interface ArchivedPage {
  readonly records: readonly (readonly [number, Sealed])[];
  readonly backwards: boolean;
  readonly incarnation: string;
}

/**
 * What came of pages. `locked` are under keys that this device does not have, `over` were of a day
 * that has ended, `broken` were altered, swapped or not understood.
 */
export interface Restored {
  new: number;
  known: number;
  locked: number;
  over: number;
  broken: number;
}

/** Reads the archive of one device's account. */
export class Restoring {
  readonly #state: DeviceState;
  readonly #archiving: Archiving;
  readonly #said: Said;

  constructor(state: DeviceState, archiving: Archiving, said: Said) {
    this.#state = state;
    this.#archiving = archiving;
    this.#said = said;
  }

  /** Take a page in. What is here already stays as it is. */
  async take(page: ArchivedPage, now: number): Promise<Restored> {
    const came: Restored = { new: 0, known: 0, locked: 0, over: 0, broken: 0 };
    const row = placed(await this.#archiving.row(), page);
    const keyring = await this.#archiving.keyring();
    const opened = page.records
      .map(([, sealed]) => open(keyring, sealed, dayOf(now * 1000), came))
      .filter((record) => record !== null);
    if (page.backwards) opened.reverse();
    // What was read in one burst has one time: it stays in its order.
    opened.sort((a, b) => a.received - b.received);
    const many = opened.length;
    const first = page.backwards ? BEGINNING - row.earlier - many : BEGINNING + row.later;
    for (const [place, record] of opened.entries()) await this.#put(record, first + place, came);
    const [earlier, later] = page.backwards ? [many, 0] : [0, many];
    const read = { ...row, earlier: row.earlier + earlier, later: row.later + later };
    this.#state.put(ARCHIVE, read);
    return came;
  }

  async #put(record: Record, number: number, came: Restored): Promise<void> {
    const group = hex(record.group);
    const said = record.kind === KINDS.state ? null : understood(record);
    const { actor, id, epoch } = record;
    const isAct = said !== null && content.isAct(said.kind);
    if (record.kind === KINDS.state || (!isAct && this.#isHere(group, record))) {
      came.known += 1;
      return;
    }
    if (said === null || (record.kind !== KINDS.create && !isAct)) {
      came.broken += 1;
      return;
    }
    await this.#meet(group, record);
    const at = record.received * 1000;
    if (isAct) {
      const act = actOf(said, actor, number);
      // What named no time happened when it came.
      const timed = act.at || act.kind === content.DELETE ? act : { ...act, at };
      await this.#happened(group, timed, at, came);
      return;
    }
    const row = await this.#said.meet(group, messageOf(said, actor, at, number, epoch));
    if (row === null) {
      came.known += 1; // it was taken back
      return;
    }
    this.#state.put(messageRow(group, actor, id), row);
    await this.#said.came(group, id, at);
    came.new += 1;
  }

  /** To what was said, whichever of the two is read first. */
  async #happened(group: string, act: MessageRow, at: number, came: Restored): Promise<void> {
    try {
      await this.#said.take(group, act, at, false);
      came.known += 1;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      came.broken += 1;
    }
  }

  /** Words of ours that nobody could read were said again elsewhere, under the same id. */
  #isHere(group: string, { actor, id }: Record): boolean {
    const ours = actor === this.#state.actor;
    const groups = ours ? [group, ...this.#state.groupsWith("message")] : [group];
    return groups.some((each) => this.#state.has(messageRow(each, actor, id)));
  }

  /** Who is in a conversation of which this device has the history only. */
  async #meet(group: string, { actor, data }: Record): Promise<void> {
    if (this.#state.has(conversationRow(group))) return;
    const name = archivedRow(group);
    const known = (await this.#state.find(name, ARCHIVED))?.members ?? [];
    const to = actor === this.#state.actor ? addressed(data) : [];
    const members = [...new Set([...known, actor, this.#state.actor, ...to])].sort();
    if (members.join(" ") !== known.join(" ")) this.#state.put(name, { members });
  }
}

/** How far the archive was read, with this page. */
function placed(known: ArchiveRow, page: ArchivedPage): ArchiveRow {
  let row = known;
  if (page.incarnation && page.incarnation !== row.incarnation) {
    // Positions of another life of the database mean nothing.
    row = { ...row, incarnation: page.incarnation, done: false, since: 0 };
  }
  if (!page.records.length) return { ...row, done: row.done || page.backwards };
  return { ...row, since: Math.max(row.since, ...page.records.map(([pos]) => pos)) };
}

function open(keyring: Keyring, sealed: Sealed, today: number, came: Restored): Record | null {
  try {
    return keyring.open(sealed, today);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.clause === NO_KEY) came.locked += 1;
    else if (OVER.has(error.clause)) came.over += 1;
    else came.broken += 1;
    return null;
  }
}

/**
 * What stands in a record; null for what is not understood, or is of another id. It goes by what it says: an earlier
 * version of a device kept changes as if they were words.
 */
function understood({ id, data }: Record): content.Content | null {
  try {
    const said = content.read(data);
    const isTakenBack = said.kind === content.DELETE && said.about[0] === id;
    return said.id === id || isTakenBack ? said : null;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

/** To whom our own words went; a record is ours only if an archive key sealed it. */
function addressed(data: Bytes): readonly string[] {
  const document = decode(data);
  const to = isObject(document) ? document.to : null;
  return Array.isArray(to) ? to.filter((each) => typeof each === "string") : [];
}
