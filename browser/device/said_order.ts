/**
 * Pure: which of several changes, and of several reactions, counts (spec E2E-7.5, E2E-7.7). Whichever came first, the
 * same ones do. Texts are in the order of their UTF-8.
 */

import { order } from "../wire/bytes.ts";
import { UNDO } from "./content.ts";
import type { MessageRow } from "./rows.ts";
import { message, type Reaction } from "./said_rows.ts";

/** Of one person, to one message. */
export const MOST_REACTIONS = 12;

interface Timed {
  readonly at: number;
  readonly id: string;
}

type Change = Timed & Pick<MessageRow, "text" | "html">;

export function byTime(a: Timed, b: Timed): number {
  return a.at - b.at || order(a.id, b.id);
}

/** Of two changes the greater one counts; the words are told apart where somebody gives one id to several. */
export function rank(a: Change, b: Change): number {
  return byTime(a, b) || order(a.text, b.text) || order(a.html ?? "", b.html ?? "");
}

export function changeOf({ edited: at = 0, edit: id = "", text, html = "" }: MessageRow): Change {
  return { at, id, text, html };
}

/** A message with the words of its change; what else came with it stays (E2E-7.8). */
export function changed(row: MessageRow, by: MessageRow): MessageRow {
  const { text, markdown, html, raw, edited, edit, changed: number } = by;
  const now = { text, markdown, html, raw: raw || row.raw, edited, edit, changed: number };
  return message({ ...row, ...now } as MessageRow);
}

/**
 * What counts, whichever came first: of each emoji of a person the newest, and the newest twelve of each person. Of
 * what is the same the one that was there stays.
 */
export function newest(found: readonly Reaction[]): readonly Reaction[] {
  const by = new Map<string, Reaction>();
  for (const one of found) {
    const key = `${one.actor} ${one.emoji}`;
    const known = by.get(key);
    const before =
      known === undefined ? -1 : byTime(known, one) || Number(known.off) - Number(one.off);
    if (before < 0) by.set(key, one);
  }
  const sorted = [...by.values()].sort((a, b) => byTime(a, b) || order(a.actor, b.actor));
  const counts = new Map<string, number>();
  return sorted
    .reverse()
    .filter(({ actor }) => {
      const count = (counts.get(actor) ?? 0) + 1;
      counts.set(actor, count);
      return count <= MOST_REACTIONS;
    })
    .reverse();
}

export function reactionOf({ actor, text: emoji, id, at, kind }: MessageRow): Reaction {
  return { actor, emoji, id, at, off: kind === UNDO };
}

/** What an `Undo` leaves of the reaction that it names: that one it undoes whatever its time is. */
export function undoing(
  act: MessageRow,
  here: readonly Reaction[],
): { readonly undone: Reaction; readonly isHere: boolean } {
  const undone = reactionOf(act);
  const known = here.find(({ actor, id }) => actor === act.actor && id === act.edit);
  if (known === undefined) return { undone, isHere: false };
  const { at, id } = byTime(known, undone) > 0 ? known : undone;
  return { undone: { ...undone, emoji: known.emoji, at, id }, isHere: true };
}
