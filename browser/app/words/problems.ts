/** Why something failed, in a sentence of the language that is spoken. */

import en from "../../../node/web/words/en.json" with { type: "json" };
import { KithError } from "../../errors.ts";
import type { Problem as DeviceProblem } from "../../worker/device_client.ts";
import { problemOf } from "../../worker/problems.ts";
import { Problem } from "../api.ts";
import type { Video } from "../api_types.ts";
import { type Key, language, say, sayPart } from "./index.ts";

/** What is said of devices that are not merely in doubt, by the line of KEY-5.2 that the device names: words of the keys. */
const SEEN: Readonly<Record<string, string>> = {
  "own device, not listed": "problem.KEY-5.2.own",
  "this device, not listed": "problem.KEY-5.2.this",
  "key package that cannot be used": "problem.KEY-5.2.unfit",
  "clock of this device": "problem.KEY-5.2.clock",
};

type Lacking = Pick<Video, "state"> & Partial<Pick<Video, "clause" | "reason">>;

const isKey = (key: string): key is Key => Object.hasOwn(en, key);

// What the device calls a refusal, as the node's problem documents do.
const CODES: Readonly<Record<string, string>> = {
  Malformed: "malformed",
  Unproven: "unproven",
  Forbidden: "forbidden",
  Missing: "missing",
  Conflict: "conflict",
  Full: "full",
  TooMuch: "too_much",
  Unreachable: "offline",
  NoRoom: "no_room",
};

/** The sentence for what a node says in English. */
function sentence(detail: string): string {
  const text = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?…]$/u.test(text) ? text : `${text}.`;
}

function inWords(
  clause: string,
  code: string,
  detail: string,
  wait: number,
  params: DeviceProblem["params"] = {},
): string {
  const byClause = `problem.${clause}`;
  // What one can do about a device in doubt depends on whose it is (DEV-16.11).
  const own = sayPart(SEEN[String(params.seen)] ?? "");
  if (own !== null) return own;
  if (isKey(byClause)) return say(byClause);
  // Which of several is wrong is said where it is known.
  const byPlace = params.place === undefined ? null : sayPart(`${byClause}.place`, params);
  const byPart = byPlace ?? sayPart(byClause);
  if (byPart !== null) return byPart;
  if (wait > 0) return say("problem.wait", { count: wait });
  if (language() === "en" && detail !== "") return sentence(detail);
  const byCode = `problem.${code}`;
  return say(isKey(byCode) ? byCode : "problem.broken");
}

/** What to tell a person of what the device has to tell. */
export function explainValue(problem: DeviceProblem): string {
  const { is, clause, reason, params, retryAfterSeconds } = problem;
  const isBeyond = is === "Unreachable" && params.beyond === 1;
  const code = isBeyond ? "unreachable" : (CODES[is] ?? "broken");
  // What is wrong with the line is no news from the node: it is said in our own words.
  const detail = is === "Unreachable" ? "" : reason;
  return inWords(clause, code, detail, retryAfterSeconds ?? 0, params);
}

/** What a video that is ready lacks (VID-2.6); "" for nothing. */
export const lackOf = ({ state, clause = "", reason = "" }: Lacking): string =>
  state === "ready" && clause !== "" ? inWords(clause, "broken", reason, 0) : "";

/** What to tell a person of `error`, and what they can do. */
export function explain(error: unknown): string {
  if (error instanceof KithError) return explainValue(problemOf(error));
  if (!(error instanceof Problem)) return say("problem.broken");
  const wait = error.status === 0 ? 0 : error.retryAfter;
  return inWords(error.clause, error.code, error.detail, wait);
}
