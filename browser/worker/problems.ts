/** Pure: refusals and troubles as values, for they are told to another thread, and kept. */

import {
  Broken,
  Conflict,
  Forbidden,
  Full,
  KithError,
  Malformed,
  Missing,
  NoRoom,
  type Params,
  Refused,
  TooMuch,
  Unproven,
  Unreachable,
} from "../errors.ts";
import type { Problem } from "./device_client.ts";

const KINDS = { Malformed, Unproven, Forbidden, Missing, Conflict } as const;
const BROKEN = "Kith made a mistake: please report what you did, and try again";

/** What a person can be told. A fault that nobody foresaw says no more than that it is one. */
export function problemOf(error: unknown): Problem {
  const none = { clause: "", params: {}, retryAfterSeconds: null };
  if (error instanceof Refused) {
    const { name, clause, reason } = error;
    const retryAfterSeconds = error instanceof TooMuch ? error.retryAfterSeconds : null;
    return { is: name, clause, reason, params: plain(error.params), retryAfterSeconds };
  }
  if (error instanceof Unreachable) {
    const { reason, beyond, held } = error;
    return { ...none, is: error.name, reason, params: { beyond: +beyond, held } };
  }
  if (error instanceof KithError) return { ...none, is: error.name, reason: error.message };
  return { ...none, is: "Broken", reason: BROKEN };
}

function plain(params: Params): Problem["params"] {
  const known = Object.entries(params).map(([name, value]) => {
    return [name, typeof value === "bigint" ? Number(value) : value] as const;
  });
  return Object.fromEntries(known);
}

/** The inverse of `problemOf`. */
export function errorOf({ is, clause, reason, params, retryAfterSeconds }: Problem): KithError {
  const wait = retryAfterSeconds ?? undefined;
  if (is === "Unreachable") {
    return new Unreachable(reason, params.beyond === 1, params.held as Unreachable["held"]);
  }
  if (is === "NoRoom") return new NoRoom(reason);
  if (is === "Full") return new Full(clause, reason, params, wait);
  if (is === "TooMuch") return new TooMuch(clause, reason, params, wait);
  const Kind = KINDS[is as keyof typeof KINDS];
  if (Kind !== undefined) return new Kind(clause, reason, params);
  return clause ? new Refused(clause, reason, params) : new Broken(reason);
}
