/** Pure: whose devices fetch nothing of a conversation, as their home node says (spec DEV-10.7). */

import type { ConversationEvent } from "./conversation_events.ts";
import type { DeviceState } from "./device_state.ts";
import type { Kind } from "./rows.ts";

/** Since when (seconds) no device of an actor has fetched what was said in a group. */
export interface UnfetchedRow {
  readonly since: number;
}

export const UNFETCHED: Kind<UnfetchedRow> = (value) => value as UnfetchedRow;

function row(group: string, actor: string): string {
  return `unfetched/${group}/${actor}`;
}

/** Their node says so. Told once; of a later time it is another absence. */
export async function note(
  state: DeviceState,
  conversation: string,
  actor: string,
  since: number,
): Promise<readonly ConversationEvent[]> {
  const name = row(conversation, actor);
  const known = await state.find(name, UNFETCHED);
  if (known !== null && known.since >= since) return [];
  state.put(name, { since });
  return [{ is: "WordsUnfetched", conversation, actor, since }];
}

/** They were heard, another device of theirs came, or they take part no more. */
export function forget(state: DeviceState, group: string, actors: readonly string[]): void {
  for (const actor of actors) {
    if (state.has(row(group, actor))) state.delete(row(group, actor));
  }
}
