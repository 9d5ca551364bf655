/** The deeds of transcripts that are of whom a device seals to (DEV-16, DEV-17). */

import type { DeviceTrust } from "../device/device_trust.ts";
import type { Answer, Shown } from "../device/looking.ts";
import { type Bytes, unbase64 } from "../wire/bytes.ts";

type Given = Readonly<Record<string, unknown>>;

function shownIn(given: unknown): Shown {
  const { delegation, list } = given as Record<"delegation" | "list", string>;
  return { is: "Shown", delegation: unbase64(delegation), list: unbase64(list) };
}

/** `told` reads what is no list of devices: a refusal, or that nobody answers. */
export async function trustDo(
  trust: DeviceTrust,
  name: string,
  given: Given,
  told: (outcome: Given) => Answer,
): Promise<unknown> {
  const now = Number(given.now);
  const [actor, group] = [String(given.actor), String(given.group)];
  const bytes = (part: string): readonly Bytes[] =>
    (given[part] as readonly string[]).map((one) => unbase64(one));
  switch (name) {
    case "wanted":
      return trust.wanted(now);
    case "before_words":
      return trust.beforeWords(group, now);
    case "before_adding":
      return trust.beforeAdding(actor, now);
    case "ahead_of":
      return trust.aheadOf(actor, bytes("packages"), now);
    case "answered": {
      const outcome = given.outcome as Given;
      const answer = outcome.is === "Shown" ? shownIn(outcome) : told(outcome);
      return trust.answered(actor, answer, now);
    }
    case "seen_own":
      return trust.seenOwn(shownIn(given.keys), now);
    case "tend":
      return trust.tend(now);
    case "sift": {
      const { kept, told: events } = await trust.sift(actor, bytes("packages"), now);
      return [kept, events];
    }
    case "check":
      return trust.check(actor, bytes("packages"), now);
    case "lacking":
      return trust.lacking(now);
    case "knows_own":
      return trust.knowsOwn(group, given.former as readonly string[]);
    case "overdue":
      return trust.overdue(now);
    case "missing":
      return trust.missing(group, actor);
    case "to_ask":
      return trust.toAsk(group, bytes("keys"), now);
    case "claimed":
      return trust.claimed(bytes("came"), bytes("came_not"), now);
    case "ready":
      return trust.ready(String(given.device), now);
    case "rest":
      return trust.rest(now);
    case "is_followed":
      return trust.isFollowed();
    case "followed":
      return trust.followed();
    case "accept":
      return trust.accept(actor, unbase64(String(given.root)), now);
    case "has_doubts":
      return trust.hasDoubts;
    default:
      throw new TypeError(`a deed that is not known: ${name}`);
  }
}
