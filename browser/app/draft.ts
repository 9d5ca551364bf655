/** The words of a post that is not sent yet: kept in this tab, for the account that they are of. */

const nameOf = (actor: string): string => `kith.draft ${actor}`;

export const draftOf = (actor: string): string => sessionStorage.getItem(nameOf(actor)) ?? "";

/** Keep `words`; none are kept of an empty field. */
export function keepDraft(actor: string, words: string): void {
  if (words === "") sessionStorage.removeItem(nameOf(actor));
  else sessionStorage.setItem(nameOf(actor), words);
}
