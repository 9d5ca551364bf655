/**
 * Pure: a commit says whom its person put out of the conversation (spec DEV-16.10).
 *
 * Its proposals alone do not: a leaf that no list has goes by itself, and its actor stays.
 */

import type { Committed } from "../mls/group.ts";
import { type Bytes, EMPTY, text, utf8 } from "../wire/bytes.ts";
import type { DeviceState } from "./device_state.ts";
import type { Intent } from "./intents.ts";
import { pinRow } from "./key_rows.ts";
import { isGroup } from "./roster_rows.ts";
import { absentRow } from "./rows.ts";

/** What the commit of `intent` says: of whom others may take their leaves for revoked ones. */
export function mark(state: DeviceState, group: string, intent: Intent): Bytes {
  if (intent.type !== "Remove" || isGroup(state, group)) return EMPTY;
  const others = intent.actors.filter((actor) => actor !== state.actor);
  // Who has no list has no leaf that is off it.
  const mayBeAbsent = (actor: string) =>
    state.has(pinRow(actor)) || state.has(absentRow(group, actor));
  const removed = others.filter(mayBeAbsent);
  return removed.length ? utf8(JSON.stringify({ removed })) : EMPTY;
}

/** The actors that are named; nobody in what is not written as `mark` writes it: it means something else to
 * somebody else, or something else to another reader (DEV-16.10). */
function named(data: Bytes): readonly string[] {
  try {
    const said = text(data);
    const { removed } = JSON.parse(said) as { readonly removed?: unknown };
    // Half a character is text for this language alone.
    const isText = (one: unknown) => typeof one === "string" && !/\p{Surrogate}/u.test(one);
    const isRight = Array.isArray(removed) && removed.every(isText);
    return isRight && JSON.stringify({ removed }) === said ? removed : [];
  } catch {
    return [];
  }
}

/** Whom another's commit put out of those `members`; who only joins by it has no say. */
export function told(event: Committed, members: readonly string[]): readonly string[] {
  if (event.external || !event.authenticatedData.length) return [];
  const removed = named(event.authenticatedData);
  return members.filter((actor) => removed.includes(actor));
}
