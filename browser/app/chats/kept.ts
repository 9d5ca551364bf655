/** Pure: why words of one's own are not with whom they are for, as a person is told. */

import type { Problem } from "../../worker/device_client.ts";
import { whyKept } from "../keys/doubts.ts";
import { type KeysKey, sayKeys } from "../keys/words.ts";
import { locale, say } from "../words/index.ts";

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

const RETURNED: Readonly<Record<string, KeysKey>> = {
  no_device: "returned.no_device",
  new_device: "returned.new_device",
  not_fetched: "returned.not_fetched",
  not_delivered: "returned.not_delivered",
  refused: "returned.refused",
};

/** Who did not take words that came back, why, and what becomes of them (E2E-4.9), as `kith chat` says it. */
export function whyReturned(
  reasons: Readonly<Record<string, string>>,
  nameOf: (actor: string) => string,
): string {
  const lines = Object.entries(reasons).map(([actor, reason]) => {
    const key = Object.hasOwn(RETURNED, reason) ? RETURNED[reason] : undefined;
    return key === undefined ? "" : sayKeys(key, { name: nameOf(actor) });
  });
  return lines.filter((line) => line !== "").join(" ");
}

/** Whose devices fetch nothing, and since when. */
export function whyUnfetched(
  since: Readonly<Record<string, number>>,
  nameOf: (actor: string) => string,
): string {
  const how = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" });
  const lines = Object.entries(since).map(([actor, at]) =>
    sayKeys("sent.unfetched.why", { name: nameOf(actor), time: how.format(at * 1000) }),
  );
  return lines.join(" ");
}
