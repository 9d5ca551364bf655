/** Pure: by what address the home node knows a conversation, and that it forgot it (spec DEV-11.2). */

import { Missing, type Refused } from "../errors.ts";
import { utf8 } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import type { Created } from "./exchange.ts";
import type { Obstacles } from "./obstacles.ts";
import { conversationRow, forgottenRow } from "./rows.ts";

const UNKNOWN_CONVERSATION = "E2E-3.11";

/** Our node knows the conversation by this address. */
export async function knownAs(
  state: DeviceState,
  group: string,
  { ref, url }: Created,
): Promise<void> {
  state.put(conversationRow(group), { ...(await state.conversation(group)), ref, url });
}

/** Whether our node does not know the conversation any more, and is told anew. */
export async function nodeForgot(
  state: DeviceState,
  obstacles: Obstacles,
  group: string,
  error: Refused,
): Promise<boolean> {
  const { url } = await state.conversation(group);
  const hasForgotten = error instanceof Missing && error.clause === UNKNOWN_CONVERSATION;
  if (!url || !hasForgotten || obstacles.lostAgain(group)) return false;
  forgotten(state, group);
  return true;
}

/** Our node may not know the conversation any more. */
export function forgotten(state: DeviceState, group: string): void {
  state.write(forgottenRow(group), utf8("1"));
}
