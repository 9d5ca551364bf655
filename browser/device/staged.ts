/** Pure: a message that was made is forgotten, and what was meant by it stays (spec DEV-4.4). */

import { equal } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { isCommit } from "./intents.ts";
import type { Named } from "./message_maker.ts";
import { MESSAGE, type OwedRow, unmade } from "./rows.ts";
import { stands } from "./said_rows.ts";

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

async function counts(state: DeviceState, { group, intent }: OwedRow): Promise<boolean> {
  if (intent.type !== "Say") return intent.type !== "Refresh";
  return stands(state, group, await state.get(intent.message, MESSAGE));
}

/**
 * Forget the message, and keep what was meant; fresh keys alone are not meant, nor is what was overtaken (DEV-18.1).
 */
export async function unmake(
  state: DeviceState,
  { name, row: owed }: Named<OwedRow>,
): Promise<void> {
  await unstage(state, owed);
  if (!(await counts(state, owed))) state.delete(name);
  else state.put(name, unmade(owed.group, owed.intent));
}
