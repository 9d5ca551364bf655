/** Pure: listed devices whose Add is under way, or was refused (spec DEV-17.1). */

import type { Bytes } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { declinedRow } from "./key_rows.ts";
import { keysOf } from "./key_stock.ts";
import { OWED, type OwedRow } from "./rows.ts";
import * as silence from "./silence.ts";

/** The signature keys of devices of which an Add is owed to a group. */
export async function onTheirWay(state: DeviceState, group: string): Promise<readonly Bytes[]> {
  const found: Bytes[] = [];
  for (const name of state.names("owed", group)) {
    found.push(...keysOf((await state.get(name, OWED)).intent));
  }
  return found;
}

/** What was owed is refused for good. */
export function refused(state: DeviceState, { group, intent }: OwedRow, now: number) {
  return note(state, group, keysOf(intent), now);
}

/** This device is out of the group, or is taken back into it: who is in it now is not known. */
export function forget(state: DeviceState, group: string): void {
  for (const name of state.names("declined", group)) state.delete(name);
}

/** These devices are added there ever more seldom. */
export async function note(
  state: DeviceState,
  group: string,
  keys: readonly Bytes[],
  now: number,
): Promise<void> {
  for (const key of keys) await silence.note(state, declinedRow(group, key), now);
}
