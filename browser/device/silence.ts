/** Pure: what gave no answer is asked ever more seldom (spec DEV-16.1, DEV-17.1). */

import type { DeviceState } from "./device_state.ts";
import { SILENT, type SilentRow } from "./key_rows.ts";

/** After the first time, in seconds; twice as long each further time. */
export const SHORTEST_WAIT = 60;
export const LONGEST_WAIT = 3600;
const MOST_DOUBLINGS = 8;
/** Who is asked at all is asked more often. */
const KEPT_SECONDS = 86_400;
const NEVER: SilentRow = { at: 0, tries: 0 };

/** When it was asked in vain, and how often, by the row of that name. */
export async function tried(state: DeviceState, name: string): Promise<SilentRow> {
  return (await state.find(name, SILENT)) ?? NEVER;
}

/** How many seconds it is too early to ask again. */
export async function left(state: DeviceState, name: string, now: number): Promise<number> {
  const { at, tries } = await tried(state, name);
  if (!tries || at > now) return 0;
  const wait = Math.min(SHORTEST_WAIT * 2 ** Math.min(tries - 1, MOST_DOUBLINGS), LONGEST_WAIT);
  return Math.max(at + wait - now, 0);
}

/** It was asked in vain once more. Called inside a step. */
export async function note(state: DeviceState, name: string, now: number): Promise<void> {
  state.put(name, { at: now, tries: (await tried(state, name)).tries + 1 });
}

/** It may be asked again at once, if it was in vain; it counts as often as before. Whether it was. Called inside
 * a step. */
export async function end(state: DeviceState, name: string, now: number): Promise<boolean> {
  const row = await state.find(name, SILENT);
  if (row !== null) state.put(name, { at: now - LONGEST_WAIT, tries: row.tries });
  return row !== null;
}

/** What was asked for the last time long ago is asked no more. Called inside a step. */
export async function forget(state: DeviceState, now: number): Promise<void> {
  for (const kind of ["silent", "packageless", "declined"]) {
    for (const name of state.groupsWith(kind).flatMap((place) => state.names(kind, place))) {
      const { at } = await tried(state, name);
      if (at > now || now - at > KEPT_SECONDS) state.delete(name);
    }
  }
}
