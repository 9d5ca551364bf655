/** Pure: why words of one's own are not with whom they are for, as a person is told. */

import type { Problem } from "../../worker/device_client.ts";
import { whyKept } from "../keys/doubts.ts";
import { sayKeys } from "../keys/words.ts";
import { say } from "../words/index.ts";

/**
 * What holds words back though every server answers, by what the device says of it: that it is `beyond` our own
 * node is all that it has in common with a server that is down.
 */
const HELD: Readonly<Record<string, () => string>> = {
  "this device missed changes of the conversation and is being taken back in": () =>
    sayKeys("held.behind"),
  "nobody has taken this device back for an hour: they are away, or a change that nobody can read ended the conversation, and it goes on in a new one":
    () => say("chat.unanswered"),
  "others change this conversation faster than this device can follow": () => sayKeys("held.busy"),
  "changes of the conversation wait to be read": () => sayKeys("held.busy"),
  "they have no device that could read this conversation: none is logged in": () =>
    say("chat.noDevice"),
  "they have a new device, and none that could read this conversation is left": () =>
    say("chat.noDevice"),
};

/** What is in the way of words that go out by themselves. */
export function whyHeld(problem: Problem): string {
  const isHere = problem.is === "Unreachable" && Object.hasOwn(HELD, problem.reason);
  return (isHere ? HELD[problem.reason]?.() : undefined) ?? whyKept(problem);
}
