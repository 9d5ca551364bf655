/** Pure: what is said of devices that nothing is said to, by the line of KEY-5.2 that the device names. */

import type { Problem } from "../../worker/device_client.ts";
import { explainValue } from "../words/problems.ts";
import { type KeysKey, sayKeys } from "./words.ts";

/** A device there is none that words may go to. */
export const NOT_SPOKEN_TO = "KEY-5.2";

const CLOCK = "clock of this device";

interface Answer {
  readonly says: KeysKey;
  readonly does?: KeysKey;
  /** Where one can do something about it; a person's page has their safety number. */
  readonly to?: string;
}

const GHOST: Answer = { says: "doubt.ghost" };
const FORKED: Answer = { says: "doubt.forked", does: "doubt.look" };
const ANSWERS: Readonly<Record<string, Answer>> = {
  "other root": { says: "doubt.anew", does: "doubt.look" },
  "equal delegation, other bytes": FORKED,
  "equal numbers, other bytes": FORKED,
  "uncertified, of an actor that publishes a root": GHOST,
  "first certified, and the actor publishes no such root": GHOST,
  "expired, and a new leaf": { says: "doubt.ended" },
  "not in the pinned list, or uncertified after certified": GHOST,
  "key package that cannot be used": { says: "doubt.unfit" },
  [CLOCK]: { says: "doubt.clock" },
  "own device, not listed": { says: "doubt.own", does: "doubt.devices", to: "/settings/devices" },
  "this device, not listed": { says: "doubt.this", does: "doubt.keys", to: "/settings/keys" },
};

/** What is said above the words that are kept because of it. */
export const answerTo = (seen: string): Answer =>
  ANSWERS[seen] ?? { says: "doubt.some", does: "doubt.look" };

/** Why words wait that go out by themselves: unlike a conversation that did not begin, nothing is tried again. */
export function whyKept(problem: Problem): string {
  const { clause, params } = problem;
  // What is to be done in one's own account is said in full; for others a note above the field says it, where there is something.
  const isOwn = answerTo(String(params.seen)).to !== undefined;
  if (params.seen === CLOCK) return sayKeys("doubt.clock");
  return clause !== NOT_SPOKEN_TO || isOwn ? explainValue(problem) : sayKeys("doubt.waits");
}
