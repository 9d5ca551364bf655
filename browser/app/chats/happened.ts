/** Pure: what happened to a chat or to all of them, in a sentence: what is lost, if anything, and what happens next. */

import type { ConversationEvent } from "../../device/conversation_events.ts";
import { type KeysKey, sayKeys } from "../keys/words.ts";
import { inRow } from "../words/index.ts";
import { explainValue } from "../words/problems.ts";
import { saySaid } from "./words.ts";

/** Others did it already. */
const DONE = "DEV-4.5";
const DROPPED: Readonly<Record<string, KeysKey>> = {
  add: "told.dropped.add",
  remove: "told.dropped.remove",
  leave: "told.dropped.leave",
};

const because = (clause: string, reason: string): string =>
  explainValue({ is: "Conflict", clause, reason, params: {}, retryAfterSeconds: null });

/** "" for what is shown otherwise. */
export function happened(event: ConversationEvent, nameOf: (actor: string) => string): string {
  switch (event.is) {
    case "NodeRestored":
      return sayKeys("told.restored");
    case "ConversationCaughtUp": {
      const count = event.asked_again;
      return sayKeys(count > 0 ? "told.caught_up.asked" : "told.caught_up", { count });
    }
    case "ChangeDropped": {
      const what = DROPPED[event.change] ?? "told.dropped.leave";
      const why =
        event.clause === DONE ? sayKeys("told.dropped.done") : because(event.clause, event.reason);
      return `${sayKeys(what, { names: inRow(event.actors.map(nameOf)) })} ${why}`;
    }
    case "MessageUnreadable":
      return `${sayKeys("told.unreadable")} ${because(event.clause, event.reason)}`;
    case "MessageUndelivered":
      return `${saySaid("undelivered")} ${because(event.clause, event.reason)}`;
    default:
      return "";
  }
}
