/** Pure: what waits of a group, and what of it a device that comes in can never read (spec DEV-5.2, DEV-9.4). */

import * as framing from "../mls/public/framing.ts";
import type { DeviceState } from "./device_state.ts";
import { PARKED, type ParkedRow } from "./rows.ts";

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
    const { epoch, contentType } = framing.header(item.content);
    const wasOurs = since <= (epoch ?? 0n) && (epoch ?? 0n) < until;
    if (wasOurs && contentType === framing.APPLICATION) found.push(item);
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
    const item = await state.get(name, PARKED);
    if ((framing.header(item.content).epoch ?? 0n) < epoch) state.delete(name);
  }
}
