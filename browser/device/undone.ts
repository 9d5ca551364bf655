/** Pure: what is told of what will never be done (spec DEV-4.6). */

import type { Refused } from "../errors.ts";
import { FAILURE } from "./content.ts";
import type { ConversationEvent } from "./conversation_events.ts";
import type { DeviceState } from "./device_state.ts";
import { concerned, nameOf } from "./intents.ts";
import { MESSAGE, type OwedRow } from "./rows.ts";
import { stands } from "./said_rows.ts";

/** Our person's words and wishes are told; what the device owes by itself is not. */
export async function undone(
  state: DeviceState,
  owed: OwedRow,
  error: Refused,
): Promise<readonly ConversationEvent[]> {
  const { group: conversation, intent } = owed;
  const { clause, reason } = error;
  if (intent.type === "Refresh" || intent.type === "Readmit") return [];
  if (intent.type === "Add" && intent.listed) return [];
  if (intent.type === "Say") {
    const message = await state.get(intent.message, MESSAGE);
    const { id, text, kind } = message;
    if (kind === FAILURE || !(await stands(state, conversation, message))) return [];
    return [{ is: "MessageUndelivered", conversation, id, text, clause, reason }];
  }
  const [change, actors] = [nameOf(intent), concerned(intent)];
  return [{ is: "ChangeDropped", conversation, change, actors, clause, reason }];
}
