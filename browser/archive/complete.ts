/** Pure: whether all is there, by the numbers that senders give to what they say (spec ARC-4). */

/** The numbers of one device's words in one group that are accounted for. */
export class Numbers {
  readonly #here = new Set<number>();
  #highest = 0;

  /** It is here, or a `Delete` emptied it. 0 is no number. */
  add(number: number): void {
    if (!number) return;
    this.#here.add(number);
    this.heard(number);
  }

  /** One so high was said, whether it is here or not. */
  heard(number: number): void {
    this.#highest = Math.max(this.#highest, number);
  }

  /** First and last of each gap, in order (ARC-4.2). */
  missing(): readonly (readonly [number, number])[] {
    const gaps: (readonly [number, number])[] = [];
    let before = 0;
    for (const number of [...this.#here, this.#highest + 1].sort((a, b) => a - b)) {
      if (number - before > 1) gaps.push([before + 1, number - 1]);
      before = number;
    }
    return gaps;
  }
}
