/** Pure: how long a sealed file is: chunks, and the lengths that files are filled up to (spec ATT-1). */

export const CHUNK = 16 * 1024;
export const TAG = 16;
export const HEAD = 56; // salt and commitment
const LARGEST_SEALED = 4 * 2 ** 30;
const FIRST = 541;
const PARTS = 20; // of a length, by which the next one is greater

/** The length of the sealed file, of one that is filled up already. */
export function sealedSize(padded: number): number {
  return HEAD + padded + TAG * (Math.floor(padded / CHUNK) + 1);
}

function ladder(): readonly number[] {
  const found: number[] = [];
  for (
    let length = FIRST;
    sealedSize(length) <= LARGEST_SEALED;
    length += Math.floor(length / PARTS)
  ) {
    found.push(length);
  }
  return found;
}

const LENGTHS = ladder();

/** The longest file. */
export const LARGEST = LENGTHS.at(-1) ?? 0;

/** What a file of `length` bytes, at most `LARGEST`, is filled up to. */
export function paddedSize(length: number): number {
  return LENGTHS.find((one) => one >= length) ?? LARGEST;
}
