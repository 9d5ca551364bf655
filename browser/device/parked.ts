/**
 * Pure: what waits of a group, and what of it a device that comes in can never read (spec DEV-5.2, DEV-9.4). A row
 * is named by its epoch and by a number of the device's own, not by that of the mailbox, which a node that was put
 * back gives again. So its name says most of what is asked of it.
 */

import * as framing from "../mls/public/framing.ts";
import { equal, utf8 } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { crowdedRow, PARKED, type ParkedRow, parkedRow } from "./rows.ts";

const MOST = 500;
export const CROWDED = "too many messages wait for what never came";
const WORD = "w";
/** As an epoch later than this one any is written. */
const LATEST = 10n ** 16n - 1n;

/** What a name says: `came` rises with each that came later. */
export interface Waiting {
  readonly name: string;
  readonly epoch: bigint;
  readonly came: number;
  readonly isWord: boolean;
}

/** Whether it can be said anew: a commit that is gone is gone. */
export function isWord({ content }: ParkedRow): boolean {
  return framing.header(content).contentType === framing.APPLICATION;
}

export function epochOf({ content }: ParkedRow): bigint {
  return framing.header(content).epoch ?? 0n;
}

/** What waits of the group, by epoch, and then as it came. */
export async function waiting(state: DeviceState, group: string): Promise<readonly Waiting[]> {
  const found: Waiting[] = [];
  for (const name of state.names("parked", group)) found.push(await said(state, name));
  const compare = (a: Waiting, b: Waiting) =>
    a.epoch === b.epoch ? a.came - b.came : a.epoch < b.epoch ? -1 : 1;
  return found.sort(compare);
}

async function said(state: DeviceState, name: string): Promise<Waiting> {
  const [epoch = "", came, kind] = name.slice(name.lastIndexOf("/") + 1).split(" ");
  if (came === undefined) {
    // A version before this one named it by the number of the mailbox.
    const item = await state.get(name, PARKED);
    return { name, epoch: epochOf(item), came: item.seq, isWord: isWord(item) };
  }
  return { name, epoch: BigInt(epoch), came: Number(came), isWord: kind === WORD };
}

/**
 * What a version before this one left gets the names of this one: by its own, the number of a mailbox would stand for
 * an epoch. Whoever goes through what waits has it done before.
 */
export async function rename(state: DeviceState, group: string): Promise<void> {
  if (state.names("parked", group).every((name) => name.includes(" "))) return;
  for (const { name } of await waiting(state, group)) {
    if (name.includes(" ")) continue;
    const item = await state.get(name, PARKED);
    state.delete(name);
    put(state, group, item);
  }
}

function put(state: DeviceState, group: string, item: ParkedRow): void {
  const named = epochOf(item);
  const epoch = named < LATEST ? named : LATEST;
  state.put(parkedRow(group, epoch, state.number(), isWord(item)), item);
}

/**
 * Let it wait. Who finds no room for that, if anybody: words make room for a commit, and what is of the latest epoch
 * for what is of an earlier one. `again`: it may be one that waits already.
 */
export async function keep(
  state: DeviceState,
  group: string,
  item: ParkedRow,
  again: boolean,
): Promise<ParkedRow | null> {
  await rename(state, group);
  const names = state.names("parked", group);
  for (const name of again ? names : []) {
    if (equal((await state.get(name, PARKED)).content, item.content)) return null;
  }
  let crowded: ParkedRow | null = null;
  if (names.length >= MOST) {
    const name = isWord(item) ? null : await givesWay(state, names, epochOf(item));
    if (name === null) return item;
    crowded = await state.get(name, PARKED);
    state.delete(name);
  }
  put(state, group, item);
  return crowded;
}

/** Whether it is known that commits find no room; else it is told now. Of words each is told. */
export function wasTold(state: DeviceState, group: string, crowded: ParkedRow): boolean {
  const name = crowdedRow(group);
  if (isWord(crowded) || state.has(name)) return !isWord(crowded);
  state.write(name, utf8("1"));
  return false;
}

/**
 * The words that came last, else the commit of the latest epoch, when that is later. A flood asks it for each of its
 * messages: the names are looked at as they are.
 */
async function givesWay(
  state: DeviceState,
  names: readonly string[],
  epoch: bigint,
): Promise<string | null> {
  const cameOf = (name: string) => name.split(" ")[1] ?? "";
  const words = names.filter((name) => name.endsWith(` ${WORD}`));
  if (words.length) return words.reduce((a, b) => (cameOf(b) > cameOf(a) ? b : a));
  const latest = [...names].sort().at(-1) ?? "";
  return (await said(state, latest)).epoch > epoch ? latest : null;
}

/** The words that wait from the epochs that this device can never see. */
export async function missed(
  state: DeviceState,
  group: string,
  since: number,
  until: bigint,
): Promise<readonly ParkedRow[]> {
  const found: ParkedRow[] = [];
  for (const one of await waiting(state, group)) {
    if (one.isWord && since <= one.epoch && one.epoch < until) {
      found.push(await state.get(one.name, PARKED));
    }
  }
  return found;
}

/** What was said before this device came was not for it. */
export async function forgetBefore(
  state: DeviceState,
  group: string,
  epoch: bigint,
): Promise<void> {
  for (const one of await waiting(state, group)) {
    if (one.epoch < epoch) state.delete(one.name);
  }
}

/** The group of the conversation that an item came in; "" where none is known. */
export async function groupOf(state: DeviceState, item: ParkedRow): Promise<string> {
  for (const [group, row] of await state.conversations()) {
    if (item.ref && row.ref === item.ref) return group;
  }
  return "";
}
