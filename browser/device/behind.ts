/** Pure: which groups this device is behind, and whom it is to take back (spec DEV-9). */

import { Unreachable } from "../errors.ts";
import type { DeviceState } from "./device_state.ts";
import type { Readmit } from "./intents.ts";
import { FOLLOWED } from "./key_rows.ts";
import type { MessageMaker } from "./message_maker.ts";
import {
  ASKED,
  type AskedRow,
  askedRow,
  type OwedRow,
  READMISSION,
  readmissionRow,
  unasked,
  unmade,
} from "./rows.ts";

/** A commit may still be on its way from another node. */
export const PATIENCE_SECONDS = 10;
export const ASK_AGAIN_SECONDS = 3600;
/** For what could not be read. */
const TRY_AGAIN_SECONDS = 60;
const MOST_SELDOM_SECONDS = 86_400;
const CATCHING_UP = "this device missed changes of the conversation and is being taken back in";
const UNANSWERED =
  "nobody has taken this device back for an hour: they are away, or a change that nobody can read" +
  " ended the conversation, and it goes on in a new one";

/** Whether this device has asked to be taken back into the group (DEV-9.1), or knows that it has to (DEV-9.8). */
export async function isBehind(state: DeviceState, group: string): Promise<boolean> {
  const asked = await state.find(askedRow(group), ASKED);
  return asked !== null && (asked.sent > 0 || asked.proven);
}

/** Whether it was asked in vain for an hour (DEV-9.6). */
export async function isUnanswered(state: DeviceState, group: string): Promise<boolean> {
  return (await state.find(askedRow(group), ASKED))?.vain === true;
}

/** Whether nothing is asked there any more: the other is heard elsewhere (DEV-9.7). */
export async function isOver(state: DeviceState, group: string): Promise<boolean> {
  return (await state.find(askedRow(group), ASKED))?.over === true;
}

/** It is behind no more. While it was over no listed device was missed in it: which ones are is looked at again
 * (DEV-17.1). */
export async function caughtUp(state: DeviceState, group: string): Promise<void> {
  if (await isOver(state, group)) state.delete(FOLLOWED);
  state.delete(askedRow(group));
}

/** A commit took this device out and added it anew: it needs the Welcome (DEV-9.8). */
export async function takenOut(
  state: DeviceState,
  group: string,
  epoch: bigint,
  now: number,
): Promise<void> {
  const asked = (await state.find(askedRow(group), ASKED)) ?? unasked(now);
  const head = Math.max(asked.head, Number(epoch));
  state.put(askedRow(group), { ...asked, head, proven: true, over: false });
}

/** When it is time to ask, first or again, for all that was read: then it is read again. */
async function dues(state: DeviceState, now: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (const group of state.groupsWith("asked")) {
    const row = await state.get(askedRow(group), ASKED);
    if (row.over) continue;
    // Where the clock was set back since, the time is counted from now (DEV-9.6).
    if (row.sent) found.push(row.sent <= now ? row.sent + pause(row) : now);
    else found.push(row.noticed + PATIENCE_SECONDS);
  }
  return found;
}

/** Whether one is due. */
export async function isDue(state: DeviceState, now: number): Promise<boolean> {
  return (await dues(state, now)).some((due) => now >= due);
}

/** How many seconds until one is next, or tried again where one is due already: an hour at most, for clocks are
 * set. */
export async function rest(state: DeviceState, now: number): Promise<number> {
  const ahead = (await dues(state, now)).map((due) => (due > now ? due - now : TRY_AGAIN_SECONDS));
  return Math.min(...ahead, ASK_AGAIN_SECONDS);
}

/** How long after a question it is asked again: ever more seldom, once a day in the end. */
export function pause(asked: AskedRow): number {
  const doubled = ASK_AGAIN_SECONDS << Math.min(Math.max(asked.times - 1, 0), 5);
  return Math.min(doubled, MOST_SELDOM_SECONDS);
}

/** What is in the way of words meanwhile. */
export async function catchingUp(state: DeviceState, group: string): Promise<Unreachable> {
  if (await isUnanswered(state, group)) return new Unreachable(UNANSWERED, true, "unanswered");
  return new Unreachable(CATCHING_UP, true, "behind");
}

/** Others are to take the device back; before our next words we do it ourselves. */
export function postpone(state: DeviceState, group: string, intent: Readmit): void {
  state.put(readmissionRow(group, intent.stale), intent);
}

/** What others have not done meanwhile. */
export async function takePostponed(
  state: DeviceState,
  maker: MessageMaker,
  group: string,
): Promise<readonly OwedRow[]> {
  const found: OwedRow[] = [];
  for (const name of state.names("readmission", group)) {
    const owed = unmade(group, await state.get(name, READMISSION));
    state.delete(name);
    if (!(await maker.isMoot(owed))) found.push(owed);
  }
  return found;
}
