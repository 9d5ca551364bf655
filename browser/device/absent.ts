/** Pure: of whom no living device takes part in a group any more (spec DEV-10, DEV-16.8). */

import { Unreachable } from "../errors.ts";
import type { Committed } from "../mls/group.ts";
import { hex } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import { actorOf, actorsOf } from "./groups.ts";
import { ABSENT, absentRow } from "./rows.ts";
import * as stops from "./stops.ts";
import * as unfetched from "./unfetched.ts";

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
    const { has_new } = await state.get(name, ABSENT);
    if (has_new) return new Unreachable(NEW_DEVICE, true, "new_device");
  }
  return new Unreachable(NO_DEVICE, true, "no_device");
}

/**
 * Who stays in the conversation though no leaf of theirs is left: their lists put the last ones off, and
 * nobody wished them out. `putOut` are those whom somebody did, by this commit; not `byLeaves`: nobody else did,
 * whatever leaves went (E2E-8.2).
 */
export async function whoStays(
  state: DeviceState,
  group: string,
  event: Committed,
  putOut: readonly string[],
  now: number,
  byLeaves = true,
): Promise<readonly string[]> {
  const present = actorsOf((await state.groups.session(group)).members());
  const revoked = await stops.revoked(state, group);
  const gone = event.removed.map((member) => [hex(member.signatureKey), actorOf(member)] as const);
  const asWished = gone.filter(([key]) => byLeaves && !revoked.has(key)).map(([, actor]) => actor);
  const wished = [...asWished, ...putOut];
  const { members } = await state.conversation(group);
  const stay = members.filter((one) => !present.includes(one) && !wished.includes(one));
  forget(state, group, actorsOf(event.added));
  forget(
    state,
    group,
    wished.filter((one) => !present.includes(one)),
  );
  for (const actor of stay) {
    if (!gone.some(([, one]) => one === actor)) continue;
    const known = await state.find(absentRow(group, actor), ABSENT);
    state.put(absentRow(group, actor), { has_new: known?.has_new ?? true, since: now });
  }
  return stay;
}

/** They are there again, or belong to the conversation no more. */
export function forget(state: DeviceState, group: string, actors: readonly string[]): void {
  for (const actor of actors) state.delete(absentRow(group, actor));
  unfetched.forget(state, group, actors);
}

/** Of whom there is none. */
export function of(state: DeviceState, group: string): readonly string[] {
  const head = absentRow(group, "").length;
  return state
    .names("absent", group)
    .map((name) => name.slice(head))
    .sort();
}
