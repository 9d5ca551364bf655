/** Pure: the recovery key as 24 words of BIP-39, to be written on paper (spec KEY-2.2, KEY-2.3). */

import { entropyToMnemonic, mnemonicToEntropy, validateMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";

import { Malformed } from "../../errors.ts";
import type { Bytes } from "../../wire/bytes.ts";

export const WORD_COUNT = 24;
/** So many tell every word of the list from every other. */
export const LETTERS = 4;

const byLetters: ReadonlyMap<string, string> = new Map(
  wordlist.map((word) => [word.slice(0, LETTERS), word]),
);

/** The 24 words of a recovery key. */
export function wordsOf(key: Bytes): readonly string[] {
  return entropyToMnemonic(key, wordlist).split(" ");
}

function whole(word: string, place: number): string {
  const found = byLetters.get(word.slice(0, LETTERS));
  if (found?.startsWith(word)) return found;
  const reason = `word ${place} is no word of a recovery key: '${word}'`;
  throw new Malformed("KEY-2.3", reason, { place, word });
}

/**
 * The recovery key in its words; of each the first four letters are enough.
 *
 * Throws `Malformed` (KEY-2.3), which says which word is wrong, or that two have changed places.
 */
export function keyOfWords(text: string): Bytes {
  const given = text.toLowerCase().split(/\s+/).filter(Boolean);
  const words = given.map((word, at) => whole(word, at + 1));
  if (words.length !== WORD_COUNT) {
    const reason = `a recovery key has ${WORD_COUNT} words, and these are ${words.length}`;
    throw new Malformed("KEY-2.3", reason);
  }
  const phrase = words.join(" ");
  if (!validateMnemonic(phrase, wordlist)) {
    const reason = "all are words of a recovery key, but they do not belong together in this order";
    const advice = "look for one that was misread, or two swapped";
    throw new Malformed("KEY-2.3", `${reason}: ${advice}`);
  }
  return Uint8Array.from(mnemonicToEntropy(phrase, wordlist));
}
