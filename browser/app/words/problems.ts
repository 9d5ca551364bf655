/** Why something failed, in a sentence of the language that is spoken. */

import { Problem } from "../api.ts";
import en from "./en.json" with { type: "json" };
import { type Key, language, say } from "./index.ts";

const isKey = (key: string): key is Key => Object.hasOwn(en, key);

/** The sentence for what a node says in English. */
function sentence(detail: string): string {
  const text = detail.charAt(0).toUpperCase() + detail.slice(1);
  return /[.!?…]$/u.test(text) ? text : `${text}.`;
}

/** What to tell a person of `error`, and what they can do. */
export function explain(error: unknown): string {
  if (!(error instanceof Problem)) return say("problem.broken");
  const byClause = `problem.${error.clause}`;
  if (isKey(byClause)) return say(byClause);
  if (error.retryAfter > 0 && error.status !== 0) {
    return say("problem.wait", { count: error.retryAfter });
  }
  if (language() === "en" && error.detail !== "") return sentence(error.detail);
  const byCode = `problem.${error.code}`;
  return say(isKey(byCode) ? byCode : "problem.broken");
}
