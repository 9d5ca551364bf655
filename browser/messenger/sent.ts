/** What came of sending, and of losing the race for an epoch. */

import type { ConversationEvent } from "../device/conversation_events.ts";
import type { Carried, Outcome, Trouble, Wait } from "../device/exchange.ts";
import { Conflict, KithError, type Refused } from "../errors.ts";

/** A conflict that is no lost race. */
const ANOTHER_CONVERSATION = "E2E-3.1";

/** What came of sending: what was refused for good, what is in the way of the rest, and whether there was nothing
 * to do. */
export interface Sent {
  readonly refused: readonly (readonly [ConversationEvent, Refused])[];
  readonly wait: Wait;
  readonly isIdle: boolean;
}

/** Another's commit came first: the conflict says in which epoch the group is. */
export function lostRace(asked: Carried, error: Trouble): Outcome | null {
  const isLost = error instanceof Conflict && error.clause !== ANOTHER_CONVERSATION;
  if (asked.is !== "Send" || !isLost) return null;
  const { epoch } = error.params;
  return { is: "LostRace", epoch: typeof epoch === "number" ? epoch : 0 };
}

/** Words do not wait for this; who refuses it is met where they go out. */
export function passed(error: unknown): void {
  if (!(error instanceof KithError)) throw error;
}
