/**
 * Pure: the home node was put back from a copy: its archive has again what it lost (spec DEV-14.7), and so has
 * everybody to whom this device said something meanwhile (DEV-11.3). A part of its own, for that is seldom.
 */

import type { Archiving } from "./archiving.ts";
import { LIKE, TOMBSTONE, UNDO, UPDATE } from "./content.ts";
import type { DeviceOutbox } from "./device_outbox.ts";
import type { DeviceState } from "./device_state.ts";
import { sayAnew } from "./repair.ts";
import { MESSAGE, type MessageRow } from "./rows.ts";
import { byTime } from "./said_order.ts";
import { eraseRow, message, REACTIONS, type Reaction, reactionRow } from "./said_rows.ts";
import { unmake } from "./staged.ts";

const MICROS_OF_A_DAY = 86_400_000_000;
const LAST_DAYS = 30;
const SAID_DAYS = 7;
const MOST_SAID = 200;
const MOST = 3_000; // messages: a third of what may be due

interface Kept {
  readonly group: string;
  readonly name: string;
  readonly row: MessageRow;
}

/** Owe the archive what was said in the last days; what it has it answers as known. */
export async function putAgain(
  state: DeviceState,
  archiving: Archiving,
  now: number,
): Promise<void> {
  if (!(await archiving.isOn())) return;
  const since = now * 1_000_000 - LAST_DAYS * MICROS_OF_A_DAY;
  const found = (await messages(state, since)).sort(inTime).slice(-MOST);
  for (const { group, name, row } of found) {
    const { actor, id } = row;
    if (row.kind === TOMBSTONE) {
      state.put(eraseRow(group, state.number()), { actor, id });
    } else if (actor !== state.actor || row.sent) {
      await archiving.again(group, row);
      if (row.edit) await archiving.again(group, change(row));
      const kept = await state.find(reactionRow(name), REACTIONS);
      for (const one of kept?.by ?? []) await archiving.again(group, reaction(row, one));
    }
  }
}

/** Owe anew what was said here of late: nobody but that node may have had it. */
export async function sayAgain(
  state: DeviceState,
  outbox: DeviceOutbox,
  now: number,
): Promise<void> {
  const found = await said(state, now * 1_000_000 - SAID_DAYS * MICROS_OF_A_DAY);
  found.sort((one, other) => one.row.number - other.row.number);
  for (const { group, name, row } of found.slice(-MOST_SAID)) {
    await sayAnew(state, outbox, group, { name, row });
  }
  for (const group of state.groupsWith("owed")) {
    for (const owed of await outbox.owed(group)) {
      // It may be under way to the life that is over, which takes it in vain.
      const { content, intent } = owed.row;
      if (content.length && intent.type === "Say") await unmake(state, owed);
    }
  }
}

/** What this device sealed and was accepted, of which nobody came since. */
async function said(state: DeviceState, since: number): Promise<Kept[]> {
  const found: Kept[] = [];
  for (const group of state.groupsWith("group")) {
    const { grown } = await state.conversation(group);
    for (const name of [...state.names("message", group), ...state.names("act", group)]) {
      const row = await state.get(name, MESSAGE);
      const isSealed = row.sent && row.digest.length > 0;
      if (isSealed && row.at >= since && row.epoch >= grown) found.push({ group, name, row });
    }
  }
  return found;
}

function inTime(one: Kept, other: Kept): number {
  return byTime({ at: one.row.at, id: one.name }, { at: other.row.at, id: other.name });
}

async function messages(state: DeviceState, since: number): Promise<Kept[]> {
  const found: Kept[] = [];
  for (const group of state.groupsWith("message")) {
    for (const name of state.names("message", group)) {
      const row = await state.get(name, MESSAGE);
      if (row.at >= since) found.push({ group, name, row });
    }
  }
  return found;
}

/** What made the words what they are. */
function change({ id: about, actor, text, edit = "", edited = 0, changed = 0 }: MessageRow) {
  return message({ id: edit, actor, text, at: edited, number: changed, kind: UPDATE, about });
}

function reaction(row: MessageRow, { id, actor, emoji: text, at, off }: Reaction): MessageRow {
  const { id: about, actor: author } = row;
  const of = { id, actor, text, at, number: -1, about, author };
  return message({ ...of, kind: off ? UNDO : LIKE, edit: off ? id : "" });
}
