/**
 * Pure: what the answers of the home node mean (spec API-2). Out of a problem document comes the same error as
 * on the server, so that whoever asks writes `instanceof Conflict` and not `status === 409`.
 */

import {
  Conflict,
  Forbidden,
  Full,
  type KithError,
  Malformed,
  Missing,
  Outdated,
  TooMuch,
  Unproven,
  Unreachable,
} from "../errors.ts";
import { type Bytes, unbase64 } from "../wire/bytes.ts";

export const ROOT = "/api/kith/v1";
type Kind = new (clause: string, reason: string, params: Problem["params"]) => KithError;
const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [400, Malformed],
  [401, Unproven],
  [403, Forbidden],
  [404, Missing],
  [405, Malformed],
  [409, Conflict],
  [410, Missing],
  [412, Outdated],
  [415, Malformed],
  [416, Malformed],
  [422, Malformed],
]);
const FULL = 507;
const TOO_MUCH = [413, 429, FULL];

/** A problem document (RFC 9457), as far as it is one. */
interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly clause: string;
  readonly code: string;
  readonly params: Readonly<Record<string, string | number>>;
}

function problemIn(body: string): Problem | null {
  try {
    const found = JSON.parse(body);
    if (typeof found !== "object" || found === null) return null;
    return { title: "", detail: "", clause: "", code: "", params: {}, ...found };
  } catch {
    return null;
  }
}

/** What a refusing answer means. */
export function errorOf(status: number, body: string, headers: Headers): KithError {
  const found = problemIn(body);
  if (found === null && status === 413) {
    // Our node always says it in a problem document: this is who stands before it.
    return new TooMuch("API-9.6", "a proxy in front of the server takes no body of this size");
  }
  const reason = found === null ? `the server answered ${status}` : found.detail || found.title;
  const clause = found?.clause || "API-2";
  const params = found?.params ?? {};
  if (TOO_MUCH.includes(status)) {
    const wait = headers.get("Retry-After") ?? "";
    const seconds = /^\d+$/.test(wait) ? Number(wait) : undefined;
    return new (status === FULL ? Full : TooMuch)(clause, reason, params, seconds);
  }
  const Kind = KINDS.get(status);
  if (Kind !== undefined) return new Kind(clause, reason, params);
  if (found?.code === "unreachable") return new Unreachable(reason, true);
  return new Unreachable(`the server answered ${status}: ${reason}`);
}

/** The bytes that an answer holds in base64, none for null. Throws `Unreachable` for what is no base64. */
export function bytesOf(written: string | null): Bytes {
  try {
    return unbase64(written ?? "");
  } catch {
    throw new Unreachable("the server's answer is no base64");
  }
}

/** The value of an answer's JSON. Throws `Unreachable` when this is not what a node says. */
export function decode(body: string): unknown {
  try {
    return JSON.parse(body || "null");
  } catch {
    throw new Unreachable("this is not the answer of a Kith node");
  }
}

/** The query of the page that follows, by the Link header (API-5.2); null on the last page. */
export function nextPage(headers: Headers, base: string): URLSearchParams | null {
  const found = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(headers.get("Link") ?? "");
  return found?.[1] === undefined ? null : new URL(found[1], base).searchParams;
}
