/** Pure: who takes part in a conversation once its group is in another epoch (DEV-16.8, E2E-8.2). */

import type { Committed } from "../mls/group.ts";
import * as absent from "./absent.ts";
import type { ConversationLeft, GroupChanged, MembersChanged } from "./conversation_events.ts";
import type { DeviceState } from "./device_state.ts";
import { actorOf, actorsOf } from "./groups.ts";
import * as putOut from "./put_out.ts";
import * as roster from "./roster.ts";
import * as rosters from "./rosters.ts";
import { conversationRow, goneRow } from "./rows.ts";

/** Who is in it now, as rows and as it is told. `wished`: whom our person put out by it. */
export async function entered(
  state: DeviceState,
  group: string,
  event: Committed,
  now: number,
  wished: readonly string[],
): Promise<{ readonly changed: MembersChanged; readonly shaped: readonly GroupChanged[] }> {
  const session = await state.groups.session(group);
  const before = await state.conversation(group);
  const shape = rosters.here(session);
  const isIn = (actor: string) => shape === null || roster.rankIn(shape, actor) > 0;
  const present = actorsOf(session.members()).filter(isIn);
  const out =
    shape === null
      ? [...wished, ...putOut.told(event, before.members)]
      : before.members.filter((actor) => !isIn(actor)); // that is all that counts
  const hasGrown = present.some((actor) => !before.members.includes(actor));
  const grown = hasGrown ? Number(event.epoch) : before.grown;
  const stay = await absent.whoStays(state, group, event, out, now, shape === null);
  const members = [...present, ...stay].sort();
  state.put(conversationRow(group), { ...before, members, grown });
  const left = before.members.filter((actor) => !members.includes(actor));
  const removed = [...new Set([...actorsOf(event.removed), ...left])].sort();
  const added = actorsOf(event.added);
  const changed: MembersChanged = { is: "MembersChanged", conversation: group, added, removed };
  const by = actorOf(event.sender);
  const shaped = shape === null ? [] : await rosters.entered(state, group, shape, by, now);
  return { changed, shaped };
}

/** This device is out of the group: its keys go, and what is owed. */
export async function forget(state: DeviceState, group: string): Promise<void> {
  const kinds = ["owed", "asked", "readmission", "returned", "absent", "invited"];
  kinds.push("forgotten", "gone", "met", "stopped", "declined", "unfetched");
  const names = kinds.flatMap((kind) => state.names(kind, group));
  for (const name of names) state.delete(name);
  state.groups.forget(group);
  const row = await state.conversation(group);
  state.put(conversationRow(group), { ...row, left: true });
}

/** It said that it is in the group no more: its node gives it nothing from there now. */
export async function quit(
  state: DeviceState,
  group: string,
  now: number,
): Promise<ConversationLeft> {
  const { actor } = state;
  await rosters.left(state, group, actor, now);
  await forget(state, group);
  if ((await state.conversation(group)).ref) state.put(goneRow(group), { actors: [actor] });
  return { is: "ConversationLeft", conversation: group, by: actor };
}
