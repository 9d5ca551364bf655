/** The words of a post that is not sent yet: kept in this tab, for the account that they are of. */

import type { Place, Tried } from "./post/written.ts";

const nameOf = (actor: string): string => `kith.draft ${actor}`;
const triedOf = (actor: string): string => `kith.tried ${actor}`;

export const draftOf = (actor: string): string => sessionStorage.getItem(nameOf(actor)) ?? "";

/** Keep `words`; none are kept of an empty field. */
export function keepDraft(actor: string, words: string): void {
  if (words === "") sessionStorage.removeItem(nameOf(actor));
  else sessionStorage.setItem(nameOf(actor), words);
}

/** Where it is kept what of the draft was tried, and may be posted. */
export const placeOf = (actor: string): Place => ({
  kept: () => JSON.parse(sessionStorage.getItem(triedOf(actor)) ?? "null") as Tried | null,
  keep: (tried) => sessionStorage.setItem(triedOf(actor), JSON.stringify(tried)),
});

/** Keep nothing of the draft of `actor`. */
export function dropDraft(actor: string): void {
  sessionStorage.removeItem(nameOf(actor));
  sessionStorage.removeItem(triedOf(actor));
}
