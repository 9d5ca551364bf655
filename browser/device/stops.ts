/** Pure: in which groups nothing is sealed, and whose leaves go first (spec DEV-16). */

import { Forbidden } from "../errors.ts";
import { hex } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { STOPPED, type StoppedRow, stoppedRow } from "./key_rows.ts";

export const OWN_DEVICE = "own device, not listed";
export const THIS_DEVICE = "this device, not listed";
/** Of a device that was to be added, beside the lines of KEY-5.2. */
export const UNFIT = "key package that cannot be used";
/** Of none of them that were to be added anything is wrong but the time. */
export const CLOCK = "clock of this device";

/** Whom nothing is sealed to in a group, and why. */
export async function stopped(
  state: DeviceState,
  group: string,
): Promise<ReadonlyMap<string, StoppedRow>> {
  const found = new Map<string, StoppedRow>();
  const head = stoppedRow(group, "").length;
  for (const name of state.names("stopped", group).toSorted()) {
    found.set(name.slice(head), await state.get(name, STOPPED));
  }
  return found;
}

/** Whom nothing is sealed to until somebody decides, or is asked; the first of them. */
async function first(
  state: DeviceState,
  group: string,
): Promise<readonly [string, StoppedRow] | undefined> {
  return [...(await stopped(state, group))].find(([, row]) => !row.remove.length);
}

/** Whether nothing may be sealed there but a Remove, until somebody decides or is asked. */
export async function isStopped(state: DeviceState, group: string): Promise<boolean> {
  return (await first(state, group)) !== undefined;
}

/** The signature keys (in hex) of the leaves that are removed before anything is said there. */
export async function revoked(state: DeviceState, group: string): Promise<ReadonlySet<string>> {
  const rows = [...(await stopped(state, group)).values()];
  return new Set(rows.flatMap((row) => row.remove.map(hex)));
}

/** What is in the way of words meanwhile. */
export async function why(state: DeviceState, group: string): Promise<Forbidden | null> {
  const found = await first(state, group);
  return found === undefined ? null : refusal(found[0], found[1].why);
}

/** A device of `actor` is not spoken to; what is said of that is the program's own (DEV-16.11). */
export function refusal(actor: string, seen: string): Forbidden {
  return new Forbidden("KEY-5.2", "a device is not spoken to", { seen, actor });
}
