/**
 * Pure: what a device knows of whom it speaks to (spec DEV-16.11). It stands by itself: the app shows what is in the
 * way, and fetches nothing of this.
 */

import type { Deed } from "../keys/private/pins.ts";
import { AccountKeys } from "./account_keys.ts";
import type { DeviceState } from "./device_state.ts";
import { Leaves } from "./leaves.ts";
import { Pins } from "./pins.ts";
import * as stops from "./stops.ts";

/**
 * What this device knows of whom it speaks to: `verified`, `known` (their keys are, and nobody compared
 * numbers), `unconfirmed` (their server has not answered yet), `unverifiable`, `expired` or `stopped`; and
 * the line of KEY-5.2 where it is one of the last four.
 */
export interface Standing {
  readonly is: "Standing";
  readonly state: string;
  readonly seen: string;
}

const STATES: Readonly<Partial<Record<Deed, string>>> = {
  unverifiable: "unverifiable",
  fetch: "unconfirmed",
  tell: "expired",
};

/** What is known of everybody in a group but us. */
export async function standing(
  state: DeviceState,
  group: string,
  now: number,
): Promise<Readonly<Record<string, Standing>>> {
  const pins = new Pins(state);
  const leaves = new Leaves(state, new AccountKeys(state), pins);
  const stopped = await stops.stopped(state, group);
  const found: Record<string, Standing> = {};
  for (const { actor, line } of await leaves.ofGroup(group, now)) {
    const why = stopped.get(actor)?.why;
    const name = STATES[line.deed];
    if (why !== undefined) {
      found[actor] = { is: "Standing", state: "stopped", seen: why };
    } else if (actor !== state.actor && name !== undefined) {
      found[actor] = { is: "Standing", state: name, seen: line.seen };
    } else if (actor !== state.actor) {
      const isVerified = (await pins.of(actor))?.verified === true;
      found[actor] ??= { is: "Standing", state: isVerified ? "verified" : "known", seen: "" };
    }
  }
  return found;
}
