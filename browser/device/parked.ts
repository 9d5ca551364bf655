/** Pure: what waits of a group, and what of it a device that comes in can never read (spec DEV-5.2, DEV-9.4). */

import * as framing from "../mls/public/framing.ts";
import type { DeviceState } from "./device_state.ts";
import { PARKED, type ParkedRow, parkedRow } from "./rows.ts";

const MOST = 500;
export const CROWDED = "too many messages wait for what never came";

/** Whether it can be said anew: a commit that is gone is gone. */
export function isWord({ content }: ParkedRow): boolean {
  return framing.header(content).contentType === framing.APPLICATION;
}

export function epochOf({ content }: ParkedRow): bigint {
  return framing.header(content).epoch ?? 0n;
}

/** Let it wait. Who finds no room for that, if anybody: words make room for a commit. */
export async function keep(
  state: DeviceState,
  group: string,
  item: ParkedRow,
): Promise<ParkedRow | null> {
  let crowded: ParkedRow | null = null;
  if (state.names("parked", group).length >= MOST) {
    const name = isWord(item) ? null : await lastWord(state, group);
    if (name === null) return item;
    crowded = await state.get(name, PARKED);
    state.delete(name);
  }
  state.put(parkedRow(group, item.seq), item);
  return crowded;
}

async function lastWord(state: DeviceState, group: string): Promise<string | null> {
  for (const name of [...state.names("parked", group)].reverse()) {
    if (isWord(await state.get(name, PARKED))) return name;
  }
  return null;
}

/** The words that wait from the epochs that this device can never see. */
export async function missed(
  state: DeviceState,
  group: string,
  since: number,
  until: bigint,
): Promise<readonly ParkedRow[]> {
  const found: ParkedRow[] = [];
  for (const name of state.names("parked", group)) {
    const item = await state.get(name, PARKED);
    const epoch = epochOf(item);
    if (isWord(item) && since <= epoch && epoch < until) found.push(item);
  }
  return found;
}

/** What was said before this device came was not for it. */
export async function forgetBefore(
  state: DeviceState,
  group: string,
  epoch: bigint,
): Promise<void> {
  for (const name of state.names("parked", group)) {
    if (epochOf(await state.get(name, PARKED)) < epoch) state.delete(name);
  }
}
