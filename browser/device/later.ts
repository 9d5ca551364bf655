/**
 * Pure: names of messages that were missed and that it is too early to ask for (spec DEV-5.6).
 *
 * What found no room to wait is of an epoch in which this device is not yet: who said it would say it anew in
 * that epoch, and it would find no room again. The epoch stands in a row's name, for what others claim must
 * cost little to pass over; its value is the message's SHA-256, in hex.
 */

import { type Bytes, EMPTY, hex, text, unhex, utf8 } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { missedRow, padded } from "./rows.ts";

/** In a group: as many as ten `Failure`s name. */
const MOST = 5000;

function epochOf(name: string): bigint {
  return BigInt(name.slice(-33, -17));
}

/** Of the message that a row names. */
export async function digestOf(state: DeviceState, name: string): Promise<Bytes> {
  return unhex(text((await state.read(name)) ?? EMPTY));
}

/** Keep the name of a message of `epoch` until it can be asked for; false when too many wait. */
export function add(state: DeviceState, group: string, digest: Bytes, epoch: bigint): boolean {
  if (state.names("later", group).length >= MOST) return false;
  state.write(`later/${group}/${padded(epoch)} ${padded(state.number())}`, utf8(hex(digest)));
  return true;
}

/** The rows of those of an epoch in which this device is or was, in their order. */
export async function due(state: DeviceState, group: string): Promise<readonly string[]> {
  const names = state.names("later", group);
  if (!names.length || !state.groups.has(group)) return [];
  const { epoch } = await state.groups.session(group);
  return names.filter((name) => epochOf(name) <= epoch).sort();
}

/** Of epochs for which `isOver`: before this device came, or of none in which anybody is. */
export async function forget(
  state: DeviceState,
  group: string,
  isOver: (epoch: bigint) => boolean,
): Promise<void> {
  for (const name of state.names("later", group).filter((one) => isOver(epochOf(one)))) {
    state.delete(missedRow(group, await digestOf(state, name)));
    state.delete(name);
  }
}
