/**
 * Pure: what is in the way of a device's groups (spec DEV-2.3, DEV-3.4, DEV-3.5).
 *
 * It is remembered for as long as the device runs, and only holds the group concerned back; all of
 * them, where it is the home node that does not answer.
 */

import { Unreachable, willPass } from "../errors.ts";
import type { Carried, Outcome, Trouble } from "./exchange.ts";

const MOST_RACES = 8;
const TOO_BUSY = "others change this conversation faster than this device can follow";

/** What holds a group back; "a commit" that is to come. */
type Obstacle = Trouble | "a commit";

function isTrouble(obstacle: Obstacle | undefined): obstacle is Trouble {
  return obstacle !== undefined && obstacle !== "a commit";
}

export class Obstacles {
  readonly #held = new Map<string, Obstacle>();
  readonly #races = new Map<string, number>();
  /** Epochs that conflicts named, while we are in earlier ones. */
  readonly heads = new Map<string, number>();
  /** Where it is asked whom words are for. */
  readonly #asking = new Set<{ readonly group: string }>();
  #away: Trouble | null = null;
  #behind = false;

  /** Whether nothing is known to be in the way of a group. */
  isFree(group: string): boolean {
    const isAsking = [...this.#asking].some((one) => one.group === group);
    return this.#away === null && !isAsking && !this.#held.has(group);
  }

  /** Whether the mailbox has to be read first, and can be. */
  get isBehind(): boolean {
    return this.#behind && this.#away === null;
  }

  /** Whether there is anything. */
  get some(): boolean {
    const known = [this.#held, this.#races, this.heads, this.#asking];
    return known.some(({ size }) => size > 0) || this.#away !== null || this.#behind;
  }

  /** What is in the way of one group. */
  of(group: string): Trouble | null {
    return this.firstOf([group]);
  }

  /** What is in the way of the first of these groups that has something in its way. */
  firstOf(groups: readonly string[]): Trouble | null {
    return this.#away ?? groups.map((group) => this.#held.get(group)).find(isTrouble) ?? null;
  }

  /** Whether waiting helps; then a group is held back, or all of them with our own node. */
  takes(asked: Carried, outcome: Outcome): boolean {
    if (!willPass(outcome)) return false;
    const isAway = outcome instanceof Unreachable && !outcome.beyond;
    if (asked.is === "Fetch" || isAway) this.#away = outcome;
    else this.#held.set(asked.group, outcome);
    return true;
  }

  /** Another's commit came first, so that the group is in `epoch`; `isHere`: it was taken in. */
  lostRace(group: string, epoch: number, isHere: boolean): void {
    this.heads.set(group, epoch);
    if (this.lostAgain(group)) {
      this.#held.set(group, new Unreachable(TOO_BUSY, true, "busy"));
    } else if (!isHere) {
      this.#held.set(group, "a commit");
      this.#behind = true;
    }
  }

  /** Something there was in vain once more. Whether it was so too often. */
  lostAgain(group: string): boolean {
    const races = (this.#races.get(group) ?? 0) + 1;
    this.#races.set(group, races);
    return races >= MOST_RACES;
  }

  /** The commit that a group waited for is here, or this device was taken back. */
  commitCame(group: string): void {
    this.heads.delete(group);
    if (this.#held.get(group) === "a commit") this.#held.delete(group);
  }

  /** The mailbox was read. */
  caughtUp(): void {
    this.#behind = false;
  }

  /** Nothing is in the way of this group any more. */
  forget(group: string): void {
    this.#held.delete(group);
  }

  /** Hold a group back until what this gives is called, whatever is tried again. */
  holdBack(group: string): () => void {
    const asking = { group };
    this.#asking.add(asking);
    return () => void this.#asking.delete(asking);
  }

  /** Try again what was held back. */
  retry(): void {
    this.#held.clear();
    this.#races.clear();
    this.#away = null;
  }
}
