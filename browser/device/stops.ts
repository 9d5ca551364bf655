/** Pure: in which groups nothing is sealed, and whose leaves go first (spec DEV-16). */

import { Forbidden } from "../errors.ts";
import { wordsOf } from "../keys/private/pins.ts";
import { hex, text } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { STOPPED, type StoppedRow, stoppedRow } from "./key_rows.ts";

export const OWN_DEVICE = "own device, not listed";
export const THIS_DEVICE = "this device, not listed";
/** What is said of one's own account; of others see KEY-5.2. */
export const OWN: Readonly<Record<string, string>> = {
  [OWN_DEVICE]:
    "your account has a device here that is not on its list of devices: look at kith devices, and" +
    " end what is not yours with kith devices revoke",
  [THIS_DEVICE]:
    "this device is not on your account's list of devices, so nobody takes it for yours: let it in" +
    " from another one (kith link start), or enter the recovery words (kith recovery use)",
};

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

/** What is said of it. */
export async function reason(state: DeviceState, actor: string, why: string): Promise<string> {
  return OWN[why] ?? `${await handleOf(state, actor)} ${wordsOf(why)}`;
}

/** What is in the way of words meanwhile. */
export async function why(state: DeviceState, group: string): Promise<Forbidden | null> {
  const found = await first(state, group);
  if (found === undefined) return null;
  const [actor, row] = found;
  return new Forbidden("KEY-5.2", await reason(state, actor, row.why), { seen: row.why, actor });
}

/** What our person calls them, if that is known. */
export async function handleOf(state: DeviceState, actor: string): Promise<string> {
  for (const name of state.names("handle").toSorted()) {
    const known = await state.read(name);
    if (known !== null && text(known) === actor) return name.slice("handle/".length);
  }
  return actor;
}
