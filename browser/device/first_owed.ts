/** Pure: what is owed to a group, and what of it comes next (spec DEV-3.2, DEV-16.4). */

import { equal } from "../wire/bytes.ts";
import * as absent from "./absent.ts";
import * as behind from "./behind.ts";
import type { DeviceState } from "./device_state.ts";
import type { Create, Send } from "./exchange.ts";
import type { Named } from "./message_maker.ts";
import { OWED, type OwedRow } from "./rows.ts";
import { isStaged } from "./staged.ts";
import * as stops from "./stops.ts";

/** What is owed to one group, in the order in which it was meant. */
export async function owedTo(
  state: DeviceState,
  group: string,
): Promise<readonly Named<OwedRow>[]> {
  const found: Named<OwedRow>[] = [];
  for (const name of state.names("owed", group)) {
    found.push({ name, row: await state.get(name, OWED) });
  }
  return found;
}

/** Whether nothing may be sealed there: this device is behind, nobody else is there, or somebody is who
 * must not read it. */
export async function rests(state: DeviceState, group: string): Promise<boolean> {
  if (await behind.isBehind(state, group)) return true;
  return (await absent.isAbsent(state, group)) || stops.isStopped(state, group);
}

/** Whether anything may go out now; who takes part may change while nothing is said. */
export async function maySend(state: DeviceState, group: string): Promise<boolean> {
  if (!(await rests(state, group))) return true;
  const isBehind = await behind.isBehind(state, group);
  return !isBehind && (await firstOwed(state, group)) !== null;
}

/** Whether it may go out though nothing is said: who must not read it goes, who could comes (DEV-16.4,
 * DEV-10.3). A commit that was made before goes too. */
async function mayPass(state: DeviceState, owed: OwedRow): Promise<boolean> {
  const { type } = owed.intent;
  if (/^(Remove|Leave|Quit)$/.test(type) || (await isStaged(state, owed))) return true;
  return type === "Add" && !(await stops.isStopped(state, owed.group));
}

/** What comes next in a group: a commit that is under way, or else the first. */
export async function firstOwed(state: DeviceState, group: string): Promise<Named<OwedRow> | null> {
  if (await rests(state, group)) {
    for (const one of await owedTo(state, group)) if (await mayPass(state, one.row)) return one;
    return null;
  }
  const name = state.first("owed", group);
  if (name === null) return null;
  const row = await state.get(name, OWED);
  if (row.content.length || !state.groups.has(group)) return { name, row };
  const { staged } = await state.groups.session(group);
  if (staged === null) return (await failureOf(state, group)) ?? { name, row };
  // It was made last, so that those before it could wait for it.
  const all = await owedTo(state, group);
  return all.findLast((one) => equal(one.row.content, staged.commit)) ?? { name, row };
}

/** What was missed is asked for before more is made: our own words may be many. */
async function failureOf(state: DeviceState, group: string): Promise<Named<OwedRow> | null> {
  if (state.first("failure", group) === null) return null;
  const isAsking = ({ row: { intent } }: Named<OwedRow>) =>
    intent.type === "Say" && intent.message.startsWith("failure/");
  return (await owedTo(state, group)).find(isAsking) ?? null;
}

/** What was made is sent; before the first of it the home node has to know the conversation. */
export async function toSend(
  state: DeviceState,
  { name, row: owed }: Named<OwedRow>,
): Promise<Send | Create> {
  const { group, content, welcomes, removed } = owed;
  const { ref, group_id, members } = await state.conversation(group);
  if (ref) return { is: "Send", row: name, group, ref, content, welcomes, removed };
  const others = members.filter((actor) => actor !== state.actor);
  return { is: "Create", row: name, group, group_id, members: others, url: "", epoch: 0 };
}
