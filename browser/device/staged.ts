/** Pure: a message that was made is forgotten, and what was meant by it stays (spec DEV-4.4). */

import { equal } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { isCommit } from "./intents.ts";
import type { Named } from "./message_maker.ts";
import { type OwedRow, unmade } from "./rows.ts";

/** Whether it is carried by the commit that is under way. */
export async function isStaged(state: DeviceState, owed: OwedRow): Promise<boolean> {
  const { groups } = state;
  if (!isCommit(owed.intent) || !groups.has(owed.group)) return false;
  const { staged } = await groups.session(owed.group);
  return staged !== null && equal(staged.commit, owed.content);
}

/** Drop the commit that carries it, if one is under way. */
export async function unstage(state: DeviceState, owed: OwedRow): Promise<void> {
  if (!(await isStaged(state, owed))) return;
  const { groups } = state;
  groups.apply(owed.group, await (await groups.session(owed.group)).drop());
}

/** Forget the message, and keep what was meant; fresh keys alone are not meant. */
export async function unmake(
  state: DeviceState,
  { name, row: owed }: Named<OwedRow>,
): Promise<void> {
  await unstage(state, owed);
  if (owed.intent.type === "Refresh") state.delete(name);
  else state.put(name, unmade(owed.group, owed.intent));
}
