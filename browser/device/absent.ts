/** Pure: of whom no living device takes part in a group any more (spec DEV-10). */

import { Unreachable } from "../errors.ts";
import type { DeviceState } from "./device_state.ts";
import { ABSENT, absentRow } from "./rows.ts";

const NO_DEVICE = "they have no device that could read this conversation: none is logged in";
const NEW_DEVICE = "they have a new device, and none that could read this conversation is left";

/** Whether nobody else is left there who could read what is said. */
export async function isAbsent(state: DeviceState, group: string): Promise<boolean> {
  if (!state.names("absent", group).length) return false;
  const { members } = await state.conversation(group);
  const others = members.filter((actor) => actor !== state.actor);
  return others.length > 0 && others.every((actor) => state.has(absentRow(group, actor)));
}

/** What is in the way of words meanwhile. */
export async function nobodyThere(state: DeviceState, group: string): Promise<Unreachable> {
  for (const name of state.names("absent", group)) {
    if ((await state.get(name, ABSENT)).has_new) return new Unreachable(NEW_DEVICE, true);
  }
  return new Unreachable(NO_DEVICE, true);
}
