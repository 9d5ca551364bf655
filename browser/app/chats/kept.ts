/** Pure: why words of one's own are not with whom they are for, as a person is told. */

import type { Held } from "../../errors.ts";
import type { Problem } from "../../worker/device_client.ts";
import { whyKept } from "../keys/doubts.ts";
import { type KeysKey, sayKeys } from "../keys/words.ts";
import { locale, say } from "../words/index.ts";

/** What holds words back though every server answers, by the mark that the device gives it (DEV-2.3). */
const HELD: Readonly<Record<Held, () => string>> = {
  behind: () => sayKeys("held.behind"),
  unanswered: () => say("chat.unanswered"),
  busy: () => sayKeys("held.busy"),
  unread: () => sayKeys("held.busy"),
  no_device: () => say("chat.noDevice"),
  new_device: () => say("chat.noDevice"),
};

/** What is in the way of words that go out by themselves. */
export function whyHeld(problem: Problem): string {
  const held = String(problem.params.held);
  return Object.hasOwn(HELD, held) ? HELD[held as Held]() : whyKept(problem);
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

/** Whose devices fetch nothing, and since which day: more is not told, and it is a day of UTC. */
export function whyUnfetched(
  since: Readonly<Record<string, number>>,
  nameOf: (actor: string) => string,
): string {
  const how = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeZone: "UTC" });
  const lines = Object.entries(since).map(([actor, at]) =>
    sayKeys("sent.unfetched.why", { name: nameOf(actor), time: how.format(at * 1000) }),
  );
  return lines.join(" ");
}
